//! Approvals by push: somebody signs in, a device is asked and says yes.

use std::{path::Path, sync::Arc, time::Duration};

use countersign::{
    client::{
        Client, HttpConfig, LoginState, ReqwestHttp, ServerConfig,
        login::{MfaRequiredStep, PendingStep},
    },
    ports::{Http, NoVerifier, Ports, SoftwareSigner, SystemClock, SystemRandom, TracingSink, UserVerifier},
    protocol::{
        enroll_uri::EnrollUri,
        fields::{DisplayName, MatchNumber, Password, ServerUrl},
        push::DeviceKind,
    },
    push::{Authenticator, InboxEvent, PushInbox, Request},
    testing::{FixedSignals, FixedVerifier, MemoryStorage},
};
use countersign_server::store::{Database, Store, StoreError, tenants};

use super::{
    Bench,
    accounts::{Account, Accounts},
    stub::Stub,
};
use crate::{
    error::BenchError,
    functions::signatures,
    report::{Row, Section, duration, factor, time},
    timing::{Samples, Stopwatch, nanoseconds},
};

/// One user is sent no more requests than this in ten minutes.
const ROUNDS: usize = 5;
const USERS: usize = 40;
const COMMITS: usize = 200;
const PASSWORD: &str = "three lanterns by the harbour";

pub(crate) async fn measure(bench: &Bench) -> Result<Section, BenchError> {
    let file = bench.folder().join("approvals.db");
    let password: Password = PASSWORD.parse()?;
    let mut accounts = Accounts::open(&file, &password).await?;
    let people = accounts.with_password(USERS).await?;
    accounts.close().await;

    let stub = Stub::start(bench.program(), &file).await?;
    let scene = Scene::new(stub.url(), password)?;
    let mut times = Times::default();
    for person in &people {
        scene.approvals(person, &mut times).await?;
    }
    stub.stop().await?;

    let parts = Parts::measure(&bench.folder().join("commits.db")).await?;
    Ok(section(times, &parts))
}

fn section(times: Times, parts: &Parts) -> Section {
    let Times { asked, reached, told, finished, whole } = times;
    let finished = Samples::from(finished);
    let (p50, p99, sum) = (finished.median(), finished.percentile(99), parts.sum());
    let share = nanoseconds(p50) / sum;
    let how = format!(
        "Through the SDK, over loopback, in a SQLite file whose commits are durable: {} approvals by {USERS} users, one \
         after the other. Time runs from when the server has made the challenge to when the waiting login has its \
         tokens; the person takes no time. The sum of its parts is two signatures, two verifications (ring alone) and \
         two commits of the server's store, of one row each, taken in the same run.",
        finished.count(),
    );
    let median = |samples: Vec<Duration>| duration(Samples::from(samples).median());
    let rows = vec![
        Row::new("Push approval, p50", format!("{}, {} the sum of its parts", duration(p50), factor(share)))
            .beside(format!("sum of parts {}", time(sum)))
            .target("≤ 2× the sum", share <= 2.0),
        Row::new("Push approval, p99", duration(p99)).target("< 25 ms", p99.as_millis() < 25),
        Row::new("Part: one signature", time(parts.signature)),
        Row::new("Part: one verification", time(parts.verification)),
        Row::new("Part: one durable commit (median)", time(parts.commit)),
        Row::new("Step: challenge asked for and made (median)", median(asked)),
        Row::new("Step: until the device has fetched and verified the request (median)", median(reached)),
        Row::new("Step: until the device knows that its answer was taken (median)", median(told)),
        Row::new("Challenge asked for → waiting login finished (median)", median(whole)),
    ];
    Section::new("Push approval", how, rows)
}

/// Measured, one of each an approval. All but `asked` and `whole` run from when the challenge was made.
#[derive(Default)]
struct Times {
    asked: Vec<Duration>,
    reached: Vec<Duration>,
    told: Vec<Duration>,
    finished: Vec<Duration>,
    whole: Vec<Duration>,
}

/// What an approval cannot do without, in nanoseconds.
struct Parts {
    signature: f64,
    verification: f64,
    commit: f64,
}

impl Parts {
    async fn measure(file: &Path) -> Result<Self, BenchError> {
        let (signature, verification) = signatures::by_ring()?;
        let store = Store::open(&Database::File(file.to_owned())).await?;
        let watch = Stopwatch::default();
        let mut commits = Vec::with_capacity(COMMITS);
        for number in 0..COMMITS {
            let start = watch.read();
            commit(&store, number).await?;
            commits.push(watch.since(start));
        }
        store.close().await;
        Ok(Self { signature, verification, commit: nanoseconds(Samples::from(commits).median()) })
    }

    fn sum(&self) -> f64 {
        2.0 * (self.signature + self.verification + self.commit)
    }
}

/// Somebody's browser, and a phone that knows all accounts.
struct Scene {
    browser: Client,
    phone: Authenticator,
    phone_name: DisplayName,
    password: Password,
    watch: Stopwatch,
}

impl Scene {
    fn new(server: &ServerUrl, password: Password) -> Result<Self, BenchError> {
        let http: Arc<dyn Http> = Arc::new(ReqwestHttp::new(HttpConfig::default().without_proxy())?);
        let config = ServerConfig::new(server.clone()).device_name("Mia's laptop".parse()?);
        Ok(Self {
            browser: Client::new(config, ports(&http, Arc::new(NoVerifier))),
            phone: Authenticator::new(ports(&http, Arc::new(FixedVerifier::default()))),
            phone_name: "Mia's phone".parse()?,
            password,
            watch: Stopwatch::default(),
        })
    }

    async fn approvals(&self, person: &Account, times: &mut Times) -> Result<(), BenchError> {
        let inbox = self.enrol(person).await?;
        for _ in 0..ROUNDS {
            let step = self.mfa_required(person).await?;
            self.approval(step, &inbox, times).await?;
        }
        inbox.close();
        Ok(())
    }

    async fn enrol(&self, person: &Account) -> Result<PushInbox, BenchError> {
        let LoginState::Done(signed_in) = self.login(person).await? else {
            return Err(BenchError::surprise("a new account asks for a second factor"));
        };
        let ticket = signed_in.session.create_enrolment_ticket().await?;
        // EXPOSE: the phone's camera reads it.
        let uri: EnrollUri = ticket.uri.expose().parse()?;
        let enrolment = self.phone.enroll(&uri, self.phone_name.clone(), DeviceKind::Mobile).await?;
        let inbox = self.phone.inbox(enrolment.id).await?;
        // The first event tells that the connection is live.
        match inbox.next().await? {
            Some(InboxEvent::Connection(_)) => Ok(inbox),
            other => Err(BenchError::surprise(format!("the inbox begins with {other:?}"))),
        }
    }

    async fn login(&self, person: &Account) -> Result<LoginState, BenchError> {
        Ok(self.browser.login(person.email.clone(), self.password.clone()).await?)
    }

    async fn mfa_required(&self, person: &Account) -> Result<MfaRequiredStep, BenchError> {
        match self.login(person).await? {
            LoginState::MfaRequired(step) => Ok(step),
            _ => Err(BenchError::surprise("the login does not ask for a second factor")),
        }
    }

    async fn approval(
        &self,
        step: MfaRequiredStep,
        inbox: &PushInbox,
        times: &mut Times,
    ) -> Result<(), BenchError> {
        let start = self.watch.read();
        let LoginState::Pending(waiting) = step.request_push(None, false).await? else {
            return Err(BenchError::surprise("the login does not wait for an approval"));
        };
        let made = self.watch.read();
        times.asked.push(made.saturating_sub(start));
        let number = waiting.number().clone();
        let sign_in = async {
            finish(waiting).await?;
            Ok::<_, BenchError>((self.watch.since(made), self.watch.since(start)))
        };
        let ((finished, whole), (reached, told)) =
            tokio::try_join!(sign_in, self.answer(inbox, number, made))?;
        times.finished.push(finished);
        times.whole.push(whole);
        times.reached.push(reached);
        times.told.push(told);
        Ok(())
    }

    async fn answer(
        &self,
        inbox: &PushInbox,
        number: MatchNumber,
        made: Duration,
    ) -> Result<(Duration, Duration), BenchError> {
        let request = next_request(inbox).await?;
        let reached = self.watch.since(made);
        self.phone.approve(&request, number).await?;
        Ok((reached, self.watch.since(made)))
    }
}

async fn next_request(inbox: &PushInbox) -> Result<Request, BenchError> {
    while let Some(event) = inbox.next().await? {
        if let InboxEvent::Request(request) = event {
            return Ok(request);
        }
    }
    Err(BenchError::surprise("the inbox was closed before a request came"))
}

async fn finish(waiting: PendingStep) -> Result<(), BenchError> {
    match waiting.wait().await? {
        LoginState::Done(_) => Ok(()),
        _ => Err(BenchError::surprise("an approved login is not finished")),
    }
}

fn ports(http: &Arc<dyn Http>, verifier: Arc<dyn UserVerifier>) -> Ports {
    let random = Arc::new(SystemRandom::default());
    let storage = Arc::new(MemoryStorage::default());
    Ports {
        clock: Arc::new(SystemClock::new()),
        random: random.clone(),
        http: Arc::clone(http),
        storage: storage.clone(),
        signer: Arc::new(SoftwareSigner::new(storage, random)),
        verifier,
        signals: Arc::new(FixedSignals::default()),
        log: Arc::new(TracingSink),
    }
}

/// One row, in a transaction of its own.
async fn commit(store: &Store, number: usize) -> Result<(), BenchError> {
    let name: DisplayName = format!("Tenant {number}").parse()?;
    let random = u128::try_from(number).unwrap_or_default();
    let work = store.write(move |tx| {
        Box::pin(async move {
            let now = countersign::protocol::Timestamp::from_seconds(1_769_860_800);
            let id = countersign::protocol::ids::TenantId::from_parts(1_769_860_800_000, random);
            tenants::insert(tx, id, &name, now).await?;
            Ok::<_, StoreError>(())
        })
    });
    Ok(work.await?)
}
