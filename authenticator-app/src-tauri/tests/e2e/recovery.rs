use crate::{browser::Browser, page, surroundings::Surroundings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_opens_after_the_passphrase_was_forgotten() {
    let surroundings = Surroundings::without_keyring();
    let browser = Browser::open(&surroundings).await;
    let code = page::first_run_by_passphrase(&browser).await;
    browser.press("Lock now").await;
    page::unlock_by_passphrase(&browser, "something else altogether").await;
    browser.see("That passphrase does not open the vault").await;

    browser.press("Use the recovery code").await;
    browser.type_into("//input[@aria-label='Recovery code']", &code).await;
    browser.photograph("recovery").await;
    browser.press("Unlock").await;
    browser.see("Lock now").await;

    // A new code takes the place of the one that was used.
    browser.press("Settings").await;
    browser.see("Replace").await;
    browser.photograph("settings").await;
    browser.press("Replace").await;
    browser.press_in("//dialog", "Replace").await;
    let replaced = page::keep_recovery_code(&browser).await;
    browser.press("Lock now").await;
    browser.press("Use the recovery code").await;
    browser.type_into("//input[@aria-label='Recovery code']", &code).await;
    browser.press("Unlock").await;
    browser.see("The recovery code is not that of this vault").await;
    browser.type_into("//input[@aria-label='Recovery code']", &replaced).await;
    browser.press("Unlock").await;
    browser.see("Lock now").await;
    browser.close().await;
}
