//! Approving and denying, in time and too late, alone and together.

use std::time::Duration;

use countersign::{
    Error,
    client::{LoginState, login::PendingStep},
    push::{InboxEvent, Request},
};
use countersign_protocol::{
    ProblemCode,
    fields::MatchNumber,
    login::MethodKind,
    push::{ChallengeState, DenyReason},
};
use countersign_tests::{
    Account, Device, Phone, Realm, mfa_required, networks::Proxy, next_request, on_both_databases,
    path::assert_refused, pending, signed_in,
};

use super::by_hand::Hand;

/// A number that is not the one shown.
fn another(number: &MatchNumber) -> MatchNumber {
    // EXPOSE: compared.
    let wrong = if number.expose() == "42" { "43" } else { "42" };
    wrong.parse().unwrap()
}

fn assert_closed(answer: &Result<(), Error>, state: ChallengeState) {
    assert_eq!(*answer, Err(Error::RequestClosed { state }));
}

async fn waiting_state(waiting: PendingStep) -> LoginState {
    waiting.wait().await.unwrap()
}

async fn a_wrong_number_closes_the_request(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let waiting = account.ask().await;
    let (request, number) = (phone.request().await, waiting.number().clone());
    let wrong = phone.authenticator.approve(&request, another(&number)).await;
    assert_refused(wrong, ProblemCode::WrongNumber);
    let second = phone.authenticator.approve(&request, number.clone()).await;
    assert_closed(&second, ChallengeState::WrongNumber);
    // Also where nothing on the phone remembers the first try.
    let restarted = phone.device.authenticator().approve(&request, number).await;
    assert_closed(&restarted, ChallengeState::WrongNumber);

    let step = mfa_required(waiting_state(waiting).await);
    let waiting = pending(step.request_push(None, false).await.unwrap());
    let number = waiting.number().clone();
    phone.authenticator.approve(&phone.request().await, number).await.unwrap();
    signed_in(waiting_state(waiting).await);
}

async fn a_denial_ends_the_login_and_no_more(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let waiting = account.ask().await;
    phone.authenticator.deny(&phone.request().await, DenyReason::Mistake).await.unwrap();
    let state = waiting_state(waiting).await;
    assert!(matches!(state, LoginState::Denied { reason: DenyReason::Mistake }), "{state:?}");

    let waiting = account.ask().await;
    let number = waiting.number().clone();
    phone.authenticator.approve(&phone.request().await, number).await.unwrap();
    signed_in(waiting_state(waiting).await);
}

async fn a_report_locks_approvals_and_tells_the_owner(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let phone = account.phone("Phone").await;
    // Whoever has the password tries twice at once.
    let (first, second) = (account.ask().await, account.ask().await);
    let listing = phone.authenticator.pending(phone.enrolment.id).await.unwrap();
    let [one, other]: [Request; 2] = listing.requests.try_into().unwrap();
    phone.authenticator.deny(&one, DenyReason::NotMe).await.unwrap();
    let state = waiting_state(first).await;
    assert!(matches!(state, LoginState::Denied { reason: DenyReason::NotMe }), "{state:?}");
    let late = phone.authenticator.approve(&other, second.number().clone()).await;
    assert_closed(&late, ChallengeState::Superseded);

    let alerts = realm.subjects(&account.person.email).await;
    assert_eq!(alerts.iter().filter(|subject| *subject == "A sign-in was reported and stopped").count(), 1);
    let step = second.use_other_method();
    let refused = step.request_push(None, false).await.map_err(|failure| failure.error);
    assert_refused(refused, ProblemCode::PushLocked);

    let device = Device::new("Library computer", &realm);
    let step = account.login_on(&device).await;
    assert_eq!(step.recommended(), MethodKind::Totp);
    let code = account.next_code(&totp);
    signed_in(step.submit_code(MethodKind::Totp, code, false).await.unwrap());
    realm.advance(Duration::from_hours(24));
    assert!(account.login_on(&device).await.methods().iter().all(|offer| offer.method == MethodKind::Totp));
}

async fn a_request_runs_out_after_a_minute(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let (waiting, inbox) = (account.ask().await, phone.inbox().await);
    let (request, number) = (next_request(&inbox).await, waiting.number().clone());
    let hand = Hand::of(&phone, &realm);
    let signed = hand.requests().await.remove(0);
    let in_time = hand.sign(&hand.approval(&signed, &number));
    let with_a_later_end = {
        let claims = hand.approval(&signed, &number);
        hand.sign(&countersign_protocol::claims::ResponseClaims { exp: claims.exp + 600, ..claims })
    };

    realm.advance(Duration::from_mins(1));
    let step = mfa_required(waiting_state(waiting).await);
    let told = loop {
        if let InboxEvent::Closed { challenge_id, state } = inbox.next().await.unwrap().unwrap() {
            break (challenge_id, state);
        }
    };
    assert_eq!(told, (request.challenge_id(), Some(ChallengeState::Expired)));
    assert!(phone.is_idle().await);
    assert_closed(&phone.authenticator.approve(&request, number).await, ChallengeState::Expired);
    for signed in [in_time, with_a_later_end] {
        let late = hand.respond(&signed).send().await;
        assert_eq!((late.outcome(), late.text("state")), ("challenge_closed".into(), "expired".into()));
    }
    pending(step.request_push(None, false).await.unwrap());
}

async fn of_two_phones_one_decides(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phones = [account.phone("Phone").await, account.phone("Tablet").await];
    for _ in 0..5 {
        let waiting = account.ask().await;
        let number = waiting.number().clone();
        let [one, other] = &phones;
        let (asked, also_asked) = (one.request().await, other.request().await);
        let (approved, denied) = tokio::join!(
            one.authenticator.approve(&asked, number),
            other.authenticator.deny(&also_asked, DenyReason::Mistake)
        );
        match waiting_state(waiting).await {
            LoginState::Done(_) => {
                approved.unwrap();
                assert_closed(&denied, ChallengeState::Approved);
            }
            LoginState::Denied { reason: DenyReason::Mistake } => {
                denied.unwrap();
                assert_closed(&approved, ChallengeState::Denied);
            }
            other => panic!("{other:?}"),
        }
        realm.advance(Duration::from_mins(3));
    }
}

async fn a_newer_request_or_a_code_replaces_the_open_one(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let phone = account.phone("Phone").await;
    let waiting = account.ask().await;
    let (first, number) = (phone.request().await, waiting.number().clone());
    let waiting = pending(waiting.use_other_method().request_push(None, false).await.unwrap());
    assert_closed(&phone.authenticator.approve(&first, number).await, ChallengeState::Superseded);

    let (second, number) = (phone.request().await, waiting.number().clone());
    let code = account.next_code(&totp);
    let step = waiting.use_other_method();
    signed_in(step.submit_code(MethodKind::Totp, code, false).await.unwrap());
    assert_closed(&phone.authenticator.approve(&second, number).await, ChallengeState::Superseded);
}

async fn a_removed_phone_decides_nothing(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let (phone, tablet) = (account.phone("Phone").await, account.phone("Tablet").await);
    let waiting = account.ask().await;
    let (request, number) = (phone.request().await, waiting.number().clone());
    account.session.remove_enrolled_device(phone.enrolment.id).await.unwrap();
    let refused = phone.authenticator.approve(&request, number.clone()).await;
    assert_refused(refused, ProblemCode::EnrolmentNotFound);
    assert_refused(phone.inbox().await.next().await, ProblemCode::EnrolmentNotFound);
    tablet.authenticator.approve(&tablet.request().await, number).await.unwrap();
    signed_in(waiting_state(waiting).await);
}

/// The answer counted in time, but the phone learns of it only after the request's end.
async fn a_lost_confirmation_arrives_late(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let link = account.enrolment_link().await;
    let network = Proxy::new(realm.http());
    let phone = Phone::enrol(Device::behind(network.clone(), "Phone", &realm), &link).await;
    let waiting = account.ask().await;
    let number = waiting.number().clone();
    phone.authenticator.approve(&phone.request().await, number).await.unwrap();
    signed_in(waiting_state(waiting).await);

    let sent = network.asked("/mfa/push/respond").remove(0);
    let key = sent.headers.iter().find(|(name, _)| *name == "idempotency-key").unwrap().1.clone();
    let body: serde_json::Value = serde_json::from_slice(&sent.body.unwrap()).unwrap();
    let again = || Hand::of(&phone, &realm).caller.post("/mfa/push/respond", &body);
    for later in [0, 61] {
        realm.advance(Duration::from_secs(later));
        assert_eq!(
            again().under(&key).send().await.text("state"),
            "approved",
            "the same answer under the same key"
        );
        assert_ne!(again().under("another-key-for-it").send().await.status, 200, "it counts once");
    }
}

on_both_databases!(
    a_wrong_number_closes_the_request,
    a_denial_ends_the_login_and_no_more,
    a_report_locks_approvals_and_tells_the_owner,
    a_request_runs_out_after_a_minute,
    of_two_phones_one_decides,
    a_newer_request_or_a_code_replaces_the_open_one,
    a_removed_phone_decides_nothing,
    a_lost_confirmation_arrives_late,
);
