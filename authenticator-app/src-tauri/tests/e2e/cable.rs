//! The network between the program and the server: a proxy that holds answers back.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign::protocol::fields::ServerUrl;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};

use crate::browser::PATIENCE;

/// Carries everything until it is told to [hold](Cable::hold) something back.
pub(crate) struct Cable {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    /// The path of the request whose answer does not arrive.
    path: Mutex<Option<&'static str>>,
    held: Notify,
}

impl Cable {
    pub(crate) async fn to(server: &ServerUrl) -> Self {
        let server = server.to_string().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let shared = Arc::new(Shared { server, path: Mutex::default(), held: Notify::new() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let carrying = shared.clone();
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                let shared = carrying.clone();
                tokio::spawn(async move { Box::pin(shared.carry(program)).await });
            }
        });
        Self { port, shared }
    }

    /// What the program's environment says about it. The webview, which the driver talks to, is told nothing.
    pub(crate) fn settings(&self) -> [String; 2] {
        ["GIO_USE_PROXY_RESOLVER=dummy".to_owned(), format!("http_proxy=http://127.0.0.1:{}", self.port)]
    }

    /// The server acts on the next request for this path, and its answer does not arrive.
    pub(crate) fn hold(&self, path: &'static str) {
        *self.shared.path.lock().unwrap() = Some(path);
    }

    /// The server has acted.
    pub(crate) async fn held(&self) {
        let held = timeout(Duration::from_millis(PATIENCE), self.shared.held.notified()).await;
        held.expect("the program asked, and the server answered");
    }
}

impl Shared {
    /// Until either side hangs up.
    async fn carry(&self, mut program: TcpStream) {
        let mut server = TcpStream::connect(&self.server).await.unwrap();
        let (mut asked, mut answered) = ([0; 16 * 1024], [0; 16 * 1024]);
        let mut last = Vec::new();
        loop {
            tokio::select! {
                read = program.read(&mut asked) => match read {
                    Ok(length) if length > 0 => {
                        last = asked[..length].to_vec();
                        server.write_all(&last).await.unwrap();
                    }
                    _ => return,
                },
                read = server.read(&mut answered) => match read {
                    Ok(length) if length > 0 => {
                        let answer = &answered[..length];
                        if answer.starts_with(b"HTTP/1.1 2") && self.holds(&last) {
                            self.held.notify_one();
                            // The program may hang up, or be killed.
                            let _ = program.read(&mut asked).await;
                            return;
                        }
                        if program.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                },
            }
        }
    }

    /// Whether this is the request whose answer does not arrive: the head of one comes in one piece.
    fn holds(&self, request: &[u8]) -> bool {
        let head = String::from_utf8_lossy(request);
        let line = head.lines().next().unwrap_or_default();
        self.path.lock().unwrap().take_if(|path| line.contains(*path)).is_some()
    }
}
