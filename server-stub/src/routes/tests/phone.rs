//! A phone that approves, by hand-made messages.

use axum::http::StatusCode;
use countersign_protocol::{claims::typ, login::MfaRequired};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{Call, Device, SignedIn, signed};
use crate::jose::sha256;

/// An enrolled phone that does not verify its user.
pub(super) struct Phone<'a> {
    pub(super) device: Device<'a>,
    pub(super) id: String,
}

/// What a phone answers.
#[derive(Clone, Copy)]
pub(super) enum Word<'a> {
    Approve(&'a str),
    Deny,
    NotMe,
}

impl<'a> Phone<'a> {
    /// Enrols a new phone for the user of a session.
    pub(super) async fn enrol(browser: &Device<'a>, session: &SignedIn) -> Self {
        let phone = browser.stub.device();
        let ticket = ticket(browser, session).await;
        let enrolled = phone.register(&ticket).send().await.ok(StatusCode::CREATED);
        Self { id: enrolled["enrolment_id"].as_str().unwrap().to_owned(), device: phone }
    }

    /// What waits for it.
    pub(super) async fn requests(&self) -> Vec<String> {
        let pending = self.device.get("/mfa/push/pending").send().await.ok(StatusCode::OK);
        pending["requests"].as_array().unwrap().iter().map(|jws| jws.as_str().unwrap().to_owned()).collect()
    }

    /// The one request that waits for it.
    pub(super) async fn request(&self) -> String {
        let requests = self.requests().await;
        assert_eq!(requests.len(), 1);
        requests[0].clone()
    }

    pub(super) fn answer(&self, request: &str, word: Word<'_>) -> Call<'_> {
        self.respond(self.claims(request, word))
    }

    /// What it sends to answer.
    pub(super) fn signed_answer(&self, request: &str, word: Word<'_>) -> Value {
        self.signed(&self.claims(request, word))
    }

    /// The claims of an answer.
    pub(super) fn claims(&self, request: &str, word: Word<'_>) -> Value {
        let (input, _) = request.rsplit_once('.').unwrap();
        let asked = asked(request);
        let stub = self.device.stub;
        let now = stub.world.now().as_seconds();
        let mut claims = json!({
            "iss": self.id, "aud": stub.world.issuer, "challenge_id": asked["jti"],
            "request_hash": sha256(input.as_bytes()), "iat": now, "exp": now + 60,
        });
        match word {
            Word::Approve(number) => {
                claims["decision"] = "approve".into();
                claims["number"] = number.into();
            }
            Word::Deny | Word::NotMe => {
                claims["decision"] = "deny".into();
                claims["reason"] = if matches!(word, Word::NotMe) { "not_me" } else { "other" }.into();
            }
        }
        claims
    }

    #[expect(clippy::needless_pass_by_value, reason = "claims are made where they are sent")]
    pub(super) fn respond(&self, claims: Value) -> Call<'_> {
        self.device.post("/mfa/push/respond", self.signed(&claims))
    }

    fn signed(&self, claims: &Value) -> Value {
        let header = json!({"alg": "ES256", "typ": typ::RESPONSE, "kid": self.device.jkt(), "ver": 1,
            "crit": ["ver"]});
        let (pair, _) = self.device.key.as_ref().unwrap();
        json!({"response": signed(pair, &header, claims)})
    }
}

/// What a request says.
pub(super) fn asked(request: &str) -> Value {
    let payload = BASE64URL_NOPAD.decode(request.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// A ticket to enrol with.
pub(super) async fn ticket(browser: &Device<'_>, session: &SignedIn) -> String {
    let made = browser.post("/mfa/push/tickets", json!({})).session(session).send().await;
    ticket_in(&made.ok(StatusCode::CREATED))
}

/// The ticket in an answer.
pub(super) fn ticket_in(made: &Value) -> String {
    let link = url::Url::parse(made["uri"].as_str().unwrap()).unwrap();
    link.query_pairs().find(|(name, _)| name == "ticket").unwrap().1.into_owned()
}

impl Device<'_> {
    /// Enrols this key under a ticket.
    pub(super) fn register(&self, ticket: &str) -> Call<'_> {
        self.post("/mfa/push/register", self.registration(ticket))
    }

    /// What a device sends to enrol.
    pub(super) fn registration(&self, ticket: &str) -> Value {
        let (pair, jwk) = self.key.as_ref().unwrap();
        let world = &self.stub.world;
        let now = world.now().as_seconds();
        let claims = json!({
            "aud": world.issuer, "iat": now, "exp": now + 60, "ticket_hash": sha256(ticket.as_bytes()),
            "possession_key": jwk, "name": "Mia's phone", "kind": "mobile", "capabilities": ["number_matching"],
        });
        let header = json!({"alg": "ES256", "typ": typ::ENROLMENT, "jwk": jwk, "ver": 1, "crit": ["ver"]});
        let enrolment = signed(pair, &header, &claims);
        json!({"ticket": ticket, "enrolment": enrolment})
    }

    /// Asks the user's phones.
    pub(super) fn ask(&self, login: &MfaRequired) -> Call<'_> {
        let body = json!({"login_id": login.login_id, "method": "push"});
        self.post("/mfa/challenge", body).carrying(login)
    }

    /// Asks the user's phones, and gives the number that is shown.
    pub(super) async fn asked(&self, login: &MfaRequired) -> String {
        let pending = self.ask(login).send().await.ok(StatusCode::ACCEPTED);
        pending["number"].as_str().unwrap().to_owned()
    }

    /// Where a login stands.
    pub(super) async fn status(&self, login: &MfaRequired) -> Value {
        let path = format!("/auth/logins/{}", login.login_id);
        self.get(&path).carrying(login).send().await.ok(StatusCode::OK)["status"].clone()
    }
}
