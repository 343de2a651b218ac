mod code;
mod password;
mod push;
mod saved;

use countersign_protocol::{ProblemCode, fields::OneTimeCode, login::MethodKind};
use serde_json::{Value, json};

use super::*;
use crate::{
    client::fixture::{Fixture, body, email, header, id, no_content, problem, token, tokens},
    ports::{HttpError, HttpRequest},
};

/// The login that the answers below are about.
const LOGIN: u128 = 7;

fn mfa_required(methods: &[&str]) -> Value {
    let offer = |method: &&str| json!({"method_id": id(3), "method": method, "label": "Phone"});
    json!({
        "status": "mfa_required",
        "login_id": id(LOGIN),
        "requires_mfa": true,
        "methods": methods.iter().map(offer).collect::<Vec<_>>(),
        "recommended": methods[0],
        "expires_at": "2026-01-31T12:10:00Z",
        "added_later": true,
    })
}

fn authenticated() -> Value {
    json!({
        "status": "authenticated",
        "login_id": id(LOGIN),
        "tokens": tokens("a1", 'r'),
        "user": {
            "user_id": id(1), "tenant_id": id(2), "email": "mia@example.com", "name": "Mia", "roles": ["admin"],
        },
        "amr": ["pwd", "otp"],
        "acr": "urn:countersign:acr:2",
        "notices": ["new_device"],
    })
}

/// The same with a trust token, all of whose characters are this letter.
fn trusting(letter: char) -> Value {
    let mut outcome = authenticated();
    outcome["trust_token"] =
        json!({"trust_id": id(9), "token": token(letter), "expires_at": "2026-03-02T12:00:00Z"});
    outcome
}

fn pending() -> Value {
    json!({
        "status": "pending",
        "login_id": id(LOGIN),
        "challenge_id": id(8),
        "number": "42",
        "expires_at": "2026-01-31T12:01:00Z",
    })
}

async fn log_in(fixture: &Fixture) -> Result<LoginState, Error> {
    fixture.client().login(email(), "correct horse".parse().unwrap()).await
}

/// The step after a good password, with these methods on offer.
async fn required(fixture: &Fixture, methods: &[&str]) -> MfaRequiredStep {
    fixture.http.push_json(200, &mfa_required(methods));
    factor(log_in(fixture).await.unwrap())
}

fn factor(state: LoginState) -> MfaRequiredStep {
    match state {
        LoginState::MfaRequired(step) => step,
        other => panic!("{other:?}"),
    }
}

fn unanswered(failed: LoginError) -> UnansweredStep {
    match *failed.state {
        LoginState::Unanswered(step) => step,
        other => panic!("{other:?}"),
    }
}

fn waiting(state: LoginState) -> PendingStep {
    match state {
        LoginState::Pending(step) => step,
        other => panic!("{other:?}"),
    }
}

fn done(state: LoginState) -> SignedIn {
    match state {
        LoginState::Done(signed_in) => *signed_in,
        other => panic!("{other:?}"),
    }
}

fn code() -> OneTimeCode {
    "123456".parse().unwrap()
}

fn refused(error: &Error) -> ProblemCode {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

fn idempotency_keys(requests: &[HttpRequest]) -> Vec<&str> {
    requests.iter().map(|request| header(request, "idempotency-key").unwrap()).collect()
}
