//! The server ends and is started again on the same file; what was begun before goes on.

use std::time::Duration;

use countersign::{client::LoginState, push::Authenticator};
use countersign_protocol::{
    ProblemCode,
    account::SessionEnd,
    login::MethodKind,
    push::{ChallengeState, DeviceKind},
};
use countersign_tests::{
    Account, Device, Stage, mfa_required,
    path::{assert_ended, assert_refused},
    pending,
    raw::Caller,
    signed_in,
};
use serde_json::json;

/// Server and app: the app comes back from its saved state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_login() {
    let stage = Stage::in_file().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let phone = account.phone("Phone").await;
    let library = Device::new("Library computer", &stage.realm());
    let waiting = pending(account.login_on(&library).await.request_push(None, false).await.unwrap());
    let (saved, request) = (waiting.save().await.unwrap(), phone.request().await);
    let number = waiting.number().clone();
    drop(waiting);

    let stage = stage.restart().await;
    let restored = library.client(stage.realm().url()).restore_login(&saved).await.unwrap();
    let waiting = pending(restored);
    phone.device.authenticator().approve(&request, number.clone()).await.unwrap();
    assert_eq!(signed_in(waiting.wait().await.unwrap()).amr, ["pwd", "push"]);

    let stage = stage.restart().await;
    let again = phone.device.authenticator().approve(&request, number).await;
    assert_eq!(again, Err(countersign::Error::RequestClosed { state: ChallengeState::Approved }));
    stage.stop().await;
}

/// A prepared code whose answer was lost to the restart: it is sent again, and was used once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_code() {
    let stage = Stage::in_file().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let totp = account.totp().await;
    let step = mfa_required(account.person.login(&account.client).await);
    let prepared = step.prepare_code(MethodKind::Totp, account.next_code(&totp), false).unwrap();
    let saved = prepared.save().await.unwrap();
    let first = signed_in(prepared.send().await.unwrap());

    let stage = stage.restart().await;
    let LoginState::Unanswered(restored) = account.client.restore_login(&saved).await.unwrap() else {
        panic!("the step is unanswered")
    };
    let second = signed_in(restored.send().await.unwrap());
    assert_eq!(first.session.id(), second.session.id(), "the same answer, and one session");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_and_its_requests() {
    let stage = Stage::in_file().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let link = account.enrolment_link().await;

    let stage = stage.restart().await;
    let phone = Device::new("Phone", &stage.realm());
    let enrolled =
        phone.authenticator().enroll(&link, phone.name().clone(), DeviceKind::Mobile).await.unwrap();
    let waiting = account.ask().await;

    let stage = stage.restart().await;
    let authenticator: Authenticator = phone.authenticator();
    let listing = authenticator.pending(enrolled.id).await.unwrap();
    let [request] = listing.requests.try_into().unwrap();
    authenticator.approve(&request, waiting.number().clone()).await.unwrap();
    signed_in(waiting.wait().await.unwrap());
    let used = Device::new("Tablet", &stage.realm());
    let refused = used.authenticator().enroll(&link, used.name().clone(), DeviceKind::Mobile).await;
    assert_refused(refused, ProblemCode::InvalidTicket);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_and_the_reuse_of_its_tokens() {
    let stage = Stage::in_file().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let stolen = account.laptop.copy();
    account.session.refresh().await.unwrap();

    let stage = stage.restart().await;
    assert_eq!(account.session.profile().await.unwrap().email, account.person.email);
    account.session.refresh().await.unwrap();

    let stage = stage.restart().await;
    let copy =
        stolen.client(stage.realm().url()).resume_session(&account.person.email).await.unwrap().unwrap();
    assert_ended(copy.refresh().await, SessionEnd::TokenReused);
    assert_ended(account.session.refresh().await, SessionEnd::TokenReused);
    stage.stop().await;
}

/// What was used stays used, what was counted stays counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn used_codes_and_counted_attempts() {
    let stage = Stage::in_file().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&stage.realm());
    let used = account.next_code(&totp);
    let login = caller.login_id(&account.person).await;
    let verify = |login: &str, code: &str| json!({"login_id": login, "method": "totp", "code": code});
    let first = caller.post("/mfa/verify", &verify(&login, used.expose())).send().await;
    assert_eq!(first.outcome(), "authenticated");
    let login = caller.login_id(&account.person).await;

    let mut stage = stage;
    for (attempts_left, pause) in (0..5).rev().zip([0, 0, 0, 2, 4]) {
        stage = stage.restart().await;
        stage.realm().advance(Duration::from_secs(pause));
        let caller = caller.at(&stage.realm());
        let wrong = caller.post("/mfa/verify", &verify(&login, used.expose())).send().await;
        assert_eq!(
            (wrong.outcome(), &wrong.body["attempts_left"]),
            ("wrong_code".into(), &attempts_left.into())
        );
    }
    stage = stage.restart().await;
    stage.realm().advance(Duration::from_mins(1));
    let code = totp.code_at(stage.realm().now());
    let right = caller.at(&stage.realm()).post("/mfa/verify", &verify(&login, code.expose())).send().await;
    assert_eq!(right.outcome(), "account_locked");
    stage.stop().await;
}
