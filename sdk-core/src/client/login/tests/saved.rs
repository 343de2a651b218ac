use super::*;
use crate::ports::SecureStorage as _;

async fn restored(fixture: &Fixture, bytes: &[u8]) -> LoginState {
    // As after a restart: a new client, the same storage.
    fixture.client().restore_login(bytes).await.unwrap()
}

async fn assert_damaged(fixture: &Fixture, bytes: &[u8], why: &str) {
    let before = (fixture.storage.entries(), fixture.http.requests().len());
    match fixture.client().restore_login(bytes).await {
        Err(Error::Damaged { reason }) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        (fixture.storage.entries(), fixture.http.requests().len()),
        before,
        "nothing was changed or sent"
    );
}

#[tokio::test]
async fn a_step_is_the_same_after_a_restart() {
    let fixture = Fixture::new();
    let bytes = required(&fixture, &["totp"]).await.save().await.unwrap();
    let step = factor(restored(&fixture, &bytes).await);
    fixture.http.push_json(200, &trusting('A'));
    done(step.submit_code(MethodKind::Totp, code(), true).await.unwrap());
    assert_eq!(body(&fixture.http.requests()[1])["login_id"], id(LOGIN));
}

#[tokio::test]
async fn a_call_that_was_sent_before_the_restart_is_the_same_call_after_it() {
    let fixture = Fixture::new();
    let prepared = required(&fixture, &["totp"]).await.prepare_code(MethodKind::Totp, code(), true).unwrap();
    let bytes = prepared.save().await.unwrap();
    for _ in 0..4 {
        fixture.http.push_error(HttpError::TimedOut);
    }
    prepared.send().await.unwrap_err();

    let LoginState::Unanswered(step) = restored(&fixture, &bytes).await else { panic!() };
    fixture.http.push_json(200, &authenticated());
    done(step.send().await.unwrap());
    let requests = fixture.http.requests();
    let keys = idempotency_keys(&requests);
    assert_eq!(keys[1], keys[5]);
    assert_eq!(requests[1].body, requests[5].body);
}

#[tokio::test]
async fn a_request_that_waits_is_collected_after_a_restart() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["push"]).await;
    fixture.http.push_json(202, &pending());
    let step = waiting(step.request_push(None, false).await.unwrap());
    let bytes = step.save().await.unwrap();
    let outcome = authenticated();
    let collect = || {
        fixture.http.push_json(404, &problem(ProblemCode::NotFound));
        fixture.http.push_json(200, &outcome);
    };
    collect();
    step.changed().await.unwrap();

    let step = waiting(restored(&fixture, &bytes).await);
    assert_eq!(step.number().expose(), "42");
    collect();
    done(step.wait().await.unwrap());
    let requests = fixture.http.requests();
    assert_eq!(header(&requests[3], "idempotency-key"), header(&requests[5], "idempotency-key"));
}

#[tokio::test]
async fn saved_bytes_show_nothing_and_no_changed_byte_is_taken() {
    let fixture = Fixture::new();
    let prepared = required(&fixture, &["totp"]).await.prepare_code(MethodKind::Totp, code(), true).unwrap();
    let bytes = prepared.save().await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("123456") && !text.contains("example.com"));
    assert_ne!(bytes, prepared.save().await.unwrap(), "each seal has its own nonce");

    assert_damaged(&fixture, &[], "another version").await;
    assert_damaged(&fixture, &[2], "another version").await;
    assert_damaged(&fixture, &bytes[..1], "damaged").await;
    assert_damaged(&fixture, &bytes[..bytes.len() - 1], "damaged").await;
    for place in 1..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert_damaged(&fixture, &changed, "damaged").await;
    }
}

#[tokio::test]
async fn bytes_of_another_server_or_device_are_not_taken() {
    let fixture = Fixture::new();
    let bytes = required(&fixture, &["totp"]).await.save().await.unwrap();
    assert_damaged(&Fixture::new(), &bytes, "another device").await;

    let other = Client::connect("https://other.example", fixture.ports.clone()).unwrap();
    let entries = fixture.storage.entries();
    let name = entries.keys().find(|name| name.starts_with("login-seal.")).unwrap();
    assert!(matches!(other.restore_login(&bytes).await, Err(Error::Damaged { .. })));
    // Not even where the key is the same.
    let others = format!("login-seal.{}", crate::device::server_tag(other.server()));
    fixture.storage.set(&others, &entries[name]).unwrap();
    let error = other.restore_login(&bytes).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { reason } if reason.contains("belongs to another server")));

    fixture.storage.set(name, "garbage").unwrap();
    assert_damaged(&fixture, &bytes, "key that seals logins is damaged").await;
    fixture.storage.set(name, &entries[name]).unwrap();
    let device = fixture.client().device().await.unwrap();
    fixture.ports.signer.delete(&device.key).unwrap();
    let error = fixture.client().restore_login(&bytes).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { reason } if reason.contains("another device")));
    fixture.storage.set_locked(true);
    assert!(matches!(fixture.client().restore_login(&bytes).await, Err(Error::Locked { .. })));
}
