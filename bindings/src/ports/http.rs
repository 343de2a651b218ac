use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use countersign::ports::{self, HttpStream, Method, blocking};
use uniffi::UnexpectedUniFFICallbackError;

/// The network, for apps that bring their own: one request, one answer. Do not follow redirects, keep no cookies.
///
/// Called from a thread that may block. Answers that arrive over time are not part of it, so a waiting login and an
/// inbox ask every few seconds instead of being told.
#[uniffi::export(foreign)]
pub trait Http: Send + Sync {
    /// Sends the request and reads the whole answer. An answer with an error status is an answer.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// A request.
#[derive(Clone, uniffi::Record)]
pub struct HttpRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Values may be secrets; do not log them.
    pub headers: Vec<HttpHeader>,
    /// The body, JSON where there is one.
    pub body: Option<Vec<u8>>,
    /// How long the answer may take.
    pub timeout: Duration,
    /// The longest body to read, in bytes.
    pub longest_answer: u64,
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
        blocking(shut_down, move || Ok(host.send(request.into())?.into())).await
    }

    async fn stream(&self, _: ports::HttpRequest) -> Result<HttpStream, ports::HttpError> {
        Err(ports::HttpError::Unreachable { reason: "the app's network has no streams".to_owned() })
    }
}

impl From<ports::HttpRequest> for HttpRequest {
    fn from(request: ports::HttpRequest) -> Self {
        let headers = request.headers.into_iter();
        Self {
            method: Method::as_str(request.method).to_owned(),
            url: request.url,
            headers: headers.map(|(name, value)| HttpHeader { name: name.to_owned(), value }).collect(),
            body: request.body.map(Into::into),
            timeout: request.timeout,
            longest_answer: u64::try_from(request.longest_answer).unwrap_or(u64::MAX),
        }
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
