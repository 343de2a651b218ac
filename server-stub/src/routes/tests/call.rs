//! One request of a test, with its proof, and its answer.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use countersign_protocol::{
    headers,
    jose::Jwk,
    login::{LoginOutcome, MfaRequired},
};
use data_encoding::BASE64URL_NOPAD;
use ring::{rand::SystemRandom, signature::EcdsaKeyPair};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Device, SignedIn, Stub};
use crate::jose::sha256;

/// One request.
pub(in crate::routes) struct Call<'a> {
    pub(super) device: &'a Device<'a>,
    pub(super) stub: &'a Stub,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) headers: HeaderMap,
    pub(super) access: Option<String>,
    pub(super) covers_body: bool,
}

impl<'a> Call<'a> {
    /// Sent to this node, with a nonce of its own: nodes do not share them.
    pub(super) fn to(mut self, node: &'a Stub) -> Self {
        self.stub = node;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(super) fn session(mut self, session: &SignedIn) -> Self {
        self.access = Some(session.access.clone());
        let scheme = &session.token_type;
        let value = format!("{scheme} {}", session.access);
        self.header(header::AUTHORIZATION.as_str(), &value)
    }

    pub(super) fn carrying(self, login: &MfaRequired) -> Self {
        match &login.login_token {
            Some(token) => self.header(headers::LOGIN_TOKEN, token.expose()),
            None => self,
        }
    }

    pub(super) fn keyed(self, key: &str) -> Self {
        self.header(headers::IDEMPOTENCY_KEY, key)
    }

    /// With a proof that says nothing of the body.
    pub(super) fn uncovered(mut self) -> Self {
        self.covers_body = false;
        self
    }

    pub(super) async fn send(mut self) -> Reply {
        if let Some((pair, jwk)) = &self.device.key {
            let proof = self.proof(pair, jwk);
            self.headers.insert(headers::DPOP, proof.parse().unwrap());
        }
        let mut request = Request::builder().method(self.method).uri(self.path);
        *request.headers_mut().unwrap() = self.headers;
        let request = request.body(self.body.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.stub.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// A response whose body is still open.
    pub(super) async fn open(mut self) -> axum::response::Response {
        let (pair, jwk) = self.device.key.as_ref().unwrap();
        let proof = self.proof(pair, jwk);
        self.headers.insert(headers::DPOP, proof.parse().unwrap());
        let mut request = Request::builder().method(self.method).uri(self.path);
        *request.headers_mut().unwrap() = self.headers;
        self.stub.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn proof(&self, pair: &EcdsaKeyPair, jwk: &Jwk) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let world = &self.stub.world;
        let mut claims = json!({
            "jti": format!("proof-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            "htm": self.method.as_str(),
            "htu": format!("{}{}", world.issuer, self.path),
            "iat": world.now().as_seconds(),
            "nonce": world.nonces.current(world.now()),
        });
        if let Some(access) = &self.access {
            claims["ath"] = sha256(access.as_bytes()).into();
        }
        if let Some(body) = self.body.as_ref().filter(|body| self.covers_body && !body.is_empty()) {
            claims["body_hash"] = sha256(body).into();
        }
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk});
        signed(pair, &header, &claims)
    }
}

/// A compact JWS.
pub(super) fn signed(pair: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

/// One answer.
#[derive(Debug)]
pub(in crate::routes) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(super) fn ok(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    #[track_caller]
    pub(super) fn outcome(self) -> LoginOutcome {
        serde_json::from_value(self.ok(StatusCode::OK)).unwrap()
    }

    #[track_caller]
    pub(super) fn refused(self, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}", self.text);
        problem
    }
}
