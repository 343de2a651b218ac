//! A server that is honest until a test makes it lie.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use countersign_protocol::{
    Problem, ProblemCode,
    claims::{EnrolmentClaims, Header, KeySetClaims, ReceiptClaims, ResponseClaims, typ},
    headers,
    ids::EnrolmentId,
    jose::{CompactJws, Jwk},
    push::{Capability, ChallengeState, Decision, Enrolled, PendingRequests, Register, Respond, Responded},
};
use futures_util::{StreamExt as _, stream};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use crate::{
    crypto::{DeterministicSigner, PublicKey, digest::sha256_base64url, jws, thumbprint},
    ports::{
        Clock as _, DeviceSigner as _, Http, HttpError, HttpRequest, HttpResponse, HttpStream, KeyUse, Method,
    },
    testing::{FixedClock, MemoryStorage, SeededRandom},
};

pub(super) const URL: &str = "https://auth.example/r/qa";
pub(super) const TICKET: &str = "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT";
/// The number that its sign-in page shows.
pub(super) const NUMBER: &str = "42";

/// What the server says in place of the truth.
pub(super) struct Lies {
    /// Signs receipt and key set.
    pub(super) signing_root: &'static str,
    /// Is shown as the root.
    pub(super) shown_root: &'static str,
    pub(super) receipt: fn(&mut ReceiptClaims),
    pub(super) key_set: fn(&mut KeySetClaims),
    pub(super) enrolled: fn(&mut Enrolled),
    pub(super) responded: fn(&mut Responded),
    /// The next answer at a path.
    pub(super) raw: Option<(&'static str, HttpResponse)>,
}

pub(super) struct State {
    pub(super) lies: Lies,
    pub(super) unreachable: bool,
    /// How many answers of a path are lost after the server has acted.
    pub(super) lost_answers: (&'static str, usize),
    /// Every answer to a call that is not for a stream, until it is taken back.
    pub(super) refusal: Option<ProblemCode>,
    /// Seconds that the server's clock is ahead of the device's.
    pub(super) ahead: i64,
    pub(super) key_set_version: u64,
    pub(super) push_keys: Vec<&'static str>,
    pub(super) enrolment: Option<EnrolmentClaims>,
    registration: Option<(String, Bytes)>,
    pub(super) pending: Vec<String>,
    /// The answers that arrived, each with its idempotency key, repetitions included.
    pub(super) responses: Vec<(String, ResponseClaims)>,
    pub(super) calls: Vec<String>,
    /// The next streams, oldest first; where there is none, a stream is refused.
    pub(super) streams: Vec<mpsc::UnboundedReceiver<Result<Bytes, HttpError>>>,
    /// What comes instead of every stream, until it is taken back.
    pub(super) no_events: Option<Result<HttpResponse, HttpError>>,
}

pub(super) struct Server {
    state: Mutex<State>,
    signer: DeterministicSigner,
    clock: Arc<FixedClock>,
}

impl Server {
    pub(super) fn new(clock: Arc<FixedClock>) -> Self {
        let signer =
            DeterministicSigner::new(Arc::new(MemoryStorage::default()), Arc::new(SeededRandom::new(9)));
        for key in ["root", "other root", "push 1", "push 2", "stranger"] {
            signer.create(key, KeyUse::Possession).unwrap();
        }
        let lies = Lies {
            signing_root: "root",
            shown_root: "root",
            receipt: |_| {},
            key_set: |_| {},
            enrolled: |_| {},
            responded: |_| {},
            raw: None,
        };
        let state = State {
            lies,
            unreachable: false,
            lost_answers: ("", 0),
            refusal: None,
            ahead: 0,
            key_set_version: 3,
            push_keys: vec!["push 1"],
            enrolment: None,
            registration: None,
            pending: Vec::new(),
            responses: Vec::new(),
            calls: Vec::new(),
            streams: Vec::new(),
            no_events: None,
        };
        Self { state: Mutex::new(state), signer, clock }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn uri(&self) -> String {
        let root = thumbprint(&self.key("root"));
        format!("countersign://enroll?v=1&server={URL}&ticket={TICKET}&root={root}")
    }

    pub(super) fn enrolment_id() -> EnrolmentId {
        EnrolmentId::from_parts(1, 1)
    }

    pub(super) fn sign(&self, key: &str, header: &Header, claims: &impl Serialize) -> String {
        jws::sign(&self.signer, key, header, claims).unwrap()
    }

    pub(super) fn kid(&self, key: &str) -> String {
        thumbprint(&self.key(key))
    }

    fn key(&self, name: &str) -> Jwk {
        self.signer.public_key(name).unwrap().unwrap()
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_seconds() + self.state().ahead
    }

    fn key_set(&self) -> String {
        let (version, keys, root, edit) = {
            let state = self.state();
            (state.key_set_version, state.push_keys.clone(), state.lies.signing_root, state.lies.key_set)
        };
        let keys = keys.into_iter().map(|name| self.key(name)).collect();
        let mut claims = KeySetClaims { iss: URL.parse().unwrap(), version, iat: self.now(), keys };
        edit(&mut claims);
        self.sign(root, &Header::new(typ::KEY_SET).versioned(), &claims)
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let path = request.url.strip_prefix(URL).unwrap();
        self.state().calls.push(format!("{} {path}", request.method.as_str()));
        if let Some((_, raw)) = self.state().lies.raw.take_if(|(at, _)| *at == path) {
            return raw;
        }
        let refusal = self.state().refusal;
        match (request.method, path) {
            (Method::Get, "/health/live") => self.no_content(),
            _ if refusal.is_some() => self.refuse(refusal.unwrap()),
            (Method::Post, "/mfa/push/register") => self.register(request),
            _ if self.state().enrolment.is_none() => self.refuse(ProblemCode::EnrolmentNotFound),
            (Method::Get, "/mfa/push/pending") => {
                let requests = self.state().pending.clone();
                self.json(200, &PendingRequests { requests, key_set: self.key_set() })
            }
            (Method::Post, "/mfa/push/respond") => self.respond(request),
            (Method::Delete, path) if path == format!("/mfa/push/devices/{}", Self::enrolment_id()) => {
                self.state().enrolment = None;
                self.no_content()
            }
            _ => self.refuse(ProblemCode::NotFound),
        }
    }

    fn register(&self, request: &HttpRequest) -> HttpResponse {
        let repeated = (header(request, "idempotency-key"), request.body.clone().unwrap());
        match &self.state().registration {
            Some(first) if *first != repeated => return self.refuse(ProblemCode::InvalidTicket),
            _ => {}
        }
        self.state().registration = Some(repeated);
        let body: Register = read(request);
        assert_eq!(body.ticket.expose(), TICKET);
        let claims: EnrolmentClaims = check_by(&body.enrolment, None, typ::ENROLMENT);
        if let Some(signed) = &body.verification {
            let same: EnrolmentClaims = check_by(signed, None, typ::ENROLMENT);
            assert_eq!(same, claims);
        }
        assert_eq!(jwk_of(&body.enrolment), claims.possession_key);
        assert_eq!(body.verification.as_deref().map(jwk_of), claims.verification_key);
        assert_eq!(claims.ticket_hash, sha256_base64url(TICKET.as_bytes()));
        assert!(claims.iat <= self.now() && self.now() < claims.exp);
        self.state().enrolment = Some(claims.clone());
        let mut receipt = ReceiptClaims {
            iss: URL.parse().unwrap(),
            aud: Self::enrolment_id(),
            iat: self.now(),
            ticket_hash: claims.ticket_hash,
            possession_jkt: thumbprint(&claims.possession_key),
            verification_jkt: claims.verification_key.as_ref().map(thumbprint),
            capabilities: claims.capabilities,
            application: "Acme".parse().unwrap(),
            account: "mia@example.com".to_owned(),
        };
        // Names from a newer server are dropped.
        receipt.capabilities.push(Capability::Unknown("telepathy".to_owned()));
        let (edit_receipt, edit, signing, shown) = {
            let lies = &self.state().lies;
            (lies.receipt, lies.enrolled, lies.signing_root, lies.shown_root)
        };
        edit_receipt(&mut receipt);
        let mut enrolled = Enrolled {
            enrolment_id: Self::enrolment_id(),
            root: self.key(shown),
            receipt: self.sign(signing, &Header::new(typ::RECEIPT).versioned(), &receipt),
            key_set: self.key_set(),
        };
        edit(&mut enrolled);
        self.json(201, &enrolled)
    }

    fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let body: Respond = read(request);
        let enrolment = self.state().enrolment.clone().unwrap();
        let kid = jws::peek_header(&body.response).unwrap().kid.unwrap();
        let keys = [Some(enrolment.possession_key), enrolment.verification_key];
        let key = keys.into_iter().flatten().find(|key| thumbprint(key) == kid).unwrap();
        let claims: ResponseClaims = check_by(&body.response, Some(&key), typ::RESPONSE);
        self.state().responses.push((header(request, "idempotency-key"), claims.clone()));
        assert_eq!(claims.iss, Self::enrolment_id());
        assert_eq!(claims.aud.as_str(), URL);
        let hash = |signed: &String| jws::signing_input_hash(signed).unwrap();
        self.state().pending.retain(|signed| hash(signed) != claims.request_hash);
        let state = match claims.decision {
            Decision::Approve if claims.number.unwrap().expose() != NUMBER => {
                return self.refuse(ProblemCode::WrongNumber);
            }
            Decision::Approve => ChallengeState::Approved,
            Decision::Deny => ChallengeState::Denied,
        };
        let mut responded = Responded { challenge_id: claims.challenge_id, state };
        let edit = self.state().lies.responded;
        edit(&mut responded);
        self.json(200, &responded)
    }

    pub(super) fn refuse(&self, code: ProblemCode) -> HttpResponse {
        let mut problem = Problem::new(code, "The test said so.");
        problem.state = (code == ProblemCode::ChallengeClosed).then_some(ChallengeState::Superseded);
        HttpResponse {
            headers: self.headers("application/problem+json"),
            ..self.json(code.status(), &problem)
        }
    }

    pub(super) fn json(&self, status: u16, body: &impl Serialize) -> HttpResponse {
        let body = serde_json::to_vec(body).unwrap().into();
        HttpResponse { status, headers: self.headers("application/json"), body }
    }

    fn no_content(&self) -> HttpResponse {
        self.json(204, &())
    }

    fn headers(&self, content_type: &str) -> Vec<(String, String)> {
        let now = self.now() * 1000;
        vec![
            (headers::SERVER_TIME.to_owned(), now.to_string()),
            ("content-type".to_owned(), content_type.to_owned()),
        ]
    }
}

#[async_trait]
impl Http for Server {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.state().unreachable {
            return Err(HttpError::Unreachable { reason: "the test said so".to_owned() });
        }
        let answer = self.answer(&request);
        let mut state = self.state();
        let (path, left) = state.lost_answers;
        if left > 0 && request.url.ends_with(path) {
            state.lost_answers = (path, left - 1);
            return Err(HttpError::TimedOut);
        }
        Ok(answer)
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        assert_eq!(request.url, format!("{URL}/mfa/push/events"));
        self.state().calls.push("STREAM".to_owned());
        if self.state().unreachable {
            return Err(HttpError::Unreachable { reason: "the test said so".to_owned() });
        }
        if let Some(answer) = self.state().no_events.clone() {
            let HttpResponse { status, headers, body } = answer?;
            return Ok(HttpStream { status, headers, body: stream::iter([Ok(body)]).boxed() });
        }
        let known = self.state().enrolment.is_some();
        let next = if known && !self.state().streams.is_empty() {
            Some(self.state().streams.remove(0))
        } else {
            None
        };
        let Some(receiver) = next else {
            let code = if known { ProblemCode::NotFound } else { ProblemCode::EnrolmentNotFound };
            let HttpResponse { status, headers, body } = self.refuse(code);
            return Ok(HttpStream { status, headers, body: stream::iter([Ok(body)]).boxed() });
        };
        let body = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
        Ok(HttpStream { status: 200, headers: self.headers("text/event-stream"), body: body.boxed() })
    }
}

/// The claims of a message that `key` signed, or else the key in its header.
fn check_by<C: DeserializeOwned>(signed: &str, key: Option<&Jwk>, typ: &str) -> C {
    let key = key.cloned().unwrap_or_else(|| jwk_of(signed));
    jws::verify(signed, typ, true, &PublicKey::try_from(&key).unwrap()).unwrap()
}

fn jwk_of(signed: &str) -> Jwk {
    jws::peek_header(signed).unwrap().jwk.unwrap()
}

fn read<T: DeserializeOwned>(request: &HttpRequest) -> T {
    serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()
}

fn header(request: &HttpRequest, name: &str) -> String {
    request.headers.iter().find(|(key, _)| *key == name).unwrap().1.clone()
}

/// The `typ` of what is about to be signed.
pub(super) fn typ_of(signing_input: &[u8]) -> String {
    let text = format!("{}.AA", std::str::from_utf8(signing_input).unwrap());
    let header: Header = serde_json::from_slice(&CompactJws::parse(&text).unwrap().header).unwrap();
    header.typ
}
