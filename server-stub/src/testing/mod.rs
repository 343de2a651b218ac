//! What tests of this crate and of others need: a PostgreSQL to run on. Feature `testing`.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use countersign_protocol::Secret;

use crate::{
    random::{Random, RandomError},
    store::Database,
};

/// A URL of a running PostgreSQL to use instead of starting one.
const RUNNING: &str = "COUNTERSIGN_TEST_POSTGRES";

/// There is no PostgreSQL to test on.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No binaries were found, and this is a CI run, where nothing may be skipped.
    #[error(
        "no PostgreSQL found: install it (Debian: postgresql), or set {RUNNING} to the URL of a running one"
    )]
    Missing,
    /// It is installed but did not start. Its own words are on standard error.
    #[error("PostgreSQL did not start: {0}")]
    Start(String),
    /// No name for a schema.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// A schema of its own in a running PostgreSQL, or `None`, with a word on standard error, where there is none.
///
/// The first call starts one for this process, which ends with the process. Set `COUNTERSIGN_TEST_POSTGRES` to the
/// URL of a running one to use that instead.
///
/// # Errors
/// [`PostgresError`] if it does not start, or is not there though this is a CI run: `CI` is set, to something else than
/// nothing, `0` or `false`.
pub fn postgres() -> Result<Option<Database>, PostgresError> {
    let Some(url) = url()? else { return Ok(None) };
    // EXPOSE: names a schema, and is no secret.
    let schema = format!("test_{}", Random::system().digits(16)?.expose());
    Ok(Some(Database::Postgres { url: Secret::new(url), schema }))
}

fn url() -> Result<Option<String>, PostgresError> {
    /// Holds the pipe that keeps it running.
    static STARTED: OnceLock<Result<(Child, String), String>> = OnceLock::new();

    if let Ok(url) = env::var(RUNNING) {
        return Ok(Some(url));
    }
    let Some(binaries) = binaries() else {
        if env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false")) {
            return Err(PostgresError::Missing);
        }
        eprintln!("skipped on PostgreSQL: {}", PostgresError::Missing);
        return Ok(None);
    };
    match STARTED.get_or_init(|| start(&binaries).map_err(|error| error.to_string())) {
        Ok((_, url)) => Ok(Some(url.clone())),
        Err(error) => Err(PostgresError::Start(error.clone())),
    }
}

fn start(binaries: &Path) -> io::Result<(Child, String)> {
    let mut supervisor = Command::new("sh")
        .args(["-c", include_str!("postgres.sh"), "postgres.sh"])
        .arg(binaries)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A Ctrl-C is for the tests; what they leave behind is still to be removed.
        .process_group(0)
        .spawn()?;
    let mut line = String::new();
    if let Some(output) = supervisor.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    match line.trim_end().strip_prefix("ready ") {
        Some(folder) => Ok((supervisor, format!("postgres://postgres@localhost/postgres?host={folder}"))),
        None => Err(io::Error::other(supervisor.wait()?.to_string())),
    }
}

/// The folder with `initdb`: on the path, or the newest of Debian's.
fn binaries() -> Option<PathBuf> {
    let has_initdb = |folder: &PathBuf| folder.join("initdb").is_file();
    let on_path = env::split_paths(&env::var_os("PATH")?).find(has_initdb);
    on_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let number = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
        versions.map(|version| version.path().join("bin")).filter(has_initdb).max_by_key(number)
    })
}
