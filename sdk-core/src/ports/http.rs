use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

/// The network: one request, one answer. Redirects are not followed and cookies not kept.
///
/// The default is `countersign::client::ReqwestHttp`; hosts may bring their own.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends the request and reads the whole answer, at most `request.longest_answer` bytes.
    ///
    /// # Errors
    /// [`HttpError`] where no whole answer arrived. An answer with an error status is an answer.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;

    /// Sends the request and gives the body as it arrives; `request.timeout` covers the head only.
    ///
    /// # Errors
    /// As [`Http::send`].
    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError>;
}

/// The HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Do.
    Post,
    /// Remove.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// Names in lower case. Values may be secrets; do not log them.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON where there is one.
    pub body: Option<Bytes>,
    /// How long the answer may take.
    pub timeout: Duration,
    /// The longest body to read, in bytes.
    pub longest_answer: usize,
}

/// A whole answer. Headers and body may hold secrets: `Debug` shows neither.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpResponse({}, {} bytes)", self.status, self.body.len())
    }
}

impl HttpResponse {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// An answer whose body arrives over time. Dropping it closes the connection.
pub struct HttpStream {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: BoxStream<'static, Result<Bytes, HttpError>>,
}

impl HttpStream {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// No whole answer arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The answer is longer than asked for.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
}
