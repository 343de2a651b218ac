//! The routes as a client meets them, without a network: requests with real proofs, answers as they are sent.
#![allow(clippy::unwrap_used, clippy::panic)]

/// Makes a test of each case on each database. A case is an `async fn(Database)`.
macro_rules! on_each_database {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case($crate::store::Database::Memory { name: "routes".to_owned() }).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(database) = $crate::testing::postgres().unwrap() else { return };
                    super::$case(database).await;
                }
            )+
        }
    };
}

mod call;
mod codes;
mod devices;
mod disabling;
mod enumeration;
mod log;
mod maintenance;
mod phone;
mod push;
mod races;
mod retries;
mod shell;
mod sign_in;
mod sign_up;
mod tokens;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, Method, StatusCode, header},
};
use countersign_protocol::{
    Timestamp,
    jose::Jwk,
    login::{LoginOutcome, MfaRequired},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sqlx::Row as _;

use call::{Call, Reply, signed};

use crate::{
    Config,
    jose::{SigningKey, sha256, thumbprint},
    realms::{DEFAULT, Realms},
    server::app,
    store::{Database, StoreError},
    world::World,
};

pub(super) const PASSWORD: &str = "correct horse battery";
const START: i64 = 1_700_000_010;

/// A server with a clock that stands still.
pub(super) struct Stub {
    pub(super) world: Arc<World>,
    router: Router,
}

impl Stub {
    pub(super) async fn start() -> Self {
        Self::on(Database::Memory { name: "routes".to_owned() }).await
    }

    pub(super) async fn on(database: Database) -> Self {
        Self::of(Config { database, stub_bearer: None, ..Config::for_tests().unwrap() }).await
    }

    /// Two servers on one database, with one master key: two nodes of what is one to its callers.
    pub(super) async fn nodes(database: Database) -> [Self; 2] {
        let config = Config { database, stub_bearer: None, ..Config::for_tests().unwrap() };
        [Self::of(config.clone()).await, Self::of(config).await]
    }

    async fn of(config: Config) -> Self {
        let realms = Realms::open(config, "http://localhost:8440".to_owned()).await.unwrap();
        let world = realms.get(DEFAULT).await.unwrap();
        realms.end_upkeep().await;
        world.clock.freeze();
        world.clock.set(Timestamp::from_seconds(START));
        Self { world, router: app(realms) }
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// A device with a key of its own.
    pub(super) fn device(&self) -> Device<'_> {
        let pkcs8 = SigningKey::generate().unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new()).unwrap();
        let jwk = Jwk::from_sec1(pair.public_key().as_ref()).unwrap();
        Device { stub: self, key: Some((pair, jwk)) }
    }

    /// A device that cannot prove a key.
    pub(super) fn browser(&self) -> Device<'_> {
        Device { stub: self, key: None }
    }

    /// All mails to an address, the newest last.
    pub(super) async fn mails(&self, to: &str) -> Vec<Mailed> {
        let to = to.to_owned();
        let read = self.world.store.read(move |connection| {
            Box::pin(async move {
                let mails = "SELECT subject, body, links FROM outbox WHERE recipient = $1 ORDER BY seq";
                let rows = sqlx::query(mails).bind(to).fetch_all(connection).await?;
                Ok::<_, StoreError>(rows)
            })
        });
        let mail = |row: &sqlx::any::AnyRow| Mailed {
            subject: row.get("subject"),
            text: row.get("body"),
            links: serde_json::from_str(row.get("links")).unwrap(),
        };
        read.await.unwrap().iter().map(mail).collect()
    }

    /// How often each event is in the audit log.
    pub(super) async fn events(&self, event: &'static str) -> i64 {
        let read = self.world.store.read(move |connection| {
            Box::pin(async move {
                let count = "SELECT COUNT(*) AS n FROM mfa_audit_log WHERE event = $1";
                Ok::<i64, StoreError>(sqlx::query_scalar(count).bind(event).fetch_one(connection).await?)
            })
        });
        read.await.unwrap()
    }

    /// A number that a statement gives, such as a count.
    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        let read = self.world.store.read(move |connection| {
            Box::pin(
                async move { Ok::<i64, StoreError>(sqlx::query_scalar(sql).fetch_one(connection).await?) },
            )
        });
        read.await.unwrap()
    }

    /// Runs a statement behind the server's back.
    pub(super) async fn sql(&self, sql: &'static str) {
        let write = self.world.store.write(move |tx| {
            Box::pin(async move {
                sqlx::query(sql).execute(tx.connection()).await?;
                Ok::<_, StoreError>(())
            })
        });
        write.await.unwrap();
    }

    /// Signs up and activates.
    pub(super) async fn account(&self, email: &str) {
        let device = self.browser();
        device.post("/signup", sign_up(email)).send().await.ok(StatusCode::ACCEPTED);
        let token = token_of(&self.mails(email).await.last().unwrap().links[0]);
        device.post("/auth/activate", json!({"token": token})).send().await.ok(StatusCode::NO_CONTENT);
    }
}

pub(super) struct Mailed {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) links: Vec<String>,
}

pub(super) fn sign_up(email: &str) -> Value {
    json!({"company": "Acme: Tools", "admin_email": email, "name": "Mia", "password": PASSWORD})
}

pub(super) fn token_of(link: &str) -> String {
    link.split_once("token=").unwrap().1.to_owned()
}

/// Whoever sends requests.
pub(super) struct Device<'a> {
    pub(super) stub: &'a Stub,
    key: Option<(EcdsaKeyPair, Jwk)>,
}

impl<'a> Device<'a> {
    pub(super) fn get(&'a self, path: &str) -> Call<'a> {
        self.call(Method::GET, path, None)
    }

    #[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
    pub(super) fn post(&'a self, path: &str, body: Value) -> Call<'a> {
        self.call(Method::POST, path, Some(body.to_string().into_bytes()))
    }

    pub(super) fn call(&'a self, method: Method, path: &str, body: Option<Vec<u8>>) -> Call<'a> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        let (stub, path) = (self.stub, path.to_owned());
        Call { device: self, stub, method, path, body, headers, access: None, covers_body: true }
    }

    pub(super) fn jkt(&self) -> String {
        thumbprint(&self.key.as_ref().unwrap().1)
    }

    pub(super) fn sign_in(&'a self, email: &str) -> Call<'a> {
        let device = json!({"name": "Mia's laptop", "os": "Debian 12", "app": "Acme 4.2"});
        let body =
            json!({"email": email, "password": PASSWORD, "device": device, "fingerprint": fingerprint("a")});
        self.post("/auth/login", body)
    }

    /// A login with a password that is wrong for every account.
    pub(super) fn wrong_password(&'a self, email: &str) -> Call<'a> {
        let device = json!({"name": "x", "os": "y", "app": "z"});
        self.post("/auth/login", json!({"email": email, "password": "wrong wrong wrong", "device": device}))
    }

    /// Signs in with the password alone.
    pub(super) async fn signed_in(&'a self, email: &str) -> SignedIn {
        SignedIn::from(&self.sign_in(email).send().await.ok(StatusCode::OK))
    }

    /// Enrols a code generator and gives its secret.
    pub(super) async fn enrol_totp(&'a self, session: &SignedIn) -> Generator {
        let setup = self.post("/mfa/totp/setup", json!({})).session(session).send().await;
        let setup = setup.ok(StatusCode::CREATED);
        let generator = Generator::new(setup["secret"].as_str().unwrap());
        let confirm = json!({"method_id": setup["method_id"], "code": generator.code(self.stub, 0)});
        self.post("/mfa/totp/verify", confirm).session(session).send().await.ok(StatusCode::NO_CONTENT);
        generator
    }

    pub(super) fn verify(&'a self, login: &MfaRequired, code: &str) -> Call<'a> {
        let body = json!({"login_id": login.login_id, "method": "totp", "code": code});
        self.post("/mfa/verify", body).carrying(login)
    }

    /// Begins a login that needs a second factor.
    pub(super) async fn waiting(&'a self, email: &str) -> MfaRequired {
        match self.sign_in(email).send().await.outcome() {
            LoginOutcome::MfaRequired(required) => required,
            other => panic!("{other:?}"),
        }
    }
}

/// A code generator of a user.
pub(super) struct Generator(totp_rs::Totp);

impl Generator {
    fn new(secret: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        assert_eq!(secret.as_bytes().len(), 20);
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    /// The code that many steps away from now.
    pub(super) fn code(&self, stub: &Stub, steps: i64) -> String {
        let seconds = stub.world.now().as_seconds() + steps * 30;
        self.0.generate(u64::try_from(seconds).unwrap()).to_string()
    }

    /// A code that is none of those around now.
    pub(super) fn wrong(&self, stub: &Stub) -> String {
        let near: Vec<_> = (-2..=2).map(|steps| self.code(stub, steps)).collect();
        (0..10).map(|digit| digit.to_string().repeat(6)).find(|code| !near.contains(code)).unwrap()
    }
}

/// The tokens of a session.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) token_type: String,
    pub(super) trust: Option<String>,
}

impl From<&Value> for SignedIn {
    fn from(body: &Value) -> Self {
        let tokens = body.get("tokens").unwrap_or(body);
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
        Self {
            access: text(&tokens["access_token"]),
            refresh: text(&tokens["refresh_token"]),
            token_type: text(&tokens["token_type"]),
            trust: body.get("trust_token").map(|grant| text(&grant["token"])),
        }
    }
}

pub(super) fn fingerprint(seed: &str) -> Value {
    let hash = sha256(seed.as_bytes());
    let levels = json!({"optimal": hash, "stable": hash, "unique": hash});
    json!({"version": 1, "id": hash, "levels": levels, "signals": {"os": hash}})
}
