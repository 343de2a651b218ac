//! What the tests of this module share: fakes that stay in reach, and answers of a server.

use std::sync::Arc;

use bytes::Bytes;
use countersign_protocol::{
    Problem, ProblemCode, claims::DpopClaims, fields::Email, ids::LoginId, jose::CompactJws,
};
use serde_json::{Value, json};

use super::{Client, ServerConfig};
use crate::{
    ports::{HttpError, HttpRequest, HttpResponse, KeyUse, Ports},
    testing::{self, FixedClock, MemoryLog, MemoryStorage, ScriptedHttp},
};

pub(crate) const SERVER: &str = "https://auth.example/r/qa";

/// Name of a key that [`Fixture::new`] makes.
pub(crate) const KEY: &str = "device.test";

pub(crate) struct Fixture {
    pub(crate) http: Arc<ScriptedHttp>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) ports: Ports,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let (http, clock) = (Arc::new(ScriptedHttp::default()), Arc::new(FixedClock::skipping()));
        let (storage, log) = (Arc::new(MemoryStorage::default()), Arc::new(MemoryLog::default()));
        let defaults = testing::ports();
        let signer = Arc::new(crate::crypto::SoftwareSigner::new(storage.clone(), defaults.random.clone()));
        let ports = Ports {
            http: http.clone(),
            clock: clock.clone(),
            storage: storage.clone(),
            log: log.clone(),
            signer,
            ..defaults
        };
        ports.signer.create(KEY, KeyUse::Possession).unwrap();
        Self { http, clock, storage, log, ports }
    }

    pub(crate) fn config() -> ServerConfig {
        ServerConfig::new(SERVER.parse().unwrap())
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(Self::config(), self.ports.clone())
    }

    /// Paths of the requests so far, without the server's address.
    pub(crate) fn paths(&self) -> Vec<String> {
        let path = |request: &HttpRequest| request.url.strip_prefix(SERVER).unwrap().to_owned();
        self.http.requests().iter().map(path).collect()
    }
}

pub(crate) fn problem(code: ProblemCode) -> Problem {
    Problem::new(code, format!("the test answers {code}"))
}

/// An answer with one more header.
#[expect(clippy::unnecessary_wraps, reason = "it is what a scripted network returns")]
pub(crate) fn answer(
    status: u16,
    content_type: &str,
    header: (&str, &str),
    body: &str,
) -> Result<HttpResponse, HttpError> {
    let headers = [("content-type", content_type), header];
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(HttpResponse { status, headers, body: body.to_owned().into() })
}

pub(crate) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

/// The claims of the request's proof, unverified.
pub(crate) fn proof(request: &HttpRequest) -> DpopClaims {
    let jws = CompactJws::parse(header(request, "dpop").unwrap()).unwrap();
    serde_json::from_slice(&jws.payload).unwrap()
}

pub(crate) fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()
}

pub(crate) const EMAIL: &str = "Mia@example.com";

pub(crate) fn email() -> Email {
    EMAIL.parse().unwrap()
}

/// The id that `number` makes, so that tests can tell ids apart.
pub(crate) fn id(number: u128) -> String {
    LoginId::from_parts(1_769_860_800_000, number).to_string()
}

/// A token of 256 bits, all of which are this letter.
pub(crate) fn token(letter: char) -> String {
    letter.to_string().repeat(43)
}

/// Tokens of session 5 that live for ten minutes from the fixture's first moment: 12:00.
pub(crate) fn tokens(access: &str, refresh: char) -> Value {
    json!({
        "access_token": access,
        "token_type": "DPoP",
        "expires_at": "2026-01-31T12:10:00Z",
        "refresh_token": token(refresh),
        "session_id": id(5),
    })
}

/// Answers without content.
pub(crate) fn no_content(http: &ScriptedHttp) {
    http.push(|_| Ok(HttpResponse { status: 204, headers: Vec::new(), body: Bytes::new() }));
}
