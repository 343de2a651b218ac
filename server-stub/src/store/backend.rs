//! Everything that differs between SQLite and PostgreSQL: how to connect, how a transaction begins and ends, how a
//! wake reaches other nodes, what a realm's own database is, and which errors mean what.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use countersign_protocol::Secret;
use futures_util::future::BoxFuture;
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions, Connection,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::{MigrateError, Migrator},
    postgres::PgListener,
};
use tokio::{sync::RwLock, task::AbortHandle};
use url::Url;

use super::{
    Database, StoreError, audit,
    queue::Queue,
    tx::{Held, Job, Tx},
    wakes::Hub,
};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// SQLite connections that read at once. They do not wait for each other; four keep two to four cores busy.
const SQLITE_READERS: u32 = 4;
/// PostgreSQL connections that read at once for one store. A server of many realms has a store for each, and
/// PostgreSQL takes a hundred connections unless told otherwise.
const POSTGRES_READERS: u32 = 2;
/// Transactions that PostgreSQL runs at once for one store.
const POSTGRES_WRITERS: u32 = 4;
/// How long PostgreSQL keeps a connection that nobody uses. A realm that is not used holds one, which listens.
const IDLE: Duration = Duration::from_secs(30);
/// Between two attempts to listen again. Real time: a frozen clock must not keep a node from reconnecting.
const RECONNECT: Duration = Duration::from_millis(500);

/// Takes jobs and runs each in a transaction.
pub(super) enum Writer {
    Sqlite(Queue),
    Postgres(Transactions),
}

impl Writer {
    pub(super) async fn submit(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(queue) => queue.push(job).await,
            Self::Postgres(transactions) => {
                transactions.spawn(job).await;
                Ok(())
            }
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(queue) => queue.close().await,
            Self::Postgres(transactions) => transactions.close().await,
        }
    }
}

/// Connects, brings the tables up to date and starts the writer. The pool is for reading only.
pub(super) async fn open(database: &Database, hub: &Arc<Hub>) -> Result<(AnyPool, Writer), StoreError> {
    sqlx::any::install_default_drivers();
    match database {
        Database::Memory { name } => open_sqlite(memory_address(name)?, MEMORY_PRAGMAS, hub).await,
        Database::File(path) => open_sqlite(file_address(path)?, FILE_PRAGMAS, hub).await,
        Database::Postgres { url, schema } => open_postgres(url, schema, hub).await,
    }
}

/// Removes what [`open`] has made for a realm alone. A memory database is gone with its last connection, and a
/// file belongs to whoever chose its path.
pub(super) async fn destroy(database: &Database) -> Result<(), StoreError> {
    if let Database::Postgres { url, schema } = database {
        let mut connection = connect(&postgres_address(url, schema)?).await?;
        let drop_schema = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
        sqlx::raw_sql(drop_schema).execute(&mut connection).await?;
        connection.close().await?;
    }
    Ok(())
}

// SQLite

const MEMORY_PRAGMAS: &str = "PRAGMA foreign_keys = ON";
// FULL: an answered write survives a power cut. What a savepoint may have to put back stays in memory: in a file, it
// is three quarters of all that is written. The cache (8 MB) holds what one group of jobs changes.
const FILE_PRAGMAS: &str = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                            PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000";

/// Boxed, as the compiler cannot see through the future's lifetimes that it may change threads.
fn migrate(connection: &mut AnyConnection) -> BoxFuture<'_, Result<(), MigrateError>> {
    Box::pin(MIGRATIONS.run_direct(None, connection, false))
}

async fn open_sqlite(
    address: AnyConnectOptions,
    pragmas: &'static str,
    hub: &Arc<Hub>,
) -> Result<(AnyPool, Writer), StoreError> {
    let mut writer = connect(&address).await?;
    sqlx::raw_sql(pragmas).execute(&mut writer).await.map_err(StoreError::Open)?;
    migrate(&mut writer).await?;
    let readers = pool(SQLITE_READERS)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(
                async move { sqlx::raw_sql("PRAGMA query_only = ON").execute(connection).await.map(drop) },
            )
        })
        .connect_lazy_with(address);
    Ok((readers, Writer::Sqlite(Queue::start(writer, Arc::clone(hub)))))
}

/// One database shared by the connections of one store. The counter keeps two stores of one process apart whose
/// realms have the same name, as in tests that run many servers.
fn memory_address(name: &str) -> Result<AnyConnectOptions, StoreError> {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    check_name(name)?;
    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    format!("sqlite:file:{name}-{number}?mode=memory&cache=shared").parse().map_err(StoreError::Open)
}

fn file_address(path: &Path) -> Result<AnyConnectOptions, StoreError> {
    let path = std::path::absolute(path).map_err(|error| StoreError::Address(error.into()))?;
    // The URL that sqlx would make of a path leaves its percent signs as they are.
    let url = Url::from_file_path(&path).map_err(|()| StoreError::Address("the path is no file".into()))?;
    format!("sqlite://{}?mode=rwc", url.path()).parse().map_err(StoreError::Open)
}

// PostgreSQL

/// Runs jobs side by side, each in a transaction of its own (READ COMMITTED: what is single use is consumed by one
/// statement, whose row lock decides).
pub(super) struct Transactions {
    pool: AnyPool,
    channel: Arc<str>,
    listener: AbortHandle,
    /// Read by every job from when it is taken to its end, so that closing can wait for all of them.
    running: Arc<RwLock<()>>,
}

impl Transactions {
    /// Runs the job in a task of its own, so that it ends even if its caller goes away.
    async fn spawn(&self, mut job: Box<dyn Job>) {
        let running = Arc::clone(&self.running).read_owned().await;
        let (pool, channel) = (self.pool.clone(), Arc::clone(&self.channel));
        tokio::spawn(async move {
            let ended = transact(&pool, &channel, job.as_mut()).await;
            job.answer(ended);
            drop(running);
        });
    }

    async fn close(&self) {
        let all_ended = self.running.write().await;
        self.listener.abort();
        self.pool.close().await;
        drop(all_ended);
    }
}

impl Drop for Transactions {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn transact(pool: &AnyPool, channel: &str, job: &mut dyn Job) -> Result<(), StoreError> {
    let mut tx = Tx::new(Held::Transaction(pool.begin().await?));
    // Dropping the transaction rolls it back.
    if !job.run(&mut tx).await {
        return Ok(());
    }
    audit::write_heads(&mut tx).await.map_err(|error| StoreError::Commit(Arc::new(error)))?;
    announce(&mut tx, channel).await.map_err(|error| StoreError::Commit(Arc::new(error)))?;
    match tx.into_held() {
        Held::Transaction(transaction) => transaction.commit().await,
        Held::Writer(_) => Ok(()),
    }
    .map_err(|error| StoreError::Commit(Arc::new(error)))
}

/// Tells all nodes, this one too, as part of the transaction.
///
/// PostgreSQL answers COMMIT with a silent rollback when a statement before it has failed. So there is always one
/// statement here, which then fails in its place.
async fn announce(tx: &mut Tx, channel: &str) -> Result<(), sqlx::Error> {
    let topics = std::mem::take(&mut tx.topics);
    if topics.is_empty() {
        return tx.execute("SELECT 1").await;
    }
    for topic in topics {
        let notify = sqlx::query("SELECT 1 FROM pg_notify($1, $2)").bind(channel).bind(topic);
        notify.execute(tx.connection()).await?;
    }
    Ok(())
}

async fn open_postgres(
    url: &Secret<String>,
    schema: &str,
    hub: &Arc<Hub>,
) -> Result<(AnyPool, Writer), StoreError> {
    let address = postgres_address(url, schema)?;
    let mut connection = connect(&address).await?;
    let create = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""));
    match sqlx::raw_sql(create).execute(&mut connection).await.map_err(StoreError::from) {
        // Another node has just made it: IF NOT EXISTS does not cover that race.
        Ok(_) | Err(StoreError::UniqueViolation(_)) => {}
        Err(error) => return Err(error),
    }
    migrate(&mut connection).await?;
    connection.close().await?;

    let channel: Arc<str> = format!("countersign_{schema}").into();
    let listener = listen(&address, &channel).await.map_err(StoreError::Open)?;
    let task = tokio::spawn(keep_listening(listener, address.clone(), Arc::clone(&channel), Arc::clone(hub)));
    let mut read_only = address.clone();
    read_only.database_url.query_pairs_mut().append_pair("options[default_transaction_read_only]", "on");
    let readers = pool(POSTGRES_READERS).idle_timeout(IDLE).connect_lazy_with(read_only);
    let pool = pool(POSTGRES_WRITERS).idle_timeout(IDLE).connect_lazy_with(address);
    let (listener, running) = (task.abort_handle(), Arc::default());
    Ok((readers, Writer::Postgres(Transactions { pool, channel, listener, running })))
}

fn postgres_address(url: &Secret<String>, schema: &str) -> Result<AnyConnectOptions, StoreError> {
    check_name(schema)?;
    // EXPOSE: connecting takes the password that the URL holds; it stays in the connect options.
    let mut url = Url::parse(url.expose()).map_err(|error| StoreError::Address(error.into()))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(StoreError::Address("the scheme is not postgres".into()));
    }
    url.query_pairs_mut().append_pair("options[search_path]", schema);
    AnyConnectOptions::from_url(&url).map_err(StoreError::Open)
}

async fn listen(address: &AnyConnectOptions, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect(address.database_url.as_str()).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

async fn keep_listening(
    mut listener: PgListener,
    address: AnyConnectOptions,
    channel: Arc<str>,
    hub: Arc<Hub>,
) {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => hub.wake(notification.payload()),
            // The connection was lost and is back. What was notified meanwhile is not known.
            Ok(None) => hub.wake_all(),
            Err(error) => {
                tracing::warn!(%error, "the database no longer tells of changes; connecting again");
                listener = loop {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "real time: a frozen clock must not hold this up"
                    )]
                    tokio::time::sleep(RECONNECT).await;
                    if let Ok(listener) = listen(&address, &channel).await {
                        break listener;
                    }
                };
                hub.wake_all();
            }
        }
    }
}

// Both

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None)
}

async fn connect(address: &AnyConnectOptions) -> Result<AnyConnection, StoreError> {
    address.connect().await.map_err(StoreError::Open)
}

/// Such a name needs no quoting in a URI, a search path or a statement.
fn check_name(name: &str) -> Result<(), StoreError> {
    let letters = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if letters && name.len() <= 48 && name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Ok(())
    } else {
        Err(StoreError::Name { name: name.to_owned() })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Self::Busy(error),
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::UniqueViolation(error),
            sqlx::Error::Database(cause) if cause.code().is_some_and(|code| is_busy(&code)) => {
                Self::Busy(error)
            }
            _ => Self::Database(error),
        }
    }
}

fn is_busy(code: &str) -> bool {
    // BUSY and LOCKED with their extended forms.
    const SQLITE: [&str; 7] = ["5", "261", "517", "773", "6", "262", "518"];
    // Serialisation failure, deadlock, lock not available, too many connections, shutting down, starting up.
    const POSTGRES: [&str; 6] = ["40001", "40P01", "55P03", "53300", "57P01", "57P03"];
    SQLITE.contains(&code) || POSTGRES.contains(&code)
}
