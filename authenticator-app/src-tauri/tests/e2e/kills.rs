use countersign_tests::{Account, Stage, signed_in};

use crate::{
    browser::{Browser, PROGRAM},
    cable::Cable,
    page,
    surroundings::Surroundings,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_while_it_enrols_and_approves_has_lost_nothing() {
    let stage = Stage::in_memory().await;
    stage.realm().world().clock.resume();
    let account = Account::open(&stage.realm(), "Mia").await;
    let link = account.enrolment_link().await.to_text();
    let cable = Cable::to(stage.realm().url()).await;
    let surroundings = Surroundings::with_keyring();
    let [webview, network] = cable.settings();
    let again = async || {
        let browser = Browser::start(&surroundings, &["env", &webview, &network, PROGRAM]).await;
        page::unlock_by_keyring(&browser).await;
        browser
    };

    // The server has enrolled the device, and the program does not know. It was started by the link.
    // EXPOSE: handed over by a browser, say.
    let browser = Browser::start(&surroundings, &["env", &webview, &network, PROGRAM, link.expose()]).await;
    page::first_run_by_keyring(&browser).await;
    cable.hold("/mfa/push/register");
    browser.press_in("//dialog", "Connect").await;
    cable.held().await;
    browser.kill(&surroundings).await;
    let browser = again().await;
    page::connection(&browser, &format!("Connected to {}", account.person.company)).await;
    assert_eq!(account.session.enrolled_devices().await.unwrap().len(), 1);

    // A request is seen, and nothing has left.
    let login = account.ask().await;
    browser.see("Are you signing in?").await;
    browser.kill(&surroundings).await;
    let browser = again().await;

    // The server has counted the answer, and the program does not know.
    cable.hold("/mfa/push/respond");
    // EXPOSE: typed from the sign-in page.
    page::type_number(&browser, login.number().expose()).await;
    cable.held().await;
    browser.kill(&surroundings).await;
    assert_eq!(signed_in(login.wait().await.unwrap()).amr, ["pwd", "push"]);
    let browser = again().await;
    page::connection(&browser, &format!("Connected to {}", account.person.company)).await;
    browser.press("Approvals").await;
    browser.see("Nothing is waiting").await;
    browser.photograph("after-a-kill").await;

    // And it goes on from there.
    let login = account.ask().await;
    // EXPOSE: typed from the sign-in page.
    page::approve(&browser, login.number().expose()).await;
    signed_in(login.wait().await.unwrap());
    browser.close().await;
    stage.stop().await;
}
