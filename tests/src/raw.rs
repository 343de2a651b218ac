//! Callers that are not the SDK: their requests are made by hand, so that nothing in the SDK hides what a server does,
//! and so that they can be wrong.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    crypto::{SoftwareSigner, digest::sha256_base64url, jws},
    ports::{DeviceSigner, Http, HttpRequest, HttpResponse, KeyUse, Method, SystemRandom},
    testing::MemoryStorage,
};
use countersign_protocol::{
    claims::{DpopClaims, Header, typ},
    headers,
    jose::Jwk,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Person, Realm};

/// Somebody who holds a key. A clone holds the same one.
#[derive(Clone)]
pub struct Caller {
    realm: Realm,
    http: Arc<dyn Http>,
    signer: Arc<dyn DeviceSigner>,
    key: String,
}

/// A request that is not sent yet.
#[derive(Clone)]
pub struct Call {
    caller: Caller,
    method: Method,
    path: String,
    body: Option<Vec<u8>>,
    authorization: Option<String>,
    headers: Vec<(&'static str, String)>,
    proof: Proof,
}

#[derive(Clone)]
enum Proof {
    None,
    Of(DpopClaims),
    Text(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The JSON, or null where there is none.
    pub body: Value,
}

impl Caller {
    /// Somebody with a new key.
    pub fn new(realm: &Realm) -> Self {
        let signer = SoftwareSigner::new(Arc::<MemoryStorage>::default(), Arc::new(SystemRandom::default()));
        signer.create("own", KeyUse::Possession).unwrap();
        Self::holding("own", Arc::new(signer), realm)
    }

    /// Somebody who uses this key of a device.
    pub fn holding(key: &str, signer: Arc<dyn DeviceSigner>, realm: &Realm) -> Self {
        Self { realm: realm.clone(), http: realm.http(), signer, key: key.to_owned() }
    }

    /// The same, calling another realm.
    #[must_use]
    pub fn at(&self, realm: &Realm) -> Self {
        Self { realm: realm.clone(), http: realm.http(), ..self.clone() }
    }

    /// The public half of the key.
    pub fn public_key(&self) -> Jwk {
        self.signer.public_key(&self.key).unwrap().unwrap()
    }

    /// Signs a message with the key.
    pub fn sign(&self, header: &Header, claims: &impl Serialize) -> String {
        jws::sign(&*self.signer, &self.key, header, claims).unwrap()
    }

    /// A proof that says this.
    pub fn prove(&self, claims: &DpopClaims) -> String {
        self.sign(&Header::new(typ::DPOP).with_jwk(self.public_key()), claims)
    }

    /// Reads.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::Get, path, None)
    }

    /// Does something.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Call {
        self.call(Method::Post, path, Some(serde_json::to_vec(body).unwrap()))
    }

    /// Does something that needs no body.
    pub fn post_empty(&self, path: &str) -> Call {
        self.call(Method::Post, path, None)
    }

    /// Removes.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::Delete, path, None)
    }

    /// Signs in with the password.
    pub fn login(&self, person: &Person) -> Call {
        // EXPOSE: typed.
        let password = person.password.expose();
        self.post("/auth/login", &json!({"email": person.email, "password": password, "device": device()}))
    }

    /// Begins a login for which a second factor is asked, and gives its id.
    pub async fn login_id(&self, person: &Person) -> String {
        let answer = self.login(person).send().await;
        assert_eq!(answer.body["status"], "mfa_required", "{answer:?}");
        answer.text("login_id")
    }

    fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Call {
        let world = self.realm.world();
        let jti = world.random.bytes::<16>().unwrap();
        let path_alone = path.split_once('?').map_or(path, |(path, _)| path);
        let proof = DpopClaims {
            jti: URL_SAFE_NO_PAD.encode(jti),
            htm: method.as_str().to_owned(),
            htu: format!("{}{path_alone}", self.realm.url()),
            iat: world.now().as_seconds(),
            nonce: Some(world.nonces.current(world.now())),
            ath: None,
            body_hash: body.as_deref().map(sha256_base64url),
        };
        Call {
            caller: self.clone(),
            method,
            path: path.to_owned(),
            body,
            authorization: None,
            headers: Vec::new(),
            proof: Proof::Of(proof),
        }
    }
}

impl Call {
    /// Names the request, so that it counts once.
    #[must_use]
    pub fn under(self, idempotency_key: &str) -> Self {
        self.with_header(headers::IDEMPOTENCY_KEY, idempotency_key)
    }

    /// As the signed-in user whose access token this is.
    #[must_use]
    pub fn with_token(mut self, access_token: &str) -> Self {
        self.authorization = Some(format!("DPoP {access_token}"));
        self.with_claims(|claims| claims.ath = Some(sha256_base64url(access_token.as_bytes())))
    }

    /// As whoever holds this token, without a proof of any key.
    #[must_use]
    pub fn with_bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self.without_proof()
    }

    /// With one more header; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a proof that says something else.
    #[must_use]
    pub fn with_claims(mut self, change: impl FnOnce(&mut DpopClaims)) -> Self {
        if let Proof::Of(claims) = &mut self.proof {
            change(claims);
        }
        self
    }

    /// With this in place of a proof.
    #[must_use]
    pub fn with_proof(mut self, proof: &str) -> Self {
        self.proof = Proof::Text(proof.to_owned());
        self
    }

    /// Without a proof of the key.
    #[must_use]
    pub fn without_proof(mut self) -> Self {
        self.proof = Proof::None;
        self
    }

    /// With another body than the proof covers.
    #[must_use]
    pub fn with_body(mut self, body: &str) -> Self {
        self.body = Some(body.as_bytes().to_vec());
        self
    }

    /// What its proof says.
    ///
    /// # Panics
    /// If it has none.
    pub fn claims(&self) -> DpopClaims {
        match &self.proof {
            Proof::Of(claims) => claims.clone(),
            Proof::None | Proof::Text(_) => panic!("the call has no claims"),
        }
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let http = Arc::clone(&self.caller.http);
        Answer::read(http.send(self.request()).await.unwrap())
    }

    fn request(self) -> HttpRequest {
        let proof = match self.proof {
            Proof::None => None,
            Proof::Of(claims) => Some(self.caller.prove(&claims)),
            Proof::Text(text) => Some(text),
        };
        let proof = proof.map(|proof| (headers::DPOP, proof));
        let token = self.authorization.map(|value| ("authorization", value));
        let json = self.body.as_ref().map(|_| ("content-type", "application/json".to_owned()));
        HttpRequest {
            method: self.method,
            url: format!("{}{}", self.caller.realm.url(), self.path),
            headers: self.headers.into_iter().chain(proof).chain(token).chain(json).collect(),
            body: self.body.map(Into::into),
            timeout: Duration::from_mins(1),
            longest_answer: 1024 * 1024,
        }
    }
}

/// Sends all of them at once, each on a connection of its own, and gives the answers in the order of the calls.
pub async fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    // Signed before the first is sent, so that the server gets them together.
    let requests: Vec<_> =
        calls.into_iter().map(|call| (Arc::clone(&call.caller.http), call.request())).collect();
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(http, request)| tokio::spawn(async move { Answer::read(http.send(request).await.unwrap()) }))
        .collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

impl Answer {
    fn read(HttpResponse { status, headers, body }: HttpResponse) -> Self {
        let body =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap_or_default() };
        Self { status, headers, body }
    }

    /// A member of the JSON; `a/b` is member `b` of `a`.
    ///
    /// # Panics
    /// If it is not there or no text.
    pub fn text(&self, member: &str) -> String {
        let found = self.body.pointer(&format!("/{member}")).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no {member} in {self:?}")).to_owned()
    }

    /// How it went: the `code` of a problem, the `status` of a login, or the HTTP status.
    pub fn outcome(&self) -> String {
        let named = ["code", "status"].into_iter().find_map(|member| self.body.get(member)?.as_str());
        named.map_or_else(|| self.status.to_string(), str::to_owned)
    }

    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a server answers to a request without headers and body, of any method: the status and the whole text.
pub async fn knock(realm: &Realm, method: &str, path: &str) -> (u16, String) {
    let url = realm.url().as_str().strip_prefix("http://").unwrap();
    let (host, prefix) =
        url.split_once('/').map_or((url, String::new()), |(host, path)| (host, format!("/{path}")));
    let port: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("{method} {prefix}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// A device as it describes itself.
pub fn device() -> Value {
    json!({"name": "Somebody's computer", "os": "Debian 13", "app": "curl 8.14"})
}
