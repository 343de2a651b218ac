//! Verifications of one-time codes under load, and the memory that it takes.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use super::{
    Bench,
    accounts::{Account, Accounts, Bound, WaitingLogin},
    driver::{self, Connection, Load, Whole, request},
    stub::{Memory, Stub},
};
use crate::{
    error::BenchError,
    report::{Row, Section, duration, grouped, mb},
};
use countersign::{
    crypto::{
        SoftwareSigner,
        dpop::{self, DpopRequest},
        thumbprint,
    },
    ports::{Clock as _, DeviceSigner as _, KeyUse, Random, SystemClock, SystemRandom},
    protocol::{
        device::DeviceDescription,
        fields::Password,
        headers,
        login::{MethodKind, StartLogin, VerifyCode},
    },
    testing::MemoryStorage,
};

const CONNECTIONS: usize = 64;
/// Sent first and not counted.
const WARM_UP: usize = 2000;
/// Measured, of each kind.
const VERIFICATIONS: usize = 6_000;
const PATH: &str = "/mfa/verify";
const PASSWORD: &str = "three lanterns by the harbour";

pub(crate) async fn measure(bench: &Bench) -> Result<Section, BenchError> {
    let file = bench.folder().join("verifications.db");
    let fixture = Fixture::make(&file).await?;
    let stub = Stub::start(bench.program(), &file).await?;
    let address = stub.address()?;

    let sign_ins = driver::run(address, CONNECTIONS, fixture.sign_ins()?).await?;
    let by_token = verify(&stub, fixture.by_token, with_token).await?;
    let prover =
        Prover { nonce: nonce(address).await?, url: format!("{}{PATH}", stub.url()), keys: fixture.keys };
    let by_key = verify(&stub, fixture.by_key, |login| prover.request(login)).await?;
    let memory = stub.memory();
    stub.stop().await?;

    let how = format!(
        "`POST {PATH}` with an `Idempotency-Key`, {VERIFICATIONS} of each kind after {WARM_UP} that are not counted, \
         over {CONNECTIONS} connections. Each is of another account with a code generator of its own and a login that \
         waits for it, in a SQLite file whose commits are durable. The driver runs on the same cores; its requests and \
         proofs are made before the first is sent. Before them, as many users sign in by password at once as there \
         are connections; memory is read after all of it.",
    );
    let mut rows = Vec::new();
    rows.extend(by_token.rows("carried by a login token"));
    rows.extend(by_key.rows("carried by a DPoP proof"));
    rows.push(
        Row::new("Password sign-ins, all at once", duration(sign_ins.elapsed))
            .beside(format!("{CONNECTIONS} users, two Argon2id at a time")),
    );
    if let Some(Memory { now, peak }) = memory {
        let row =
            Row::new("Resident memory after the load", mb(now)).beside(format!("at its peak {}", mb(peak)));
        rows.push(row.target("< 80 MB", now * 1024 < 80_000_000));
    }
    Ok(Section::new("Server: verifications", how, rows))
}

/// What came of the verifications of one kind.
struct Verified {
    load: Load,
    /// Processor time of the server.
    spent: Option<Duration>,
}

impl Verified {
    fn rows(&self, what: &str) -> Vec<Row> {
        let Load { latencies, .. } = &self.load;
        let (rate, p99) = (self.load.rate(), latencies.percentile(99));
        let mut rate_row = Row::new(format!("TOTP verifications, {what}"), format!("{}/s", grouped(rate)));
        if let (Some(spent), Ok(count)) = (self.spent, u32::try_from(latencies.count())) {
            rate_row =
                rate_row.beside(format!("{} of the server's processor time each", duration(spent / count)));
        }
        let p99_row = Row::new(format!("The same: p99 at {CONNECTIONS} connections"), duration(p99))
            .beside(format!("p50 {}", duration(latencies.median())));
        vec![rate_row.target("≥ 3,000/s", rate >= 3000.0), p99_row.target("< 20 ms", p99.as_millis() < 20)]
    }
}

/// What is in the database before the server is started.
struct Fixture {
    people: Vec<Account>,
    by_token: Vec<WaitingLogin>,
    by_key: Vec<(WaitingLogin, usize)>,
    keys: Keys,
}

impl Fixture {
    async fn make(file: &Path) -> Result<Self, BenchError> {
        let password: Password = PASSWORD.parse()?;
        let keys = Keys::make()?;
        let mut accounts = Accounts::open(file, &password).await?;
        let people = accounts.with_password(CONNECTIONS).await?;
        let count = WARM_UP + VERIFICATIONS;
        let by_token = accounts.with_waiting_login(count, &[Bound::Token]).await?;
        let by_key = accounts.with_waiting_login(count, &keys.bound).await?;
        accounts.close().await;
        let by_key = by_key.into_iter().zip((0..keys.bound.len()).cycle()).collect();
        Ok(Self { people, by_token, by_key, keys })
    }

    fn sign_ins(&self) -> Result<Vec<Whole>, BenchError> {
        let sign_in = |account: &Account| {
            let body = StartLogin {
                email: account.email.clone(),
                password: PASSWORD.parse()?,
                device: DeviceDescription {
                    name: "Mia's laptop".parse()?,
                    os: "Debian 13".parse()?,
                    app: "Kessler Books 1.0".parse()?,
                },
                fingerprint: None,
            };
            request("POST", "/auth/login", &[], serde_json::to_vec(&body)?)
        };
        self.people.iter().map(sign_in).collect()
    }
}

/// Keys of as many devices as there are connections.
struct Keys {
    signer: SoftwareSigner,
    random: Arc<dyn Random>,
    bound: Vec<Bound>,
}

impl Keys {
    fn make() -> Result<Self, BenchError> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom::default());
        let signer = SoftwareSigner::new(Arc::new(MemoryStorage::default()), Arc::clone(&random));
        let bind = |number| Ok(Bound::Key(thumbprint(&signer.create(&key(number), KeyUse::Possession)?)));
        let bound = (0..CONNECTIONS).map(bind).collect::<Result<_, BenchError>>()?;
        Ok(Self { signer, random, bound })
    }
}

fn key(number: usize) -> String {
    format!("device.{number}")
}

/// Makes requests that prove a key.
struct Prover {
    keys: Keys,
    url: String,
    nonce: String,
}

impl Prover {
    fn request(&self, (login, number): &(WaitingLogin, usize)) -> Result<Whole, BenchError> {
        let body = body(login)?;
        let request = DpopRequest {
            method: "POST",
            url: &self.url,
            nonce: Some(&self.nonce),
            access_token: None,
            body: Some(&body),
            now: SystemClock::new().now(),
        };
        let proof = dpop::proof(&self.keys.signer, &key(*number), &*self.keys.random, &request)?;
        consuming(login, (headers::DPOP, &proof), body)
    }
}

fn with_token(login: &WaitingLogin) -> Result<Whole, BenchError> {
    // EXPOSE: sent to the server that it is for.
    consuming(login, (headers::LOGIN_TOKEN, login.token.expose()), body(login)?)
}

fn consuming(login: &WaitingLogin, carrier: (&str, &str), body: Vec<u8>) -> Result<Whole, BenchError> {
    let idempotency_key = login.id.to_string();
    request("POST", PATH, &[(headers::IDEMPOTENCY_KEY, &idempotency_key), carrier], body)
}

/// The code of now, for this login. The server takes it for half a minute longer, which is much more than the load
/// takes.
fn body(login: &WaitingLogin) -> Result<Vec<u8>, BenchError> {
    let code = login.generator.code_at(SystemClock::new().now());
    // EXPOSE: sent to the server that it is for.
    let code = code.expose().parse()?;
    let body = VerifyCode { login_id: login.id, method: MethodKind::Totp, code, trust_device: false };
    Ok(serde_json::to_vec(&body)?)
}

/// The server's present nonce: it comes with the refusal of a proof without one.
async fn nonce(address: SocketAddr) -> Result<String, BenchError> {
    let refused = request("POST", PATH, &[(headers::DPOP, "none")], b"{}".to_vec())?;
    let answer = Connection::open(address).await?.send(refused).await?;
    let nonce = answer.headers.get(headers::DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
    nonce.map(str::to_owned).ok_or_else(|| BenchError::surprise("the server gives no nonce"))
}

async fn verify<L>(
    stub: &Stub,
    logins: Vec<L>,
    make: impl Fn(&L) -> Result<Whole, BenchError>,
) -> Result<Verified, BenchError> {
    let mut requests = logins.iter().map(make).collect::<Result<Vec<_>, _>>()?;
    let measured = requests.split_off(WARM_UP);
    driver::run(stub.address()?, CONNECTIONS, requests).await?;
    let before = stub.processor_time();
    let load = driver::run(stub.address()?, CONNECTIONS, measured).await?;
    let spent = before.zip(stub.processor_time()).map(|(before, after)| after.saturating_sub(before));
    Ok(Verified { load, spent })
}
