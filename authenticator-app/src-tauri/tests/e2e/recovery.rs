use crate::{
    browser::Browser,
    page::{self, PASSPHRASE},
    surroundings::Surroundings,
};

const ANOTHER: &str = "four harbours by the lantern";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_opens_and_another_passphrase_takes_the_place_of_a_forgotten_one() {
    let surroundings = Surroundings::without_keyring();
    let browser = Browser::open(&surroundings).await;
    let code = page::first_run_by_passphrase(&browser).await;
    browser.press("Lock now").await;
    page::unlock_by_passphrase(&browser, "something else altogether").await;
    browser.see("That passphrase does not open the vault").await;

    page::unlock_by_recovery_code(&browser, &code).await;
    browser.see("Choose a new passphrase").await;
    browser.photograph("recovery").await;
    browser.type_into("//dialog//label[contains(., 'Passphrase')]//input", ANOTHER).await;
    browser.type_into("//dialog//label[contains(., 'Once more')]//input", ANOTHER).await;
    browser.press_in("//dialog", "Set passphrase").await;
    page::over(&browser).await;

    // A new code takes the place of the one that was used.
    browser.press("Settings").await;
    browser.see("Replace").await;
    browser.photograph("settings").await;
    browser.press("Replace").await;
    browser.press_in("//dialog", "Replace").await;
    let replaced = page::keep_recovery_code(&browser).await;
    browser.press("Lock now").await;
    page::unlock_by_passphrase(&browser, PASSPHRASE).await;
    browser.see("That passphrase does not open the vault").await;
    page::unlock_by_passphrase(&browser, ANOTHER).await;
    browser.press("Lock now").await;
    page::unlock_by_recovery_code(&browser, &code).await;
    browser.see("The recovery code is not that of this vault").await;
    page::type_recovery_code(&browser, &replaced).await;
    browser.press_in("//dialog", "Later").await;
    browser.see("Lock now").await;
    browser.close().await;
}
