//! The [`Http`] port on reqwest and rustls (ring): TLS 1.2 and 1.3, the platform's trust, pins, HTTP/2, the system's
//! proxy. Redirects are not followed and cookies not kept.

mod verifier;

use std::{collections::BTreeMap, error::Error as StdError, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use rustls::{CertificateError, pki_types::CertificateDer};

use self::verifier::PinnedVerifier;
use super::PinSet;
use crate::ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream, Method};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The network as the operating system gives it.
///
/// One is enough for all servers: pins are kept by host.
///
/// On Android certificates are judged by Java code. The app includes the Kotlin component of
/// `rustls-platform-verifier`, and calls that crate's `android::init_with_env` once before the first request, which
/// panics otherwise.
#[derive(Debug, Clone)]
pub struct ReqwestHttp {
    client: reqwest::Client,
}

/// How to reach servers and whom to believe. The default trusts what the platform trusts and pins nothing.
#[derive(Debug, Clone, Default)]
pub struct HttpConfig {
    roots: Vec<CertificateDer<'static>>,
    pins: BTreeMap<String, PinSet>,
    without_proxy: bool,
}

impl HttpConfig {
    /// Also trusts this root certificate (DER), such as that of a company or a test bench.
    ///
    /// Not on Android, where [`ReqwestHttp::new`] refuses it. What is installed on the device, by its owner or
    /// company, is trusted there without it.
    #[must_use]
    pub fn root_certificate(mut self, der: Vec<u8>) -> Self {
        self.roots.push(der.into());
        self
    }

    /// Believes this host only with one of these keys, whoever signed its certificate. Pins are of the server's own
    /// key: what else it presents is not bound to the connection.
    #[must_use]
    pub fn pin(mut self, host: &str, pins: PinSet) -> Self {
        self.pins.insert(host.to_ascii_lowercase(), pins);
        self
    }

    /// Goes to servers directly, whatever the system's proxy settings are.
    #[must_use]
    pub fn without_proxy(mut self) -> Self {
        self.without_proxy = true;
        self
    }
}

impl ReqwestHttp {
    /// A network with the given settings. Nothing is sent; the platform's root certificates are read when they are
    /// first needed.
    ///
    /// # Errors
    /// [`HttpError::Untrusted`] when a root certificate cannot be read or, on Android, is given at all, or when TLS
    /// cannot be set up.
    #[expect(clippy::disallowed_methods, reason = "the one home of the HTTP client")]
    pub fn new(config: HttpConfig) -> Result<Self, HttpError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = PinnedVerifier::new(Arc::clone(&provider), config.roots, config.pins)?;
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| HttpError::Untrusted { reason: error.to_string() })?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT);
        if config.without_proxy {
            client = client.no_proxy();
        }
        let client =
            client.build().map_err(|error| HttpError::Untrusted { reason: innermost(&error).to_string() })?;
        Ok(Self { client })
    }

    fn request(&self, request: HttpRequest) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, request.url);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        match request.body {
            Some(body) => builder.body(body),
            None => builder,
        }
    }
}

#[async_trait]
impl Http for ReqwestHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (limit, timeout) = (request.longest_answer, request.timeout);
        let mut response =
            self.request(request).timeout(timeout).send().await.map_err(|error| classify(&error))?;
        let (status, headers) = head(&response);
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(HttpError::TooLong { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body: body.freeze() })
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        let timeout = request.timeout;
        let head_arrived = tokio::time::timeout(timeout, self.request(request).send()).await;
        let response = head_arrived.map_err(|_| HttpError::TimedOut)?.map_err(|error| classify(&error))?;
        let (status, headers) = head(&response);
        let body = response.bytes_stream().map(|chunk: Result<Bytes, _>| chunk.map_err(|e| classify(&e)));
        Ok(HttpStream { status, headers, body: body.boxed() })
    }
}

/// Status and headers. Header values that are not ASCII are left out: none that is read here has them.
fn head(response: &reqwest::Response) -> (u16, Vec<(String, String)>) {
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
    };
    (response.status().as_u16(), response.headers().iter().filter_map(text).collect())
}

/// What a failure means. The reason is that of the innermost cause: the outer ones only say that sending failed.
fn classify(error: &reqwest::Error) -> HttpError {
    // Certificate, name, pin, version, or a peer that does not speak TLS at all.
    if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return HttpError::Untrusted { reason: tls_reason(tls) };
    }
    let reason = innermost(error).to_string();
    if error.is_connect() || error.is_builder() {
        return HttpError::Unreachable { reason };
    }
    if error.is_timeout() {
        return HttpError::TimedOut;
    }
    HttpError::Interrupted { reason }
}

fn tls_reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(ours)) => ours.to_string(),
        error => error.to_string(),
    }
}

fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    causes(error).last().unwrap_or(error)
}

/// The error and its causes, outermost first. An I/O error hides its content: it gives the content's cause as its
/// own.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(content) => Some(content),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests;
