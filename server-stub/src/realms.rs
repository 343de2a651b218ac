//! All realms of a server, and which of them a request is for.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{Request, Uri, request::Parts, uri::PathAndQuery};
use countersign_protocol::{ProblemCode, Secret, fields::CorrelationId, headers};
use tokio::{sync::OnceCell, task::JoinSet};

use crate::{
    clock::Clock,
    config::Config,
    domain::{
        answer::{Fault, Stop, refuse},
        maintenance,
        passwords::Passwords,
        policy::Policy,
    },
    http::nonce::Nonces,
    keys::Keys,
    random::Random,
    store::{Database, Store},
    world::World,
};

/// Realms that one server opens at most, so that made-up names cannot exhaust it.
const MOST_REALMS: usize = 1000;
/// The longest name, in characters: behind the name of the schema of `default` it is still a name for a schema.
const LONGEST_NAME: usize = 36;
/// The realm of addresses without a prefix.
pub const DEFAULT: &str = "default";

/// The realms of a server. A clone is the same set.
#[derive(Clone)]
pub struct Realms(Arc<Inner>);

struct Inner {
    config: Config,
    public_url: String,
    random: Random,
    passwords: Passwords,
    /// Locked to find a realm, not while one is opened: the others do not wait for its migrations.
    open: Mutex<HashMap<String, Opened>>,
    /// The upkeep of each open realm. It ends with the last of these handles.
    upkeep: Mutex<JoinSet<()>>,
}

/// A realm, once it is open. Requests for one that is being opened wait for it.
type Opened = Arc<OnceCell<Arc<World>>>;

/// The realm that a request names, as an extension.
#[derive(Debug, Clone)]
struct Named(String);

impl Realms {
    /// Opens the realm `default`; the others follow when they are first named.
    ///
    /// # Errors
    /// A fault when the database cannot be opened.
    pub async fn open(config: Config, public_url: String) -> Result<Self, Fault> {
        let random = config.seed.map_or_else(Random::system, Random::seeded);
        let passwords = Passwords::start(config.password_hashes_at_once)?;
        let (open, upkeep) = (Mutex::default(), Mutex::default());
        let realms = Self(Arc::new(Inner { config, public_url, random, passwords, open, upkeep }));
        let default = realms.make(DEFAULT).await?;
        realms.cells().insert(DEFAULT.to_owned(), Arc::new(OnceCell::from(default)));
        Ok(realms)
    }

    /// The realm of this name, made if it is not there yet.
    ///
    /// # Errors
    /// A refusal for a name that cannot be one, or beyond 1,000 realms; a fault when its database cannot be opened.
    pub async fn get(&self, name: &str) -> Result<Arc<World>, Stop> {
        let cell = self.cell(name)?;
        let world = cell.get_or_try_init(|| self.make(name)).await?;
        Ok(Arc::clone(world))
    }

    fn cell(&self, name: &str) -> Result<Opened, Stop> {
        let mut open = self.cells();
        if let Some(cell) = open.get(name) {
            return Ok(Arc::clone(cell));
        }
        let well_formed = name.len() <= LONGEST_NAME
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed || !self.0.config.realms {
            return Err(refuse(
                ProblemCode::NotFound,
                "There is no such realm. A name is 1 to 36 characters of a-z, 0-9 and -, the first one a letter.",
            ));
        }
        if open.len() >= MOST_REALMS {
            return Err(refuse(
                ProblemCode::TooManyRequests,
                "No more realms are opened; start the server anew.",
            )
            .retry_after(60));
        }
        Ok(Arc::clone(open.entry(name.to_owned()).or_default()))
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<String, Opened>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn upkeep(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.0.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the upkeep of all realms. Tests do it that look at rows and clean up themselves.
    pub(crate) async fn end_upkeep(&self) {
        let mut upkeep = std::mem::take(&mut *self.upkeep());
        upkeep.shutdown().await;
    }

    /// The bearer of the control plane, where there is one.
    pub fn stub_bearer(&self) -> Option<&Secret<String>> {
        self.0.config.stub_bearer.as_ref()
    }

    /// The public address, that of the realm `default`.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Whether other realms than `default` are opened when they are named.
    pub fn are_opened_by_name(&self) -> bool {
        self.0.config.realms
    }

    /// Closes all stores.
    pub async fn close(&self) {
        self.end_upkeep().await;
        let worlds: Vec<_> = self.cells().values().filter_map(|cell| cell.get().map(Arc::clone)).collect();
        for world in worlds {
            world.store.close().await;
        }
    }

    pub(crate) fn new_correlation_id(&self) -> CorrelationId {
        // An id ties traces together and guards nothing: without randomness all requests share one.
        CorrelationId::from_bits(&self.0.random.bytes().unwrap_or_default())
    }

    pub(crate) async fn of_request(&self, parts: &Parts) -> Result<Arc<World>, Stop> {
        let header = parts.headers.get(headers::STUB_REALM).map(|value| value.to_str().unwrap_or_default());
        match (parts.extensions.get::<Named>(), header) {
            (Some(Named(name)), _) => self.get(name).await,
            (None, Some(name)) => self.get(name).await,
            (None, None) => self.get(DEFAULT).await,
        }
    }

    async fn make(&self, name: &str) -> Result<Arc<World>, Fault> {
        let config = &self.0.config;
        let store = Store::open(&database_of(&config.database, name)).await?;
        let random = config.seed.map_or_else(Random::system, |seed| Random::seeded_for(seed, name));
        let clock = Clock::system();
        let keys = Keys::load(&store, random.clone(), config.master_key.bytes().clone(), clock.now()).await?;
        let address = if name == DEFAULT {
            self.0.public_url.clone()
        } else {
            format!("{}/r/{name}", self.0.public_url)
        };
        let issuer = address.parse().map_err(|error| Fault::Stored(format!("the public address {error}")))?;
        let world = Arc::new(World {
            realm: name.to_owned(),
            issuer,
            clock,
            nonces: Nonces::new(&random)?,
            random,
            store,
            keys,
            policy: Policy::of(config.preset),
            passwords: self.0.passwords.clone(),
        });
        self.upkeep().spawn(maintenance::run(Arc::clone(&world)));
        Ok(world)
    }
}

/// Takes `/r/<name>` off the path and remembers the name. Runs before routing.
pub fn take_prefix<B>(mut request: Request<B>) -> Request<B> {
    let path = request.uri().path();
    let Some((name, rest)) = path.strip_prefix("/r/").and_then(|rest| rest.split_once('/')) else {
        return request;
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let name = name.to_owned();
    if let Ok(stripped) = format!("/{rest}{query}").parse::<PathAndQuery>() {
        let mut uri = request.uri().clone().into_parts();
        uri.path_and_query = Some(stripped);
        if let Ok(uri) = Uri::from_parts(uri) {
            *request.uri_mut() = uri;
            request.extensions_mut().insert(Named(name));
        }
    }
    request
}

fn database_of(base: &Database, realm: &str) -> Database {
    let name = realm.replace('-', "_");
    match base {
        _ if realm == DEFAULT => base.clone(),
        Database::Memory { .. } => Database::Memory { name },
        Database::File(path) => {
            let mut file = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
            file.push(format!(".{realm}"));
            Database::File(PathBuf::from(path).with_file_name(file))
        }
        Database::Postgres { url, schema } => {
            Database::Postgres { url: Secret::clone(url), schema: format!("{schema}_{name}") }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::task::Poll;

    use super::*;
    use crate::{config::MasterKey, testing};

    async fn open(config: Config) -> Realms {
        Realms::open(config, "http://localhost:8440".to_owned()).await.unwrap()
    }

    #[tokio::test]
    async fn the_longest_name_fits_every_database() {
        let name = format!("r{}", "-9".repeat(17)) + "x";
        assert_eq!(name.len(), LONGEST_NAME);
        let mut configs = vec![Config::for_tests().unwrap()];
        if let Some(Database::Postgres { url, schema }) = testing::postgres().unwrap() {
            let schema = schema[.."countersign".len()].to_owned();
            let key = MasterKey::from_text("A".repeat(43)).unwrap();
            configs.push(Config::for_database(Database::Postgres { url, schema }, Some(key)).unwrap());
        }
        for config in configs {
            let realms = open(config).await;
            assert_eq!(realms.get(&name).await.unwrap().realm, name);
            for wrong in [&format!("{name}x"), "", "-a", "9", "a_b", "A"] {
                let Err(Stop::Refused(problem)) = realms.get(wrong).await else {
                    panic!("{wrong} is opened")
                };
                assert_eq!(problem.code, ProblemCode::NotFound);
            }
            realms.close().await;
        }
    }

    #[tokio::test]
    async fn requests_that_name_a_realm_at_once_meet_in_it() {
        let realms = open(Config::for_tests().unwrap()).await;
        let (one, other) = tokio::join!(realms.get("new"), realms.get("new"));
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
    }

    #[tokio::test]
    async fn opening_a_realm_holds_no_other_up() {
        let realms = open(Config::for_tests().unwrap()).await;
        let mut opening = Box::pin(realms.get("slow"));
        assert!(futures_util::poll!(&mut opening).is_pending());
        // The one that opens is not polled any further.
        assert!(realms.get("other").await.is_ok() && realms.get(DEFAULT).await.is_ok());
        assert!(opening.await.is_ok());
    }

    #[tokio::test]
    async fn a_burst_in_one_realm_leaves_no_room_in_another() {
        let realms = open(Config::for_tests().unwrap()).await;
        let (one, other) = (realms.get("one").await.unwrap(), realms.get("other").await.unwrap());
        let password = "correct horse".parse().unwrap();
        let mut burst = Vec::new();
        loop {
            let mut check = Box::pin(one.passwords.check(&password, None));
            match futures_util::poll!(&mut check) {
                Poll::Pending => burst.push(check),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => break,
            }
        }
        assert!(other.passwords.check(&password, None).await.is_err());
        drop(burst);
        assert!(other.passwords.check(&password, None).await.is_ok());
    }

    #[tokio::test]
    async fn a_seed_fixes_a_realm_whatever_was_opened_before() {
        let config = || Config { seed: Some(7), ..Config::for_tests().unwrap() };
        let draw = async |realms: &Realms, name| {
            let token = realms.get(name).await.unwrap().random.token256().unwrap();
            token.expose().to_owned()
        };
        let (one, other) = (open(config()).await, open(config()).await);
        let first = (draw(&one, "a").await, draw(&one, "b").await);
        let second = (draw(&other, "b").await, draw(&other, "a").await);
        assert_eq!(first, (second.1, second.0));
        assert_ne!(first.0, first.1);
    }
}
