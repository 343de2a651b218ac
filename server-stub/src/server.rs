//! Starting and stopping.

use std::net::SocketAddr;

use axum::{Router, ServiceExt, body::Body, http::Request, middleware};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower::{Layer as _, util::MapRequestLayer};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    config::Config,
    domain::answer::Fault,
    http::{context, openapi, routes},
    realms::{Realms, take_prefix},
};

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
        let stub = config.stub_bearer.is_some();
        let realms = Realms::open(config, url.clone()).await?;
        let service = MapRequestLayer::new(take_prefix).layer(app(realms.clone(), stub));
        let (stop, mut stopped) = watch::channel(false);
        let serving = tokio::spawn(async move {
            let make =
                ServiceExt::<Request<Body>>::into_make_service_with_connect_info::<SocketAddr>(service);
            let wait = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, make).with_graceful_shutdown(wait).await {
                tracing::error!(%error, "serving ended");
            }
        });
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

    /// Ends all connections and closes the stores. What was answered is durable.
    pub async fn stop(self) {
        // Streams of events stay open for as long as their readers do, so there is no waiting for them.
        let _ = self.stop.send(true);
        self.serving.abort();
        let _ = self.serving.await;
        self.realms.close().await;
    }

    /// Serves until the process is told to end.
    pub async fn run(self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "signals cannot be waited for");
        }
        self.stop().await;
    }
}

pub(crate) fn app(realms: Realms, stub: bool) -> Router {
    routes::router(routes::table(stub))
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(middleware::from_fn_with_state(realms.clone(), context::layer))
        .with_state(realms)
}

/// The OpenAPI document of all routes, as `/openapi.json` serves it on the default address.
pub fn openapi_document() -> serde_json::Value {
    openapi::document(&routes::table(true), "http://localhost:8440")
}
