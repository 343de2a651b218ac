use std::{fs, net::SocketAddr, path::Path, process::Stdio, time::Duration};

use countersign::protocol::{Secret, fields::ServerUrl};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{error::BenchError, processes};

/// A server of our own.
pub(crate) struct Stub {
    process: Child,
    ready: Ready,
}

/// The line that the server prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: ServerUrl,
    stub_bearer: Secret<String>,
}

/// Resident memory, in KiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl Stub {
    /// Starts the program on a free port, and waits until it is ready.
    pub(crate) async fn start(program: &Path, database: &Path) -> Result<Self, BenchError> {
        let mut process = Command::new(program)
            .args(["--port", "0", "--ready-json", "--database"])
            .arg(database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BenchError::file(program))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).await?;
        }
        let ready = serde_json::from_str(&line)
            .map_err(|_| BenchError::surprise("the server did not say that it is ready"))?;
        Ok(Self { process, ready })
    }

    pub(crate) fn url(&self) -> &ServerUrl {
        &self.ready.url
    }

    /// The value of `Authorization` for the control plane.
    pub(crate) fn bearer(&self) -> String {
        // EXPOSE: whoever starts the server drives its control plane.
        format!("Bearer {}", self.ready.stub_bearer.expose())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr, BenchError> {
        let port = self.url().as_str().rsplit(':').next().and_then(|port| port.parse().ok());
        let port: u16 = port.ok_or_else(|| BenchError::surprise("the server's address has no port"))?;
        Ok(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// What the system says of its memory; only Linux says it in this way.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().find_map(|word| word.parse().ok())
        };
        Some(Memory { now: kib("VmRSS:")?, peak: kib("VmHWM:")? })
    }

    /// Processor time that it has used, on all cores; only Linux says it in this way.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        processes::processor_time(self.process.id()?)
    }

    /// Ends the server.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        Ok(self.process.kill().await?)
    }
}
