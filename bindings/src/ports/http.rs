use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use countersign::ports::{self, HttpStream, blocking};
use uniffi::UnexpectedUniFFICallbackError;

/// The network, for apps that bring their own: one request, one answer. Do not follow redirects, keep no cookies.
///
/// Called from a thread that may block. Answers that arrive over time are not part of it, so a waiting login and an
/// inbox ask every few seconds instead of being told.
#[uniffi::export(foreign)]
pub trait Http: Send + Sync {
    /// Sends the request and reads the whole answer. An answer with an error status is an answer.
    fn send(&self, request: Arc<HttpRequest>) -> Result<HttpResponse, HttpError>;
}

/// A request. It holds secrets, so it is an object that no log shows.
#[derive(uniffi::Object)]
pub struct HttpRequest(ports::HttpRequest);

#[uniffi::export]
impl HttpRequest {
    /// `GET`, `POST` or `DELETE`.
    pub fn method(&self) -> String {
        self.0.method.as_str().to_owned()
    }

    /// Absolute URL.
    pub fn url(&self) -> String {
        self.0.url.clone()
    }

    /// All headers. Values may be secrets; do not log them.
    pub fn headers(&self) -> Vec<HttpHeader> {
        let headers = self.0.headers.iter();
        headers.map(|(name, value)| HttpHeader { name: (*name).to_owned(), value: value.clone() }).collect()
    }

    /// The body, JSON where there is one. It may hold secrets.
    pub fn body(&self) -> Option<Vec<u8>> {
        self.0.body.as_deref().map(<[u8]>::to_vec)
    }

    /// How long the answer may take.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// The longest body to read, in bytes.
    pub fn longest_answer(&self) -> u64 {
        u64::try_from(self.0.longest_answer).unwrap_or(u64::MAX)
    }
}

/// A whole answer.
#[derive(Clone, uniffi::Record)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: Vec<u8>,
}

/// One header.
#[derive(Clone, uniffi::Record)]
pub struct HttpHeader {
    /// Its name; letter case does not matter.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// No whole answer arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HttpError {
    /// No connection: offline, no such host, refused. The server did not see the request.
    #[error("the server cannot be reached: {reason}")]
    Unreachable {
        /// What the network said.
        reason: String,
    },
    /// The connection broke after the request was on its way. The server may have acted on it.
    #[error("the connection broke: {reason}")]
    Interrupted {
        /// What the network said.
        reason: String,
    },
    /// No answer in time. The server may have acted on the request.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The certificate is not trusted, or none of its keys is pinned.
    #[error("the server's certificate is not trusted: {reason}")]
    Untrusted {
        /// What is wrong with it.
        reason: String,
    },
}

impl From<UnexpectedUniFFICallbackError> for HttpError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Interrupted { reason: error.reason }
    }
}

impl From<HttpError> for ports::HttpError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable { reason } => Self::Unreachable { reason },
            HttpError::Interrupted { reason } => Self::Interrupted { reason },
            HttpError::TimedOut => Self::TimedOut,
            HttpError::Untrusted { reason } => Self::Untrusted { reason },
        }
    }
}

/// The host's network as the core's port.
pub(super) struct HostHttp(pub(super) Arc<dyn Http>);

#[async_trait]
impl ports::Http for HostHttp {
    async fn send(&self, request: ports::HttpRequest) -> Result<ports::HttpResponse, ports::HttpError> {
        let host = self.0.clone();
        let shut_down = || ports::HttpError::Interrupted { reason: "the app is shutting down".to_owned() };
        blocking(shut_down, move || Ok(host.send(Arc::new(HttpRequest(request)))?.into())).await
    }

    async fn stream(&self, _: ports::HttpRequest) -> Result<HttpStream, ports::HttpError> {
        Err(ports::HttpError::Unreachable { reason: "the app's network has no streams".to_owned() })
    }
}

impl From<HttpResponse> for ports::HttpResponse {
    fn from(response: HttpResponse) -> Self {
        let headers = response.headers.into_iter();
        Self {
            status: response.status,
            headers: headers.map(|header| (header.name.to_ascii_lowercase(), header.value)).collect(),
            body: response.body.into(),
        }
    }
}
