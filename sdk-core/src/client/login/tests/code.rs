use countersign_protocol::Problem;

use super::*;

#[tokio::test]
async fn a_wrong_code_leaves_the_step_and_the_next_one_gets_in() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp", "push"]).await;
    assert_eq!(step.recommended(), MethodKind::Totp);
    assert_eq!(step.methods()[1].method, MethodKind::Push);
    assert_eq!(step.expires_at().to_string(), "2026-01-31T12:10:00Z");

    let wrong = Problem { attempts_left: Some(4), ..problem(ProblemCode::WrongCode) };
    fixture.http.push_json(401, &wrong);
    let failed = step.submit_code(MethodKind::Totp, code(), true).await.unwrap_err();
    assert!(matches!(&failed.error, Error::Refused(refusal) if refusal.attempts_left == Some(4)));
    assert_eq!(failed.to_string(), wrong.detail);

    fixture.http.push_json(200, &trusting('A'));
    let step = factor(*failed.state);
    done(step.submit_code(MethodKind::Totp, "654321".parse().unwrap(), true).await.unwrap());

    let requests = fixture.http.requests();
    assert_eq!(fixture.paths(), ["/auth/login", "/mfa/verify", "/mfa/verify"]);
    assert_eq!(
        body(&requests[1]),
        json!({"login_id": id(LOGIN), "method": "totp", "code": "123456", "trust_device": true})
    );
    let keys = idempotency_keys(&requests);
    assert_ne!(keys[1], keys[2], "another code is another call");
    // The trust that was asked for is kept.
    fixture.http.push_json(200, &authenticated());
    log_in(&fixture).await.unwrap();
    assert_eq!(header(&fixture.http.requests()[3], "x-trust-token"), Some(token('A').as_str()));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_same_call_to_send_again() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp"]).await;
    for _ in 0..4 {
        fixture.http.push_error(HttpError::TimedOut);
    }
    let failed = step.submit_code(MethodKind::Totp, code(), false).await.unwrap_err();
    assert!(failed.error.retryable());
    fixture.http.push_json(200, &authenticated());
    done(unanswered(failed).send().await.unwrap());
    let requests = fixture.http.requests();
    let keys = idempotency_keys(&requests);
    assert!(keys[1..].iter().all(|key| *key == keys[1]));
    assert!(requests[1..].iter().all(|request| request.body == requests[1].body));
}

#[tokio::test]
async fn whether_a_refusal_counts_depends_on_its_code() {
    for code_of in ProblemCode::ALL.iter().copied() {
        let fixture = Fixture::new();
        let step = required(&fixture, &["totp"]).await;
        // Those that are asked for once more, in the hope of another answer, get the same.
        for _ in 0..4 {
            fixture.http.push_json(code_of.status(), &problem(code_of));
        }
        let outcome = step.submit_code(MethodKind::Totp, code(), false).await;
        match (code_of, outcome) {
            (ProblemCode::LoginExpired, Ok(LoginState::Expired)) => {}
            (ProblemCode::Timeout | ProblemCode::Unavailable | ProblemCode::Internal, Err(failed)) => {
                unanswered(failed);
            }
            (ProblemCode::SessionEnded, Err(LoginError { error: Error::SessionEnded { .. }, state })) => {
                factor(*state);
            }
            (_, Err(failed)) => {
                assert_eq!(refused(&failed.error), code_of);
                factor(*failed.state);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_can_be_asked_for_again() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp"]).await;
    fixture.http.push_json(200, &authenticated());
    fixture.storage.fail_set(1);
    let failed = step.submit_code(MethodKind::Totp, code(), false).await.unwrap_err();
    assert!(matches!(failed.error, Error::Device { .. }));
    fixture.http.push_json(200, &authenticated());
    done(unanswered(failed).send().await.unwrap());
    let requests = fixture.http.requests();
    let keys = idempotency_keys(&requests);
    assert_eq!(keys[1], keys[2]);
}

#[tokio::test]
async fn an_answer_about_another_login_is_refused() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp"]).await;
    let mut other = authenticated();
    other["login_id"] = id(LOGIN + 1).into();
    fixture.http.push_json(200, &other);
    let failed = step.submit_code(MethodKind::Totp, code(), false).await.unwrap_err();
    assert!(
        matches!(&failed.error, Error::UnexpectedAnswer { reason, .. } if reason.contains("another login"))
    );
    assert!(fixture.client().resume_session(&email()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_not_offered_is_not_sent() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp"]).await;
    let failed = step.request_push(None, false).await.unwrap_err();
    assert_eq!(failed.to_string(), "push is not possible when the login offers totp");
    let failed = factor(*failed.state).submit_code(MethodKind::Push, code(), false).await.unwrap_err();
    assert_eq!(failed.to_string(), "a code of push is not possible when the login offers totp");
    factor(*failed.state);
    assert_eq!(fixture.http.requests().len(), 1);
}

#[tokio::test]
async fn a_login_can_be_cancelled() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["totp"]).await;
    let failed = step.cancel().await.unwrap_err();
    assert!(matches!(failed.error, Error::Offline { .. }));
    no_content(&fixture.http);
    factor(*failed.state).cancel().await.unwrap();
    assert_eq!(fixture.paths()[2], format!("/auth/logins/{}/cancel", id(LOGIN)));

    for over in [ProblemCode::LoginExpired, ProblemCode::LoginNotFound] {
        let prepared = required(&fixture, &["totp"]).await.prepare_code(MethodKind::Totp, code(), false);
        fixture.http.push_json(over.status(), &problem(over));
        prepared.unwrap().cancel().await.unwrap();
    }
    let prepared = required(&fixture, &["totp"]).await.prepare_code(MethodKind::Totp, code(), false);
    fixture.http.push_json(409, &problem(ProblemCode::LoginState));
    unanswered(prepared.unwrap().cancel().await.unwrap_err());
}

#[tokio::test]
async fn states_show_no_secret() {
    let fixture = Fixture::new();
    let prepared = required(&fixture, &["totp"]).await.prepare_code(MethodKind::Totp, code(), false);
    assert!(!format!("{prepared:?}").contains("123456"));
    fixture.http.push_json(200, &trusting('A'));
    let state = format!("{:?}", prepared.unwrap().send().await.unwrap());
    assert!(state.contains("Mia") && !state.contains("a1") && !state.contains(&token('r')));
}
