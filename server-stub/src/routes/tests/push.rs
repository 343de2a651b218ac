//! Approvals.

use axum::http::{Method, StatusCode};
use countersign_protocol::{ProblemCode, claims::AccessClaims};
use serde_json::json;

use super::{
    SignedIn, Stub,
    phone::{Phone, Word, asked, ticket},
};
use crate::{
    domain::{
        answer::{Answer, Stop},
        events::Source,
        push, sessions,
    },
    jose,
    world::Consuming,
};

const MIA: &str = "mia@example.com";

#[tokio::test]
async fn keys_that_were_enrolled_before_change_nothing() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let phone = Phone::enrol(&laptop, &session).await;
    let path = format!("/mfa/push/devices/{}", phone.id);
    let removed = phone.device.call(Method::DELETE, &path, None).send().await;
    removed.ok(StatusCode::NO_CONTENT);

    let ticket = ticket(&laptop, &session).await;
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A device was removed");
    phone.device.register(&ticket).send().await.refused("invalid_signature");
    // No factor was left behind that nobody could prove, and the link is still good.
    laptop.signed_in(MIA).await;
    stub.device().register(&ticket).send().await.ok(StatusCode::CREATED);
}

#[tokio::test]
async fn nothing_is_approved_while_approvals_are_locked() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let request = phone.request().await;
    stub.sql("UPDATE users SET push_locked_at = 1").await;
    phone.answer(&request, Word::Approve(&number)).send().await.refused("push_locked");
    assert_eq!(laptop.status(&login).await, "pending");
    phone.answer(&request, Word::Deny).send().await.ok(StatusCode::OK);
}

#[tokio::test]
async fn a_report_closes_every_request_of_the_user() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let generator = laptop.enrol_totp(&session).await;
    let phone = Phone::enrol(&laptop, &session).await;
    let (reported, other) = (laptop.waiting(MIA).await, laptop.waiting(MIA).await);
    laptop.asked(&reported).await;
    let request = phone.request().await;
    let number = laptop.asked(&other).await;
    let others = phone.requests().await.into_iter().find(|asked| *asked != request).unwrap();

    let done = phone.answer(&request, Word::NotMe).send().await.ok(StatusCode::OK);
    assert_eq!(done["state"], "denied");
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A sign-in was reported and stopped");
    assert!(phone.requests().await.is_empty());
    let late = phone.answer(&others, Word::Approve(&number)).send().await.refused("challenge_closed");
    assert_eq!(late["state"], "superseded");
    laptop.ask(&other).send().await.refused("push_locked");
    assert_eq!(laptop.status(&reported).await, "denied");
    assert_eq!(laptop.status(&other).await, "mfa_required");
    laptop.verify(&other, &generator.code(&stub, 1)).send().await.ok(StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_number_closes_the_request_and_sign_in_may_ask_again() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let request = phone.request().await;
    let wrong = if number == "11" { "12" } else { "11" };
    let problem = phone.answer(&request, Word::Approve(wrong)).send().await.refused("wrong_number");
    assert_eq!(problem["attempts_left"], 0);
    let late = phone.answer(&request, Word::Approve(&number)).send().await.refused("challenge_closed");
    assert_eq!(late["state"], "wrong_number");
    assert_eq!(laptop.status(&login).await, "mfa_required");
    assert_eq!(stub.events("push_wrong_number").await, 1);

    let number = laptop.asked(&login).await;
    let request = phone.request().await;
    phone.answer(&request, Word::Approve(&number)).send().await.ok(StatusCode::OK);
    let body = laptop.get(&format!("/auth/logins/{}", login.login_id)).send().await.ok(StatusCode::OK);
    assert_eq!((&body["amr"], &body["status"]), (&json!(["pwd", "push"]), &json!("authenticated")));
}

#[tokio::test]
async fn an_answer_is_good_for_its_own_request_alone() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let (phone, tablet) = (Phone::enrol(&laptop, &session).await, Phone::enrol(&laptop, &session).await);
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let (request, sibling) = (phone.request().await, tablet.request().await);
    let approve = Word::Approve(&number);

    let mut swapped = phone.claims(&request, approve);
    swapped["request_hash"] = tablet.claims(&sibling, approve)["request_hash"].clone();
    phone.respond(swapped).send().await.refused("invalid_signature");
    // Signed by the tablet, in the name of the phone, over the connection of either.
    tablet.respond(phone.claims(&request, approve)).send().await.refused("invalid_signature");
    let mut elsewhere = phone.claims(&request, approve);
    elsewhere["aud"] = "https://elsewhere.example".into();
    phone.respond(elsewhere).send().await.refused("invalid_signature");
    let mut unnumbered = phone.claims(&request, Word::Deny);
    unnumbered["decision"] = "approve".into();
    phone.respond(unnumbered).send().await.refused("invalid_signature");
    phone.answer(&request, approve).uncovered().send().await.refused("invalid_dpop_proof");
    assert_eq!(laptop.status(&login).await, "pending");

    phone.answer(&request, approve).send().await.ok(StatusCode::OK);
    let late = tablet.answer(&sibling, Word::NotMe).send().await.refused("challenge_closed");
    assert_eq!(late["state"], "approved");
}

#[tokio::test]
async fn an_answer_to_a_request_of_somebody_else_is_refused() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    stub.account("eve@example.com").await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let hers = Phone::enrol(&laptop, &laptop.signed_in("eve@example.com").await).await;
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let request = phone.request().await;
    assert!(hers.requests().await.is_empty());
    hers.answer(&request, Word::Approve(&number)).send().await.refused("challenge_not_found");
    hers.answer(&request, Word::NotMe).send().await.refused("challenge_not_found");
    assert_eq!(laptop.status(&login).await, "pending");
}

#[tokio::test]
async fn an_answer_comes_in_time_or_not_at_all() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let request = phone.request().await;
    let mut early = phone.claims(&request, Word::Approve(&number));
    early["exp"] = (stub.world.now().as_seconds() + 59).into();
    stub.advance(59);
    phone.respond(early).send().await.refused("invalid_signature");
    assert_eq!(laptop.status(&login).await, "pending");
    stub.advance(1);
    assert!(phone.requests().await.is_empty());
    let late = phone.answer(&request, Word::Approve(&number)).send().await.refused("challenge_closed");
    assert_eq!(late["state"], "expired");
    assert_eq!(laptop.status(&login).await, "mfa_required");
}

#[tokio::test]
async fn five_requests_in_ten_minutes_are_enough() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let (one, other) = (laptop.waiting(MIA).await, laptop.waiting(MIA).await);
    for login in [&one, &other, &one, &other, &one] {
        laptop.asked(login).await;
    }
    assert_eq!(phone.requests().await.len(), 2);
    let problem = laptop.ask(&other).send().await.refused("too_many_requests");
    assert_eq!(problem["retry_after"], 600);
    assert!(problem["detail"].as_str().unwrap().ends_with("try again in 10 minutes."), "{problem}");
    stub.advance(600);
    laptop.asked(&laptop.waiting(MIA).await).await;
}

#[tokio::test]
async fn a_device_removes_itself_and_no_other() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let (phone, tablet) = (Phone::enrol(&laptop, &session).await, Phone::enrol(&laptop, &session).await);
    let path = |phone: &Phone<'_>| format!("/mfa/push/devices/{}", phone.id);
    phone.device.call(Method::DELETE, &path(&tablet), None).send().await.refused("forbidden");
    let listed = laptop.get("/mfa/push/devices").session(&session).send().await.ok(StatusCode::OK);
    assert_eq!(listed["devices"].as_array().unwrap().len(), 2);
    tablet.device.call(Method::DELETE, &path(&tablet), None).send().await.ok(StatusCode::NO_CONTENT);
    tablet.device.get("/mfa/push/pending").send().await.refused("enrolment_not_found");
    let remove = || laptop.call(Method::DELETE, &path(&phone), None).session(&session).send();
    remove().await.ok(StatusCode::NO_CONTENT);
    remove().await.refused("enrolment_not_found");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_when_its_time_is_over() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let set_up = |session: &SignedIn| {
        laptop.post("/mfa/totp/setup", json!({})).session(session).keyed("a-key-of-a-set-up").send()
    };
    let link = |session: &SignedIn| {
        laptop.post("/mfa/push/tickets", json!({})).session(session).keyed("a-key-of-a-ticket").send()
    };
    let ticket = ticket(&laptop, &session).await;
    let phone = stub.device();
    let registration = phone.registration(&ticket);
    let register = || phone.post("/mfa/push/register", registration.clone()).keyed("a-key-of-a-phone").send();
    let enrolled = register().await.ok(StatusCode::CREATED);
    stub.advance(60);
    assert_eq!(register().await.ok(StatusCode::CREATED), enrolled);
    phone.post("/mfa/push/register", registration.clone()).send().await.refused("invalid_signature");

    stub.advance(539);
    let (first, other) =
        (link(&session).await.ok(StatusCode::CREATED), set_up(&session).await.ok(StatusCode::CREATED));
    let refreshed = laptop.post("/auth/refresh", json!({"refresh_token": session.refresh})).send().await;
    let session = (&refreshed.ok(StatusCode::OK)).into();
    stub.advance(1);
    assert_eq!(link(&session).await.ok(StatusCode::CREATED), first);
    assert_eq!(set_up(&session).await.ok(StatusCode::CREATED), other);
    laptop.post("/mfa/push/tickets", json!({})).session(&session).send().await.refused("forbidden");
}

/// What a domain function is called with after the extractors have let its caller in.
fn unkeyed() -> Consuming {
    Consuming { key: None, caller: String::new(), request_hash: [0; 32] }
}

fn source() -> Source {
    Source { address: String::new(), user_agent: None, correlation_id: "a-correlation-id".parse().unwrap() }
}

#[track_caller]
fn assert_refused<T>(answer: Answer<T>, code: ProblemCode) {
    match answer {
        Err(Stop::Refused(problem)) => assert_eq!(problem.code, code),
        Err(Stop::Fault(fault)) => panic!("{fault}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test]
async fn a_session_that_ends_after_its_caller_was_let_in_changes_no_factor() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let tokens = laptop.signed_in(MIA).await;
    let claims: AccessClaims = jose::verify(&tokens.access, stub.world.keys.access.public()).unwrap();
    let (world, jkt) = (stub.world.clone(), laptop.jkt());
    let caller = stub.world.read(move |connection| {
        Box::pin(async move { sessions::authorize(connection, &world, &claims, Some(&jkt)).await })
    });
    let caller = caller.await.unwrap();
    let phone = Phone::enrol(&laptop, &tokens).await;
    laptop.post("/auth/logout", json!({})).session(&tokens).send().await.ok(StatusCode::NO_CONTENT);

    assert_refused(push::ticket(&stub.world, unkeyed(), caller.clone()).await, ProblemCode::SessionEnded);
    let set_up = serde_json::from_value(json!({})).unwrap();
    let set_up = crate::domain::totp::set_up(&stub.world, unkeyed(), source(), caller.clone(), set_up);
    assert_refused(set_up.await, ProblemCode::SessionEnded);
    let remove =
        push::remove(&stub.world, source(), push::Remover::Session(caller), phone.id.parse().unwrap());
    assert_refused(remove.await, ProblemCode::SessionEnded);
}

#[tokio::test]
async fn a_device_that_is_removed_after_it_was_let_in_decides_nothing() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    let number = laptop.asked(&login).await;
    let answer = phone.signed_answer(&phone.request().await, Word::Approve(&number));
    let caller = push::caller(&stub.world, phone.device.jkt()).await.unwrap();
    let path = format!("/mfa/push/devices/{}", phone.id);
    phone.device.call(Method::DELETE, &path, None).send().await.ok(StatusCode::NO_CONTENT);

    let body = serde_json::from_value(answer).unwrap();
    let answered = push::respond(&stub.world, unkeyed(), source(), caller, body);
    assert_refused(answered.await, ProblemCode::EnrolmentNotFound);
}

#[tokio::test]
async fn a_request_tells_roughly_where_it_comes_from() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    laptop.asked(&login).await;
    let nowhere = asked(&phone.request().await);
    assert_eq!(nowhere["context"]["origin"], json!({"address": "127.0.0.1"}));

    stub.sql("UPDATE logins SET address = '203.0.113.9'").await;
    laptop.asked(&login).await;
    let somewhere = asked(&phone.request().await);
    let origin = json!({
        "address": "203.0.113.9", "place": "Sydney, Australia", "latitude": -33.9, "longitude": 151.2
    });
    assert_eq!(somewhere["context"]["origin"], origin);
}
