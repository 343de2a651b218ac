//! More than one object on one entry: the same session twice, or an older and a newer one.

use super::*;
use crate::{client::fixture::token, ports::HttpResponse};

/// A refresh that is answered after `change` was made to the entry, which it gets and may take away.
fn refresh_while(fixture: &Fixture, change: impl FnOnce(String) -> Option<String> + Send + 'static) {
    let storage = fixture.storage.clone();
    fixture.http.push(move |_| {
        let (name, entry) = storage.entries().into_iter().find(|(name, _)| name.starts_with(ENTRY)).unwrap();
        match change(entry) {
            Some(changed) => storage.set(&name, &changed).unwrap(),
            None => storage.remove(&name).unwrap(),
        }
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Ok(HttpResponse { status: 200, headers, body: tokens("a2", 's').to_string().into() })
    });
}

/// An older session, after another login of the same user took its place.
async fn replaced(fixture: &Fixture) -> Session {
    let older = begun(fixture).await;
    let client = fixture.client();
    let mut newer = tokens("b1", 'z');
    newer["session_id"] = id(6).into();
    let newer: TokenSet = serde_json::from_value(newer).unwrap();
    Session::begin(&client, client.device().await.unwrap(), &email(), newer).await.unwrap();
    older
}

#[tokio::test]
async fn two_objects_for_one_session_do_not_use_up_each_others_token() {
    let fixture = Fixture::new();
    let first = begun(&fixture).await;
    let second = fixture.client().resume_session(&email()).await.unwrap().unwrap();
    fixture.http.push_json(200, &tokens("a2", 's'));
    first.refresh().await.unwrap();
    fixture.http.push_json(200, &tokens("a3", 't'));
    second.refresh().await.unwrap();
    assert_eq!(used(&fixture), ["r", "s"]);

    no_content(&fixture.http);
    first.logout().await.unwrap();
    assert_eq!(second.refresh().await.unwrap_err(), Error::SessionEnded { reason: None });
    assert_eq!(fixture.http.requests().len(), 3);
}

#[tokio::test]
async fn a_newer_login_takes_the_place_of_the_session() {
    let fixture = Fixture::new();
    let older = replaced(&fixture).await;
    assert_eq!(older.refresh().await.unwrap_err(), Error::SessionEnded { reason: None });
    assert_eq!(stored_token(&fixture), Some('z'), "the newer one is left alone");
    assert!(fixture.http.requests().is_empty());
}

#[tokio::test]
async fn the_end_of_an_older_session_leaves_the_newer_one() {
    let fixture = Fixture::new();
    let older = replaced(&fixture).await;
    no_content(&fixture.http);
    older.logout().await.unwrap();
    assert_eq!(older.ended().await, Some(SessionEnd::LoggedOut));
    assert_eq!(stored_token(&fixture), Some('z'));

    let fixture = Fixture::new();
    let older = replaced(&fixture).await;
    let told = Problem { reason: Some(SessionEnd::Evicted), ..problem(ProblemCode::SessionEnded) };
    fixture.http.push_json(401, &told);
    older.profile().await.unwrap_err();
    assert_eq!(older.ended().await, Some(SessionEnd::Evicted));
    assert_eq!(stored_token(&fixture), Some('z'));

    let fixture = Fixture::new();
    let older = replaced(&fixture).await;
    older.forget().await.unwrap();
    assert_eq!(stored_token(&fixture), Some('z'));
}

#[tokio::test]
async fn a_late_successor_does_not_put_back_what_another_process_has_used_up() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    refresh_while(&fixture, |entry| Some(entry.replace(&token('r'), &token('t'))));
    session.refresh().await.unwrap();
    assert_eq!(stored_token(&fixture), Some('t'));
    fixture.http.push_json(200, &tokens("a3", 'u'));
    session.refresh().await.unwrap();
    assert_eq!(used(&fixture), ["r", "t"]);
}

#[tokio::test]
async fn a_late_successor_does_not_replace_a_newer_login() {
    let fixture = Fixture::new();
    let older = begun(&fixture).await;
    refresh_while(&fixture, |entry| Some(entry.replace(&id(5), &id(6)).replace(&token('r'), &token('z'))));
    assert_eq!(older.refresh().await.unwrap_err(), Error::SessionEnded { reason: None });
    assert_eq!(stored_token(&fixture), Some('z'));
}

#[tokio::test]
async fn a_late_successor_does_not_undo_a_sign_out() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    refresh_while(&fixture, |_| None);
    assert_eq!(session.refresh().await.unwrap_err(), Error::SessionEnded { reason: None });
    assert_eq!(stored(&fixture), None);
}

#[tokio::test]
async fn a_damaged_entry_does_not_keep_anybody_signed_in() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    let name = fixture.storage.entries().into_keys().find(|name| name.starts_with(ENTRY)).unwrap();
    fixture.storage.set(&name, "{}").unwrap();
    session.forget().await.unwrap();
    assert_eq!(stored(&fixture), None);
}
