//! What the pages say. The words are those of `authenticator-app/src/lib/words/en.ts`.

use crate::browser::Browser;

pub(crate) const PASSPHRASE: &str = "three lanterns by the harbour";

pub(crate) async fn first_run_by_keyring(browser: &Browser) {
    browser.press("Continue").await;
    browser.press("I have kept it").await;
}

/// Gives the recovery code, as it is written down.
pub(crate) async fn first_run_by_passphrase(browser: &Browser) -> String {
    browser.see("No keyring answers on this computer.").await;
    browser.type_into("//label[contains(., 'Passphrase')]//input", PASSPHRASE).await;
    browser.type_into("//label[contains(., 'Once more')]//input", PASSPHRASE).await;
    browser.press("Continue").await;
    keep_recovery_code(browser).await
}

/// Writes it down, group by group.
pub(crate) async fn keep_recovery_code(browser: &Browser) -> String {
    let code = browser.text(&browser.find("//ol[li]").await).await;
    browser.press("I have kept it").await;
    code.split_whitespace().collect::<Vec<_>>().join("-")
}

pub(crate) async fn unlock_by_recovery_code(browser: &Browser, code: &str) {
    browser.press("Use the recovery code").await;
    type_recovery_code(browser, code).await;
}

pub(crate) async fn type_recovery_code(browser: &Browser, code: &str) {
    browser.type_into("//input[@aria-label='Recovery code']", code).await;
    browser.press("Unlock").await;
}

pub(crate) async fn unlock_by_keyring(browser: &Browser) {
    browser.press("Unlock with the keyring").await;
    browser.see("Lock now").await;
}

pub(crate) async fn unlock_by_passphrase(browser: &Browser, passphrase: &str) {
    browser.type_into("//input[@aria-label='Passphrase']", passphrase).await;
    browser.press("Unlock").await;
}

/// Pastes a link into the sheet and takes what is recognised in it.
pub(crate) async fn add(browser: &Browser, open: &str, link: &str, take: &str) {
    browser.press(open).await;
    browser.type_into("//dialog//input[@aria-label='Link']", link).await;
    browser.press_in("//dialog", "Continue").await;
    browser.press_in("//dialog", take).await;
}

/// The digits of the one code that is shown.
pub(crate) async fn code(browser: &Browser) -> String {
    let digits = browser.find("//li//span[contains(concat(' ', @class, ' '), ' digits ')]").await;
    browser.text(&digits).await.replace(' ', "")
}

/// Waits until the foot of the navigation says this of the servers.
pub(crate) async fn connection(browser: &Browser, says: &str) {
    browser.find(&format!("//*[contains(@class, 'connection')][contains(., '{says}')]")).await;
}

/// Types the number of the request that has the window, and approves it.
pub(crate) async fn type_number(browser: &Browser, number: &str) {
    browser.see("Are you signing in?").await;
    browser.type_into("//input[starts-with(@aria-label, 'Number shown')]", number).await;
    browser.press("Approve").await;
}

pub(crate) async fn approve(browser: &Browser, number: &str) {
    type_number(browser, number).await;
    over(browser).await;
}

/// The request, or the sheet, has given the window back.
pub(crate) async fn over(browser: &Browser) {
    browser.find("//body[not(.//dialog)]").await;
}
