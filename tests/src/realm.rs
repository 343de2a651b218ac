use std::{sync::Arc, time::Duration};

use countersign::{
    client::{HttpConfig, ReqwestHttp},
    ports::{Clock, Http, SystemClock},
};
use countersign_protocol::{
    Timestamp,
    fields::{Email, ServerUrl},
};
use countersign_server::{
    Config, Server,
    config::MasterKey,
    realms::{DEFAULT, Realms},
    store::{Database, StoreError, outbox},
    testing,
    world::World,
};
use futures_util::future::BoxFuture;
use sqlx::{Any, any::AnyArguments, query::QueryScalar};
use tempfile::TempDir;

/// A server in this process, on a free port.
pub struct Stage {
    server: Server,
    config: Config,
    realm: Realm,
    folder: Option<TempDir>,
}

/// One realm of a running server, and what a test may do behind its back. Its time stands still until
/// [`Realm::advance`]. A clone is the same realm.
#[derive(Clone)]
pub struct Realm {
    world: Arc<World>,
    realms: Realms,
    http: Arc<dyn Http>,
    off: Off,
}

/// How far the clocks of the devices are off.
#[derive(Debug, Clone, Copy)]
enum Off {
    Ahead(Duration),
    Behind(Duration),
}

/// A message that would have been sent.
pub use outbox::Message as Mail;

impl Stage {
    /// On SQLite in memory.
    pub async fn in_memory() -> Self {
        Self::start(Config::for_tests().unwrap(), None).await
    }

    /// On SQLite in a file of its own, so that it can be [restarted](Self::restart).
    pub async fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join("server.sqlite"));
        let mut config = Config::for_database(database, None).unwrap();
        config.listen.set_port(0);
        Self::start(config, Some(folder)).await
    }

    /// On a PostgreSQL schema of its own, or `None` where there is no PostgreSQL.
    pub async fn on_postgres() -> Option<Self> {
        let database = testing::postgres().unwrap()?;
        let master_key = MasterKey::from_text("A".repeat(43)).unwrap();
        let mut config = Config::for_database(database, Some(master_key)).unwrap();
        config.listen.set_port(0);
        Some(Self::start(config, None).await)
    }

    async fn start(mut config: Config, folder: Option<TempDir>) -> Self {
        let server = Server::start(config.clone()).await.unwrap();
        // A restarted server is to be found where the first one was.
        config.listen = server.address();
        let http = ReqwestHttp::new(HttpConfig::default().without_proxy()).unwrap();
        let realms = server.realms().clone();
        let realm = Realm::open(&realms, DEFAULT, Arc::new(http)).await;
        Self { server, config, realm, folder }
    }

    /// The realm `default`.
    pub fn realm(&self) -> Realm {
        self.realm.clone()
    }

    /// Ends the server and starts another on the same database and port. The time goes on where it was.
    #[must_use]
    pub async fn restart(self) -> Self {
        self.restart_after(async {}).await
    }

    /// The same, with something that happens while there is no server.
    #[must_use]
    pub async fn restart_after(self, happens: impl Future<Output = ()>) -> Self {
        let now = self.realm.now();
        self.server.stop().await;
        happens.await;
        let stage = Self::start(self.config, self.folder).await;
        stage.realm.world.clock.set(now);
        stage
    }

    /// Ends the server and gives every byte that it leaves on disk, but for its master key.
    pub async fn on_disk(self) -> Vec<u8> {
        self.server.stop().await;
        let folder = self.folder.expect("a database in a file");
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let data = files.filter(|path| path.extension().is_none_or(|extension| extension != "key"));
        data.flat_map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// Ends the server. What is left on disk goes with the stage.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Realm {
    /// Its address.
    pub fn url(&self) -> &ServerUrl {
        &self.world.issuer
    }

    /// The network that reaches it.
    pub fn http(&self) -> Arc<dyn Http> {
        Arc::clone(&self.http)
    }

    /// What its handlers see.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The bearer of the control plane.
    pub fn bearer(&self) -> String {
        // EXPOSE: whoever starts the server drives its control plane.
        self.realms.stub_bearer().unwrap().expose().clone()
    }

    /// Another realm of the same server.
    pub async fn neighbour(&self, name: &str) -> Self {
        Self::open(&self.realms, name, self.http()).await
    }

    async fn open(realms: &Realms, name: &str, http: Arc<dyn Http>) -> Self {
        let world = realms.get(name).await.unwrap();
        // A slow machine must not see a limit or a code run out.
        world.clock.freeze();
        Self { world, realms: realms.clone(), http, off: Off::Ahead(Duration::ZERO) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// The same realm, the clocks of its devices so far ahead of the server's.
    #[must_use]
    pub fn with_devices_ahead(&self, time: Duration) -> Self {
        Self { off: Off::Ahead(time), ..self.clone() }
    }

    /// The same realm, the clocks of its devices so far behind the server's.
    #[must_use]
    pub fn with_devices_behind(&self, time: Duration) -> Self {
        Self { off: Off::Behind(time), ..self.clone() }
    }

    /// The clock of its devices: the same as the server's, unless said otherwise.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(DeviceClock { server: self.world.clock.clone(), system: SystemClock::new(), off: self.off })
    }

    /// Lets time pass at once, for the server and its devices.
    pub fn advance(&self, time: Duration) {
        self.world.clock.advance(time);
    }

    /// The messages to this address, oldest first.
    pub async fn mails(&self, to: &Email) -> Vec<Mail> {
        let to = to.as_str().to_owned();
        let list = self.world.read(move |connection| {
            Box::pin(async move { Ok(outbox::list(connection, Some("email"), Some(&to), 0).await?) })
        });
        list.await.unwrap()
    }

    /// The subjects of the messages to this address, oldest first.
    pub async fn subjects(&self, to: &Email) -> Vec<String> {
        self.mails(to).await.into_iter().filter_map(|mail| mail.subject).collect()
    }

    /// The names of the audit log's entries about the account with this address, oldest first.
    pub async fn events(&self, account: &Email) -> Vec<String> {
        let events = "SELECT l.event FROM mfa_audit_log l JOIN users u ON u.id = l.user_id WHERE u.email_canonical = $1 \
                      ORDER BY l.seq";
        self.read(sqlx::query_scalar(events).bind(account.canonical())).await
    }

    /// The texts that a query gives which takes no parameters.
    pub async fn column(&self, query: &'static str) -> Vec<String> {
        self.read(sqlx::query_scalar(query)).await
    }

    async fn read(&self, query: QueryScalar<'static, Any, String, AnyArguments>) -> Vec<String> {
        let read = self.world.store.read(move |connection| {
            Box::pin(async move { query.fetch_all(connection).await.map_err(StoreError::from) })
        });
        read.await.unwrap()
    }
}

/// The server's clock in the hands of a device.
struct DeviceClock {
    server: countersign_server::clock::Clock,
    system: SystemClock,
    off: Off,
}

impl Clock for DeviceClock {
    fn now(&self) -> Timestamp {
        match self.off {
            Off::Ahead(time) => self.server.now().plus(time),
            Off::Behind(time) => self.server.now().minus(time),
        }
    }

    fn monotonic(&self) -> Duration {
        self.server.monotonic() + self.system.monotonic()
    }

    /// Ends when the test lets the time pass, or when it has passed for real: who waits before trying again must not
    /// wait for ever.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (server, until) = (self.server.clone(), self.server.now().plus(duration));
        let really = self.system.sleep(duration);
        Box::pin(async move {
            tokio::select! {
                () = server.sleep_until(until) => {}
                () = really => {}
            }
        })
    }
}
