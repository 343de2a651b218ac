//! The program as people have it, driven through its webview against a server in this process.
//!
//! `WebKitWebDriver` starts the program, on a display without a screen and on a session bus of its own, with a keyring
//! and without one. Needs Xvfb, dbus, gnome-keyring and the driver; `cargo xtask setup` installs them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test cannot set up fails the test"
)]

mod browser;
mod surroundings;

use countersign::client::LoginState;
use countersign_tests::{Account, Stage, signed_in};

use browser::Browser;
use surroundings::Surroundings;

const PASSPHRASE: &str = "three lanterns by the harbour";

/// What the pages say. The words are those of `authenticator-app/src/lib/words/en.ts`.
mod page {
    use super::{Browser, PASSPHRASE};

    pub(super) async fn first_run_by_keyring(browser: &Browser) {
        browser.press("Continue").await;
        browser.press("I have kept it").await;
        browser.see("Add your first account").await;
    }

    pub(super) async fn first_run_by_passphrase(browser: &Browser) {
        browser.see("No keyring answers on this computer.").await;
        browser.type_into("//label[contains(., 'Passphrase')]//input", PASSPHRASE).await;
        browser.type_into("//label[contains(., 'Once more')]//input", PASSPHRASE).await;
        browser.press("Continue").await;
        browser.press("I have kept it").await;
        browser.see("Add your first account").await;
    }

    /// Pastes a link into the sheet and takes what is recognised in it.
    pub(super) async fn add(browser: &Browser, open: &str, link: &str, take: &str) {
        browser.press(open).await;
        browser.type_into("//dialog//input[@aria-label='Link']", link).await;
        browser.press_in("//dialog", "Continue").await;
        browser.press_in("//dialog", take).await;
    }

    /// The digits of the one code that is shown.
    pub(super) async fn code(browser: &Browser) -> String {
        let digits = browser.find("//li//span[contains(concat(' ', @class, ' '), ' digits ')]").await;
        browser.text(&digits).await.replace(' ', "")
    }

    pub(super) async fn approve(browser: &Browser, number: &str) {
        browser.see("Are you signing in?").await;
        browser.type_into("//input[starts-with(@aria-label, 'Number shown')]", number).await;
        browser.press("Approve").await;
        over(browser).await;
    }

    /// The request has given the window back.
    pub(super) async fn over(browser: &Browser) {
        browser.find("//body[not(.//dialog)]").await;
    }
}

/// Enrols by a pasted link, shows a code that the server accepts, approves one login with its number, denies the next,
/// locks, unlocks, and finds the server again after it was away.
async fn journey(
    surroundings: &Surroundings,
    locked: impl AsyncFn(&Browser),
    first_run: impl AsyncFn(&Browser),
) {
    let stage = Stage::in_file().await;
    stage.realm().world().clock.resume();
    let account = Account::open(&stage.realm(), "Mia").await;
    // Before there is a factor that would have to be proven for it.
    let link = account.enrolment_link().await.to_text();
    let browser = Browser::open(surroundings).await;
    first_run(&browser).await;

    let setup = account.session.start_totp(None).await.unwrap();
    // EXPOSE: pasted.
    page::add(&browser, "Add account", setup.otpauth_uri.expose(), "Add").await;
    let code = page::code(&browser).await;
    account.session.confirm_totp(setup.method_id, code.parse().unwrap()).await.unwrap();
    browser.photograph("codes").await;

    // EXPOSE: pasted.
    page::add(&browser, "Add", link.expose(), "Connect").await;
    browser.see(&format!("Connected to {}", account.person.company)).await;

    let login = account.ask().await;
    browser.see("Are you signing in?").await;
    browser.photograph("approval").await;
    // EXPOSE: typed from the sign-in page.
    page::approve(&browser, login.number().expose()).await;
    assert_eq!(signed_in(login.wait().await.unwrap()).amr, ["pwd", "push"]);

    let login = account.ask().await;
    browser.see("Are you signing in?").await;
    browser.press("Deny").await;
    page::over(&browser).await;
    assert!(matches!(login.wait().await.unwrap(), LoginState::Denied { .. }));

    browser.press("Lock now").await;
    browser.photograph("locked").await;
    locked(&browser).await;
    browser.see("Lock now").await;

    let stage = stage.restart().await;
    stage.realm().world().clock.resume();
    let account = Account { realm: stage.realm(), ..account };
    let login = account.ask().await;
    // EXPOSE: typed from the sign-in page.
    page::approve(&browser, login.number().expose()).await;
    signed_in(login.wait().await.unwrap());

    browser.close().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_with_a_keyring() {
    let surroundings = Surroundings::with_keyring();
    let locked = async |browser: &Browser| browser.press("Unlock with the keyring").await;
    journey(&surroundings, locked, page::first_run_by_keyring).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_without_a_keyring() {
    let surroundings = Surroundings::without_keyring();
    let locked = async |browser: &Browser| {
        browser.type_into("//input[@aria-label='Passphrase']", "three lanterns").await;
        browser.press("Unlock").await;
        browser.see("That passphrase does not open the vault").await;
        browser.type_into("//input[@aria-label='Passphrase']", PASSPHRASE).await;
        browser.press("Unlock").await;
    };
    journey(&surroundings, locked, page::first_run_by_passphrase).await;
}
