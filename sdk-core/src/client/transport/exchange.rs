//! One exchange with the server: prepared once, attempted until there is an answer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use countersign_protocol::{
    ProblemCode, Timestamp,
    fields::{CorrelationId, ServerUrl},
    headers,
};
use futures_util::{StreamExt as _, stream::BoxStream};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Auth, Call, answer, backoff, error::TransportError, offset, offset::Offset, random_name};
use crate::{
    client::LOG_TARGET,
    crypto::dpop::{self, DpopRequest},
    lock::locked,
    ports::{self, HttpError, HttpRequest, HttpResponse, HttpStream, Level, Method, Ports},
};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How long the head of a stream may take: whoever opens one can do without it, and has better to do than wait.
const STREAM_TIMEOUT: Duration = Duration::from_secs(10);

const USER_AGENT: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));

/// What is known of the server, and how it is reached.
pub(super) struct Exchange {
    pub(super) server: ServerUrl,
    pub(super) timeout: Duration,
    pub(super) ports: Ports,
    /// The latest nonce for DPoP proofs.
    pub(super) nonce: Mutex<Option<String>>,
    pub(super) offset: Mutex<Option<Offset>>,
}

/// A call with all that its attempts share.
pub(super) struct Prepared<'a> {
    pub(super) correlation_id: CorrelationId,
    method: Method,
    path: &'a str,
    url: String,
    body: Option<Bytes>,
    auth: Auth<'a>,
    headers: Vec<(&'static str, String)>,
    repeatable: bool,
}

impl Exchange {
    pub(super) fn prepare<'a, B>(&self, call: Call<'a, B>) -> Result<Prepared<'a>, TransportError>
    where
        B: Serialize + ?Sized,
    {
        let correlation_id: CorrelationId = random_name(&*self.ports.random)?.parse()?;
        let mut headers = vec![
            ("user-agent", USER_AGENT.to_owned()),
            (headers::CORRELATION_ID, correlation_id.to_string()),
        ];
        let body = match call.body {
            Some(body) => {
                headers.push(("content-type", "application/json".to_owned()));
                let json = serde_json::to_vec(body).map_err(TransportError::Body)?;
                // Bodies hold passwords and codes: wiped when the last attempt is done with them.
                Some(Bytes::from_owner(Zeroizing::new(json)))
            }
            None => None,
        };
        if let Some(key) = call.idempotency {
            headers.push((headers::IDEMPOTENCY_KEY, key.to_string()));
        }
        if let Some((name, value)) = call.header {
            headers.push((name, value.to_owned()));
        }
        if let Some(token) = call.auth.access_token() {
            headers.push(("authorization", format!("DPoP {token}")));
        }
        Ok(Prepared {
            correlation_id,
            method: call.method,
            path: call.path,
            url: format!("{}{}", self.server, call.path),
            body,
            auth: call.auth,
            headers,
            repeatable: call.repeatable(),
        })
    }

    /// The successful answer, after as many attempts as it takes and is safe.
    pub(super) async fn repeated(&self, request: &Prepared<'_>) -> Result<HttpResponse, TransportError> {
        let mut retries = 0;
        loop {
            let error = match self.with_nonce(request).await {
                Ok(response) => return Ok(response),
                Err(error) if !request.repeatable => return Err(error),
                Err(error) => error,
            };
            let Some(pause) = backoff::pause(&error, retries, &*self.ports.random)? else {
                return Err(error);
            };
            retries += 1;
            self.log(Level::Debug, &format!("{} {}: {error}; again", request.method.as_str(), request.path));
            self.ports.clock.sleep(pause).await;
        }
    }

    /// One attempt, made again where the server wants its nonce in the proof (RFC 9449 section 8). Nothing has
    /// happened then, so this is safe for every call.
    async fn with_nonce(&self, request: &Prepared<'_>) -> Result<HttpResponse, TransportError> {
        match self.once(request).await {
            Err(error) if wants_nonce(&error) && request.auth.key().is_some() => self.once(request).await,
            outcome => outcome,
        }
    }

    async fn once(&self, request: &Prepared<'_>) -> Result<HttpResponse, TransportError> {
        let sent = self.ports.clock.now();
        let call = self.signed(request, "application/json", self.timeout).await?;
        let response = self.ports.http.send(call).await?;
        self.learn(&response.headers, sent);
        self.log_answer(request, response.status);
        if response.body.len() > LONGEST_ANSWER {
            // A host's own network may not have counted.
            return Err(HttpError::TooLong { limit: LONGEST_ANSWER }.into());
        }
        answer::succeeded(response)
    }

    /// The head of a stream of events.
    pub(super) async fn opened(&self, request: &Prepared<'_>) -> Result<HttpStream, TransportError> {
        match self.open_once(request).await {
            Err(error) if wants_nonce(&error) && request.auth.key().is_some() => {
                self.open_once(request).await
            }
            outcome => outcome,
        }
    }

    async fn open_once(&self, request: &Prepared<'_>) -> Result<HttpStream, TransportError> {
        let sent = self.ports.clock.now();
        let call = self.signed(request, "text/event-stream", self.timeout.min(STREAM_TIMEOUT)).await?;
        let stream = self.ports.http.stream(call).await?;
        self.learn(&stream.headers, sent);
        self.log_answer(request, stream.status);
        if stream.status == 200 {
            answer::expect_events(&stream)?;
            return Ok(stream);
        }
        let HttpStream { status, headers, body } = stream;
        let refusal = HttpResponse { status, headers, body: read_all(body).await? };
        answer::succeeded(refusal)?;
        Err(TransportError::Unexpected(format!("status {status} instead of events")))
    }

    /// The request with a fresh proof. Signing may ask hardware, so it happens on a blocking thread.
    async fn signed(
        &self,
        request: &Prepared<'_>,
        accept: &'static str,
        timeout: Duration,
    ) -> Result<HttpRequest, TransportError> {
        let mut headers = request.headers.clone();
        headers.push(("accept", accept.to_owned()));
        if let Some(key) = request.auth.key() {
            headers.push((headers::DPOP, self.proof(request, key.to_owned()).await?));
        }
        Ok(HttpRequest {
            method: request.method,
            url: request.url.clone(),
            headers,
            body: request.body.clone(),
            timeout,
            longest_answer: LONGEST_ANSWER,
        })
    }

    async fn proof(&self, request: &Prepared<'_>, key: String) -> Result<String, TransportError> {
        let (signer, random) = (Arc::clone(&self.ports.signer), Arc::clone(&self.ports.random));
        let (method, url, body) = (request.method, request.url.clone(), request.body.clone());
        let access_token = request.auth.access_token().map(|token| Zeroizing::new(token.to_owned()));
        let nonce = locked(&self.nonce).clone();
        let now = self.server_time();
        ports::blocking(
            || TransportError::ShutDown,
            move || {
                let request = DpopRequest {
                    method: method.as_str(),
                    url: &url,
                    nonce: nonce.as_deref(),
                    access_token: access_token.as_ref().map(|token| token.as_str()),
                    body: body.as_deref(),
                    now,
                };
                Ok(dpop::proof(&*signer, &key, &*random, &request)?)
            },
        )
        .await
    }

    pub(super) fn server_time(&self) -> Timestamp {
        let device = self.ports.clock.now();
        self.offset().map_or(device, |offset| offset.apply(device))
    }

    pub(super) fn offset(&self) -> Option<Offset> {
        *locked(&self.offset)
    }

    /// Keeps what every answer tells beside its body: the next nonce, and the server's time.
    fn learn(&self, headers: &[(String, String)], sent: Timestamp) {
        let header = |name| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if let Some(nonce) = header(headers::DPOP_NONCE) {
            *locked(&self.nonce) = Some(nonce.to_owned());
        }
        let measured =
            header(headers::SERVER_TIME).and_then(|time| Offset::measure(time, sent, self.ports.clock.now()));
        let Some(measured) = measured else { return };
        let mut offset = locked(&self.offset);
        let known = offset.map_or(Duration::ZERO, Offset::size);
        let narrowed = offset.map_or(measured, |known| known.narrowed(measured));
        *offset = Some(narrowed);
        if known <= offset::LARGEST && narrowed.size() > offset::LARGEST {
            self.log(Level::Warning, "the clocks of device and server are more than ten minutes apart");
        }
    }

    fn log_answer(&self, request: &Prepared<'_>, status: u16) {
        let Prepared { method, path, correlation_id, .. } = request;
        self.log(Level::Debug, &format!("{} {path}: {status} ({correlation_id})", method.as_str()));
    }

    fn log(&self, level: Level, line: &str) {
        self.ports.log.log(level, LOG_TARGET, line);
    }
}

fn wants_nonce(error: &TransportError) -> bool {
    matches!(error, TransportError::Problem(problem) if problem.code == ProblemCode::UseDpopNonce)
}

async fn read_all(mut body: BoxStream<'static, Result<Bytes, HttpError>>) -> Result<Bytes, HttpError> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk?);
        if whole.len() > LONGEST_ANSWER {
            return Err(HttpError::TooLong { limit: LONGEST_ANSWER });
        }
    }
    Ok(whole.freeze())
}
