use countersign::{client::LoginState, protocol::push::DenyReason};
use countersign_tests::{Account, Stage, signed_in};

use crate::{
    browser::Browser,
    page::{self, PASSPHRASE},
    surroundings::Surroundings,
};

/// Enrols by a pasted link, shows a code that the server accepts, approves one login with its number, denies the next from
/// the tray, locks, unlocks, sees the server go away and come back, and stops a login that is not the owner's.
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
    browser.see("Add your first account").await;

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

    // Closed to the tray, it comes back when somebody asks.
    surroundings.close_window();
    let login = account.ask().await;
    surroundings.see_window();
    browser.see("Are you signing in?").await;
    browser.press("Deny").await;
    page::over(&browser).await;
    assert!(matches!(login.wait().await.unwrap(), LoginState::Denied { reason: DenyReason::Mistake }));

    browser.press("Lock now").await;
    browser.see("Unlock").await;
    browser.photograph("locked").await;
    locked(&browser).await;
    browser.see("Lock now").await;

    let away = async {
        page::connection(&browser, &format!("Last heard from {}", account.person.company)).await;
        browser.photograph("server-gone").await;
    };
    let stage = stage.restart_after(away).await;
    stage.realm().world().clock.resume();
    page::connection(&browser, &format!("Connected to {}", account.person.company)).await;
    let account = Account { realm: stage.realm(), ..account };
    let login = account.ask().await;
    // EXPOSE: typed from the sign-in page.
    page::approve(&browser, login.number().expose()).await;
    signed_in(login.wait().await.unwrap());

    let login = account.ask().await;
    browser.press("This wasn’t me").await;
    browser.see("Stop and lock the account").await;
    browser.photograph("not-me").await;
    browser.press("Stop and lock the account").await;
    assert!(matches!(login.wait().await.unwrap(), LoginState::Denied { reason: DenyReason::NotMe }));
    browser.see("locked the account for review").await;
    browser.photograph("not-me-told").await;

    browser.close().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_with_a_keyring() {
    let surroundings = Surroundings::with_keyring();
    journey(&surroundings, page::unlock_by_keyring, page::first_run_by_keyring).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_without_a_keyring() {
    let surroundings = Surroundings::without_keyring();
    let locked = async |browser: &Browser| {
        page::unlock_by_passphrase(browser, "three lanterns").await;
        browser.see("That passphrase does not open the vault").await;
        page::unlock_by_passphrase(browser, PASSPHRASE).await;
    };
    let first_run = async |browser: &Browser| drop(page::first_run_by_passphrase(browser).await);
    journey(&surroundings, locked, first_run).await;
}
