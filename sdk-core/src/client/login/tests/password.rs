use countersign_protocol::push::DenyReason;

use super::*;

/// The trust token that each login so far was sent with, by its letter.
fn trust_sent(fixture: &Fixture) -> Vec<Option<char>> {
    let requests = fixture.http.requests();
    requests.iter().map(|request| header(request, "x-trust-token")?.chars().next()).collect()
}

#[tokio::test]
async fn a_login_tells_who_and_where_and_is_signed() {
    let fixture = Fixture::new();
    fixture.http.push_json(200, &authenticated());
    let signed_in = done(log_in(&fixture).await.unwrap());
    assert_eq!(signed_in.user.name.as_str(), "Mia");
    assert_eq!(
        (signed_in.amr, signed_in.acr.as_str()),
        (vec!["pwd".to_owned(), "otp".to_owned()], "urn:countersign:acr:2")
    );
    assert_eq!(signed_in.notices, [Notice::NewDevice]);

    let request = &fixture.http.requests()[0];
    assert_eq!(fixture.paths(), ["/auth/login"]);
    let sent = body(request);
    assert_eq!((&sent["email"], &sent["password"]), (&"Mia@example.com".into(), &"correct horse".into()));
    assert!(sent["device"]["name"].is_string() && sent["fingerprint"]["id"].is_string());
    assert!(header(request, "dpop").is_some() && header(request, "idempotency-key").is_some());
    assert_eq!(header(request, "x-trust-token"), None);

    // The session is one that the next start of the app finds.
    let resumed = fixture.client().resume_session(&email()).await.unwrap().unwrap();
    assert_eq!(resumed.id(), signed_in.session.id());
}

#[tokio::test]
async fn outcomes_without_a_next_step_are_told() {
    for (outcome, expected) in [
        (json!({"status": "locked", "retry_after": 900}), "Locked { retry_after: 900 }"),
        (json!({"status": "expired", "login_id": id(LOGIN)}), "Expired"),
        (
            json!({"status": "denied", "login_id": id(LOGIN), "reason": "not_me"}),
            &format!("Denied {{ reason: {:?} }}", DenyReason::NotMe),
        ),
    ] {
        let fixture = Fixture::new();
        fixture.http.push_json(200, &outcome);
        assert_eq!(format!("{:?}", log_in(&fixture).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn outcomes_that_make_no_sense_are_refused() {
    for outcome in [pending(), json!({"status": "from_the_future"}), json!({}), json!(["mfa_required"])] {
        let fixture = Fixture::new();
        fixture.http.push_json(200, &outcome);
        assert!(matches!(log_in(&fixture).await, Err(Error::UnexpectedAnswer { .. })));
        assert!(fixture.client().resume_session(&email()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_trust_token_is_kept_sent_and_replaced() {
    let fixture = Fixture::new();
    for letter in ['A', 'B'] {
        fixture.http.push_json(200, &trusting(letter));
        done(log_in(&fixture).await.unwrap());
    }
    // One that is not replaced stays.
    for _ in 0..2 {
        fixture.http.push_json(200, &authenticated());
        done(log_in(&fixture).await.unwrap());
    }
    assert_eq!(trust_sent(&fixture), [None, Some('A'), Some('B'), Some('B')]);
}

#[tokio::test]
async fn a_trust_token_that_is_not_taken_is_dropped() {
    let fixture = Fixture::new();
    fixture.http.push_json(200, &trusting('A'));
    done(log_in(&fixture).await.unwrap());
    // A wrong password says nothing about the token.
    fixture.http.push_json(401, &problem(ProblemCode::InvalidCredentials));
    assert_eq!(refused(&log_in(&fixture).await.unwrap_err()), ProblemCode::InvalidCredentials);
    required(&fixture, &["totp"]).await;
    required(&fixture, &["totp"]).await;
    assert_eq!(trust_sent(&fixture), [None, Some('A'), Some('A'), None]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_trust_token() {
    let fixture = Fixture::new();
    fixture.http.push_json(200, &trusting('A'));
    done(log_in(&fixture).await.unwrap());
    fixture.http.push_error(HttpError::TimedOut);
    fixture.http.push_json(200, &trusting('B'));
    done(log_in(&fixture).await.unwrap());
    assert_eq!(trust_sent(&fixture), [None, Some('A'), Some('A')]);
    let requests = fixture.http.requests();
    let keys = idempotency_keys(&requests);
    assert!(keys[0] != keys[1] && keys[1] == keys[2]);
}

#[tokio::test]
async fn a_login_without_storage_sends_nothing() {
    let fixture = Fixture::new();
    fixture.storage.set_locked(true);
    assert!(matches!(log_in(&fixture).await, Err(Error::Locked { .. })));
    assert!(fixture.http.requests().is_empty());
}
