//! Starting and stopping.

use std::{net::SocketAddr, time::Duration};

use axum::{Extension, Router, body::Body, extract::ConnectInfo, http::Request, middleware};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    config::Config,
    domain::answer::Fault,
    http::{
        context,
        openapi::{self, Document},
        routes,
    },
    realms::{Realms, take_prefix},
};

/// How long a stopping server waits for what is under way.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// Between two attempts to accept connections when the system has no room for more.
const NO_ROOM: Duration = Duration::from_millis(500);

/// A running server.
pub struct Server {
    address: SocketAddr,
    url: String,
    realms: Realms,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// The server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for a free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database could not be opened, or the keys in it not be read.
    #[error(transparent)]
    Open(#[from] Fault),
}

impl Server {
    /// Opens the database, listens, and serves until [`Server::stop`].
    ///
    /// # Errors
    /// [`StartError`] says what to change.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listen = config.listen;
        let error = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(error)?;
        let address = listener.local_addr().map_err(error)?;
        let url = config.public_url.clone().unwrap_or_else(|| format!("http://localhost:{}", address.port()));
        let header_time = config.header_time;
        let realms = Realms::open(config, url.clone()).await?;
        let (stop, stopped) = watch::channel(false);
        let connections = Connections { app: app(realms.clone()), header_time, stopped };
        let serving = tokio::spawn(connections.serve(listener));
        Ok(Self { address, url, realms, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The public address of the realm `default`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All realms, for tests in process.
    pub fn realms(&self) -> &Realms {
        &self.realms
    }

    /// Accepts nothing more, gives the requests under way two seconds, ends all connections and closes the stores.
    /// What was answered is durable.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "serving ended");
        }
        self.realms.close().await;
    }
}

/// Serves the connections of a listener. `axum::serve` would do, but for one thing: it lets a client take for ever
/// to send the head of a request.
#[derive(Clone)]
struct Connections {
    app: Router,
    header_time: Duration,
    stopped: watch::Receiver<bool>,
}

impl Connections {
    async fn serve(self, listener: TcpListener) {
        let mut stopped = self.stopped.clone();
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                () = told(&mut stopped) => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => drop(open.spawn(self.clone().serve_one(stream, peer))),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        #[expect(clippy::disallowed_methods, reason = "no event tells when there is room again")]
                        tokio::time::sleep(NO_ROOM).await;
                    }
                },
                Some(_) = open.join_next() => {}
            }
        }
        drop(listener);
        let all_ended = async { while open.join_next().await.is_some() {} };
        // Streams of events stay open for as long as their readers do; what is left is aborted with the set.
        let _ = tokio::time::timeout(LAST_REQUESTS, all_ended).await;
    }

    async fn serve_one(self, stream: TcpStream, peer: SocketAddr) {
        let Self { app, header_time, mut stopped } = self;
        // An event is small and follows the one before it: by default the second waits until the first is
        // acknowledged, which clients put off for 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, %peer, "small messages on a connection may be late");
        }
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = take_prefix(request.map(Body::new));
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = told(&mut stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }
}

/// Returns when the server is to stop, or is gone.
async fn told(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// The routes of a server, in their layers.
pub(crate) fn app(realms: Realms) -> Router {
    let table = routes::table(realms.stub_bearer().is_some());
    let document = Document::new(&table, realms.public_url(), realms.are_opened_by_name());
    in_layers(routes::router(table).layer(Extension(document)), realms)
}

/// Any routes, in the layers that all of a server have.
pub(crate) fn in_layers(routes: Router<Realms>, realms: Realms) -> Router {
    routes
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(middleware::from_fn_with_state(realms.clone(), context::layer))
        .with_state(realms)
}

/// The OpenAPI document of all routes, those of the control plane too if the build has one, on the default address.
pub fn openapi_document() -> serde_json::Value {
    openapi::document(&routes::table(true), "http://localhost:8440")
}

#[cfg(test)]
mod tests;
