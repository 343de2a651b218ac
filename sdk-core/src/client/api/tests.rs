use countersign_protocol::{ProblemCode, account::TokenSet, ids::EnrolmentId};
use serde_json::{Value, json};

use crate::{
    Error,
    client::{
        Session,
        fixture::{Fixture, body, email, header, id, no_content, problem, token, tokens},
    },
    ports::HttpError,
};

async fn session(fixture: &Fixture) -> Session {
    let client = fixture.client();
    let tokens: TokenSet = serde_json::from_value(tokens("a1", 'r')).unwrap();
    Session::begin(&client, client.device().await.unwrap(), &email(), tokens).await.unwrap()
}

/// Method, path, whether it names itself, and body of the only request.
fn asked(fixture: &Fixture) -> (&'static str, String, bool, Option<Value>) {
    let requests = fixture.http.requests();
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    let named = header(request, "idempotency-key").is_some();
    (request.method.as_str(), fixture.paths().remove(0), named, request.body.as_ref().map(|_| body(request)))
}

#[tokio::test]
async fn signing_up() {
    let fixture = Fixture::new();
    let sign_up = json!({
        "company": "Acme", "admin_email": "mia@example.com", "name": "Mia", "password": "correct horse",
    });
    fixture.http.push_json(202, &json!({"sent_to": "mi***@example.com"}));
    let accepted = fixture.client().sign_up(&serde_json::from_value(sign_up.clone()).unwrap()).await.unwrap();
    assert_eq!(accepted.sent_to, "mi***@example.com");
    assert_eq!(asked(&fixture), ("POST", "/signup".to_owned(), true, Some(sign_up)));
}

#[tokio::test]
async fn activating() {
    let fixture = Fixture::new();
    no_content(&fixture.http);
    fixture.client().activate(token('A').parse().unwrap()).await.unwrap();
    let sent = json!({"token": token('A')});
    assert_eq!(asked(&fixture), ("POST", "/auth/activate".to_owned(), true, Some(sent)));
}

#[tokio::test]
async fn listing_methods() {
    let fixture = Fixture::new();
    fixture
        .http
        .push_json(200, &json!({"methods": [{"method_id": id(3), "method": "totp", "label": "Phone"}]}));
    let methods = session(&fixture).await.methods().await.unwrap();
    assert_eq!(methods[0].label, "Phone");
    assert_eq!(asked(&fixture), ("GET", "/mfa/methods".to_owned(), false, None));
}

#[tokio::test]
async fn enrolling_a_code_generator() {
    let fixture = Fixture::new();
    let answer = json!({
        "method_id": id(3), "otpauth_uri": "otpauth://totp/x", "secret": "JBSWY3DP", "qr_svg": "<svg/>",
    });
    fixture.http.push_json(201, &answer);
    let label = Some("Phone".parse().unwrap());
    let setup = session(&fixture).await.start_totp(label).await.unwrap();
    assert_eq!(setup.secret.expose(), "JBSWY3DP");
    assert_eq!(
        asked(&fixture),
        ("POST", "/mfa/totp/setup".to_owned(), true, Some(json!({"label": "Phone"})))
    );

    let fixture = Fixture::new();
    no_content(&fixture.http);
    session(&fixture).await.confirm_totp(setup.method_id, "123 456".parse().unwrap()).await.unwrap();
    let sent = json!({"method_id": id(3), "code": "123456"});
    assert_eq!(asked(&fixture), ("POST", "/mfa/totp/verify".to_owned(), true, Some(sent)));
}

#[tokio::test]
async fn enrolling_and_removing_authenticators() {
    let fixture = Fixture::new();
    let ticket = json!({
        "uri": "countersign://enroll?v=1", "qr_svg": "<svg/>", "expires_at": "2026-01-31T12:10:00Z",
    });
    fixture.http.push_json(201, &ticket);
    let ticket = session(&fixture).await.create_enrolment_ticket().await.unwrap();
    assert_eq!(ticket.uri.expose(), "countersign://enroll?v=1");
    assert_eq!(asked(&fixture), ("POST", "/mfa/push/tickets".to_owned(), true, None));

    let fixture = Fixture::new();
    let device = json!({
        "enrolment_id": id(4), "name": "Pixel", "kind": "mobile", "created_at": "2026-01-31T12:00:00Z",
    });
    fixture.http.push_json(200, &json!({"devices": [device]}));
    let devices = session(&fixture).await.enrolled_devices().await.unwrap();
    assert_eq!(devices[0].name.as_str(), "Pixel");
    assert_eq!(asked(&fixture), ("GET", "/mfa/push/devices".to_owned(), false, None));

    let fixture = Fixture::new();
    no_content(&fixture.http);
    let enrolment: EnrolmentId = id(4).parse().unwrap();
    session(&fixture).await.remove_enrolled_device(enrolment).await.unwrap();
    assert_eq!(asked(&fixture), ("DELETE", format!("/mfa/push/devices/{}", id(4)), false, None));
}

#[tokio::test]
async fn an_authenticator_whose_removal_was_answered_in_vain_is_removed() {
    let fixture = Fixture::new();
    fixture.http.push_error(HttpError::TimedOut);
    fixture.http.push_json(404, &problem(ProblemCode::EnrolmentNotFound));
    session(&fixture).await.remove_enrolled_device(id(4).parse().unwrap()).await.unwrap();
    assert_eq!(fixture.http.requests().len(), 2);

    fixture.http.push_json(404, &problem(ProblemCode::NotFound));
    let other = session(&fixture).await.remove_enrolled_device(id(4).parse().unwrap()).await;
    assert!(matches!(other, Err(Error::Refused(refusal)) if refusal.code == ProblemCode::NotFound));
}
