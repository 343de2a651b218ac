//! How a server is set up: from the command line, the environment, or in code.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use countersign_protocol::Secret;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    domain::policy::Preset,
    random::{Random, RandomError},
    store::Database,
};

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The public address, without a trailing slash. Default: `http://localhost:<port>`.
    pub public_url: Option<String>,
    /// Where the rows are.
    pub database: Database,
    /// The rules.
    pub preset: Preset,
    /// Seals the server's keys in the store.
    pub master_key: MasterKey,
    /// Argon2id computations at a time.
    pub password_hashes_at_once: usize,
    /// How long a connection may take to send the head of a request, and stay idle between two.
    pub header_time: Duration,
    /// Makes randomness the same in every run, for tests and demos.
    pub seed: Option<u64>,
    /// Whether other realms than `default` are opened when they are named.
    pub realms: bool,
    /// The bearer of the control plane; without one there is no control plane.
    pub stub_bearer: Option<Secret<String>>,
}

/// 256 bits that seal the server's keys where they are stored.
#[derive(Debug, Clone)]
pub struct MasterKey(Secret<[u8; 32]>);

/// The set-up cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is not a master key.
    #[error(
        "the master key is not 32 bytes in base64url; make one with `openssl rand -base64 32 | tr +/ -_ | tr -d =`"
    )]
    MasterKey,
    /// PostgreSQL has no place beside it for a key.
    #[error(
        "with PostgreSQL, set COUNTERSIGN_MASTER_KEY: 32 random bytes in base64url, the same on every node"
    )]
    MasterKeyMissing,
    /// The key beside the database file could not be read or made.
    #[error("the master key in {path} could not be read or made: {source}")]
    MasterKeyFile {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Config {
    /// In memory, on a free loopback port, with the control plane: for tests in process.
    ///
    /// # Errors
    /// [`ConfigError::Random`] if the system gives no randomness for the keys.
    pub fn for_tests() -> Result<Self, ConfigError> {
        let mut config = Self::for_database(Database::Memory { name: "default_realm".to_owned() }, None)?;
        config.listen.set_port(0);
        Ok(config)
    }

    /// On loopback port 8440 with this database, the preset `standard` and the control plane. Without a master key,
    /// one is made for a database in memory, and kept in `<file>.key` for one in a file.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no master key and none can be made.
    pub fn for_database(database: Database, master_key: Option<MasterKey>) -> Result<Self, ConfigError> {
        let random = Random::system();
        let master_key = match (master_key, &database) {
            (Some(key), _) => key,
            (None, Database::Memory { .. }) => MasterKey(Secret::new(random.bytes()?)),
            (None, Database::File(path)) => MasterKey::beside(path, &random)?,
            (None, Database::Postgres { .. }) => return Err(ConfigError::MasterKeyMissing),
        };
        let stub_bearer = if cfg!(feature = "stub-api") { Some(random.token256()?) } else { None };
        Ok(Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8440)),
            public_url: None,
            database,
            preset: Preset::Standard,
            master_key,
            password_hashes_at_once: 2,
            header_time: Duration::from_secs(30),
            seed: None,
            realms: true,
            // EXPOSE: the same text in another wrapper.
            stub_bearer: stub_bearer.map(|bearer| Secret::from(bearer.expose())),
        })
    }
}

impl MasterKey {
    /// Reads 32 bytes in base64url without padding.
    ///
    /// # Errors
    /// [`ConfigError::MasterKey`] for any other text.
    pub fn from_text(text: impl Into<String>) -> Result<Self, ConfigError> {
        let text = Secret::new(text.into());
        // EXPOSE: decoded into a wrapper of its own.
        let bytes = Secret::new(
            BASE64URL_NOPAD.decode(text.expose().trim().as_bytes()).map_err(|_| ConfigError::MasterKey)?,
        );
        // EXPOSE: moved into an array.
        let bytes = <[u8; 32]>::try_from(bytes.expose().as_slice()).map_err(|_| ConfigError::MasterKey)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// The bytes.
    pub fn bytes(&self) -> &Secret<[u8; 32]> {
        &self.0
    }

    fn beside(database: &Path, random: &Random) -> Result<Self, ConfigError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".key");
        let path = PathBuf::from(path);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Secret::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = Secret::new(BASE64URL_NOPAD.encode(&random.bytes::<32>()?));
                // EXPOSE: written to a file that only its owner reads.
                write_private(&path, text.expose())
                    .map_err(|source| ConfigError::MasterKeyFile { path: path.clone(), source })?;
                text
            }
            Err(source) => return Err(ConfigError::MasterKeyFile { path, source }),
        };
        // EXPOSE: parsed into a wrapper of its own.
        Self::from_text(text.expose())
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
