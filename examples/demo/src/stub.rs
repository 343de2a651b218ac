use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use countersign::{
    ports::{Http, HttpRequest, HttpResponse, Method},
    protocol::{
        Secret,
        fields::{Email, ServerUrl},
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::error::DemoError;

/// A server of our own, and its control plane: what a test has in place of a mailbox and of patience.
pub(crate) struct Stub {
    process: Child,
    ready: Ready,
    http: Arc<dyn Http>,
}

/// The line that the server prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: ServerUrl,
    stub_bearer: Secret<String>,
}

/// A message that the server would have sent.
#[derive(Deserialize)]
pub(crate) struct Mail {
    pub(crate) subject: String,
    pub(crate) links: Vec<String>,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Mail>,
}

impl Stub {
    /// Starts the program on a free port, everything in memory, and waits until it is ready.
    pub(crate) async fn start(program: &Path, http: Arc<dyn Http>) -> Result<Self, DemoError> {
        let mut process = Command::new(program)
            .args(["--port", "0", "--bind", "127.0.0.1", "--database", "memory", "--ready-json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| not_started(program, &error))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line).await;
            read.map_err(|error| not_started(program, &error))?;
        }
        let ready = serde_json::from_str(&line)
            .map_err(|_| not_started(program, &"it did not say that it is ready"))?;
        Ok(Self { process, ready, http })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &ServerUrl {
        &self.ready.url
    }

    /// The mails to this address, oldest first. Waits for the first.
    pub(crate) async fn mails(&self, to: &Email) -> Result<Vec<Mail>, DemoError> {
        let path = format!("/_stub/outbox?channel=email&to={to}&wait=5s");
        let Messages { messages } = self.call(Method::Get, &path, None).await?;
        Ok(messages)
    }

    /// Moves the server's clock forward, so that nobody has to wait.
    pub(crate) async fn advance_clock(&self, by: Duration) -> Result<(), DemoError> {
        let body = serde_json::json!({"seconds": by.as_secs()});
        let _: serde_json::Value = self.call(Method::Post, "/_stub/clock/advance", Some(body)).await?;
        Ok(())
    }

    /// Ends the server.
    pub(crate) async fn stop(mut self) -> Result<(), DemoError> {
        self.process
            .kill()
            .await
            .map_err(|error| DemoError::Server(format!("the server does not end: {error}")))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<T, DemoError> {
        let request = HttpRequest {
            method,
            url: format!("{}{path}", self.ready.url),
            headers: vec![
                // EXPOSE: whoever starts the server drives its control plane.
                ("authorization", format!("Bearer {}", self.ready.stub_bearer.expose())),
                ("content-type", "application/json".to_owned()),
            ],
            body: body.map(|body| body.to_string().into()),
            timeout: Duration::from_secs(10),
            longest_answer: 1024 * 1024,
        };
        let HttpResponse { status, body, .. } = self.http.send(request).await?;
        let unusable = |reason: String| DemoError::surprise(format!("{} {path}: {reason}", method.as_str()));
        if status != 200 {
            return Err(unusable(format!("status {status}, {}", String::from_utf8_lossy(&body))));
        }
        serde_json::from_slice(&body).map_err(|error| unusable(error.to_string()))
    }
}

fn not_started(program: &Path, reason: &dyn std::fmt::Display) -> DemoError {
    let program = program.display();
    DemoError::Server(format!("{program} did not start: {reason}; `cargo xtask demo` builds the right one"))
}
