//! One throw-away PostgreSQL cluster for a test run.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    command,
    error::{self, XtaskError},
};

/// The variable that hands the cluster's URL to the tests.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// A running server on a loopback port; dropping it stops it and deletes its data.
pub(crate) struct Cluster {
    binaries: PathBuf,
    data: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Starts a cluster, or answers `None` where PostgreSQL is not installed.
    pub(crate) fn start() -> Result<Option<Self>, XtaskError> {
        let Some(binaries) = binaries() else { return Ok(None) };
        let data = PathBuf::from(
            command::capture(as_owner("mktemp")?.args(["-d", "-t", "countersign-postgres.XXXXXXXX"]))?.trim(),
        );
        let started = initialise(&binaries, &data).and_then(|()| {
            // Between finding a free port and listening on it somebody else may take it.
            serve(&binaries, &data).or_else(|_| serve(&binaries, &data))
        });
        match started {
            Ok((server, port)) => Ok(Some(Self { binaries, data, port, server })),
            Err(error) => {
                remove(&data);
                Err(error)
            }
        }
    }

    /// Its address, with a superuser that needs no password.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = as_owner(self.binaries.join("pg_ctl")).and_then(|mut pg_ctl| {
            command::quietly(pg_ctl.args(["stop", "--mode=fast", "--silent", "-D"]).arg(&self.data))?
                .success()
        });
        if let Err(error) = stopped {
            eprintln!("PostgreSQL did not stop: {}", error::chain(&error));
        } else if let Err(error) = self.server.wait() {
            eprintln!("PostgreSQL left no exit status: {error}");
        }
        remove(&self.data);
    }
}

/// The folder of `initdb` and its companions: on PATH, or the newest where Debian keeps them.
pub(crate) fn binaries() -> Option<PathBuf> {
    let on_path = command::find("initdb")
        .and_then(|program| fs::canonicalize(program).ok()?.parent().map(Path::to_path_buf));
    on_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        versions
            .filter_map(|version| Some(version.ok()?.path().join("bin")))
            .filter(|folder| folder.join("initdb").is_file())
            .max()
    })
}

fn initialise(binaries: &Path, data: &Path) -> Result<(), XtaskError> {
    let initdb = command::quietly(
        as_owner(binaries.join("initdb"))?
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(data),
    )?;
    if initdb.status.success() { Ok(()) } else { Err(XtaskError::Postgres { reason: initdb.stdout }) }
}

/// Starts the server as a child, so that Ctrl-C reaches it too, and waits until it says that it is ready.
fn serve(binaries: &Path, data: &Path) -> Result<(Child, u16), XtaskError> {
    let failed = |reason: String| XtaskError::Postgres { reason };
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| failed(format!("no free port on loopback: {error}")))?
        .port();
    let mut server = as_owner(binaries.join("postgres"))?
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""])
        // Thrown away after the run: no need to reach the disk. Tests open many pools at once.
        .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=500"])
        .env("LC_ALL", "C")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let log = server.stderr.take().ok_or_else(|| failed("it has no log".to_owned()))?;
    let (ready, is_ready) = mpsc::channel();
    // Lives as long as the server, which must never wait for someone to read its log.
    thread::spawn(move || {
        let mut said = Vec::new();
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if line.contains("ready to accept connections") {
                let _ = ready.send(Ok(()));
            }
            said.push(line);
        }
        let _ = ready.send(Err(said.join("\n")));
    });
    match is_ready.recv_timeout(Duration::from_mins(1)) {
        Ok(Ok(())) => Ok((server, port)),
        Ok(Err(log)) => Err(failed(log)),
        Err(_) => {
            let _ = server.kill();
            Err(failed("it was not ready within a minute".to_owned()))
        }
    }
}

/// A command run by the owner of the cluster: PostgreSQL refuses to run as root, so there it is the packaged user.
/// The signal of death stops a server whose test run was killed.
fn as_owner(program: impl AsRef<Path>) -> Result<Command, XtaskError> {
    let program = program.as_ref();
    let root = command::capture(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(env::temp_dir());
    Ok(command)
}

fn remove(data: &Path) {
    if let Err(error) = fs::remove_dir_all(data) {
        eprintln!("{} is left behind: {error}", data.display());
    }
}
