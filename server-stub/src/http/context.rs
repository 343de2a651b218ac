//! What every request has: its world, its body, its caller's address, its correlation id.
//!
//! A request runs in a span with its correlation id, realm, method and route, so that whatever is logged on its behalf
//! can be found by the id that its caller was told. The span has the level of errors: it is there whenever anything is
//! logged. It never has a query, a header or a body, nor the path as it was sent, as any of them may hold a secret.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use countersign_protocol::{ProblemCode, fields::CorrelationId, headers};
use tracing::{Instrument as _, Span, field};

use super::rejection::{Rejection, write_problem};
use crate::{
    domain::{
        answer::{Stop, refuse},
        events::Source,
    },
    realms::Realms,
    world::World,
};

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
/// How much of a user agent is kept, in characters.
const LONGEST_USER_AGENT: usize = 256;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What every request has. Extractors read it; it is made once.
#[derive(Clone)]
pub struct Context {
    /// The realm.
    pub world: Arc<World>,
    /// The method.
    pub method: Method,
    /// The path below the realm's address.
    pub path: String,
    /// The whole body.
    pub body: Bytes,
    /// The address of the peer.
    pub address: String,
    /// Ties traces together.
    pub correlation_id: CorrelationId,
}

/// The world of a request, for handlers.
pub struct InWorld(pub Arc<World>);

impl Context {
    pub(super) fn of(parts: &Parts) -> Result<&Self, Stop> {
        parts.extensions.get().ok_or_else(|| {
            Stop::Fault(crate::domain::answer::Fault::Stored("a request without its context".to_owned()))
        })
    }
}

impl<S: Sync> FromRequestParts<S> for InWorld {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        Ok(Self(Arc::clone(&Context::of(parts)?.world)))
    }
}

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let context = Context::of(parts)?;
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address: context.address.clone(),
            user_agent: user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()),
            correlation_id: context.correlation_id.clone(),
        })
    }
}

/// The layer around all routes.
pub async fn layer(State(realms): State<Realms>, request: Request, next: Next) -> Response {
    let correlation_id = correlation_id(&request, &realms);
    let span = span(&request, &correlation_id);
    answer(&realms, request, next, correlation_id).instrument(span).await
}

fn span(request: &Request, correlation_id: &CorrelationId) -> Span {
    tracing::error_span!(
        "request",
        correlation_id = correlation_id.as_str(),
        realm = field::Empty,
        method = request.method().as_str(),
        route = request.extensions().get().map(MatchedPath::as_str),
    )
}

async fn answer(realms: &Realms, request: Request, next: Next, correlation_id: CorrelationId) -> Response {
    let response = match prepare(realms, request, correlation_id.clone()).await {
        Ok((request, world)) => {
            let proven = request.headers().contains_key(headers::DPOP);
            let mut response = next.run(request).await;
            if proven {
                add(&mut response, headers::DPOP_NONCE, &world.nonces.current(world.now()));
            }
            add(&mut response, headers::SERVER_TIME, &world.now().as_millis().to_string());
            response
        }
        Err(stop) => Rejection::from(stop).into_response(),
    };
    let mut response = write_problem(response, &correlation_id);
    add(&mut response, headers::CORRELATION_ID, correlation_id.as_str());
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What answers where there is no route.
pub async fn not_found() -> Rejection {
    refuse(ProblemCode::NotFound, "There is no such route. The list is at /openapi.json.").into()
}

/// What answers where a route does not take the method.
pub fn method_not_allowed() -> Rejection {
    refuse(ProblemCode::MethodNotAllowed, "This route takes other methods; see the Allow header.").into()
}

async fn prepare(
    realms: &Realms,
    request: Request,
    correlation_id: CorrelationId,
) -> Result<(Request, Arc<World>), Stop> {
    let (mut parts, body) = request.into_parts();
    let world = realms.of_request(&parts).await?;
    Span::current().record("realm", world.realm.as_str());
    let body = read_body(body).await?;
    let address = address(realms, &parts)?;
    let context = Context {
        world: Arc::clone(&world),
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        body,
        address,
        correlation_id,
    };
    parts.extensions.insert(context);
    Ok((Request::from_parts(parts, Body::empty()), world))
}

/// The peer's address; a test may say that it is another, where there is a control plane.
fn address(realms: &Realms, parts: &Parts) -> Result<String, Stop> {
    let told = parts.headers.get(headers::STUB_CLIENT_IP).filter(|_| realms.stub_bearer().is_some());
    if let Some(told) = told {
        let told: Option<IpAddr> = told.to_str().ok().and_then(|text| text.parse().ok());
        let told = told.ok_or_else(|| {
            refuse(ProblemCode::InvalidRequest, "The header X-Stub-Client-Ip is not an IP address.")
        })?;
        return Ok(told.to_canonical().to_string());
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([127, 0, 0, 1]), |ConnectInfo(peer)| peer.ip());
    Ok(peer.to_canonical().to_string())
}

async fn read_body(body: Body) -> Result<Bytes, Stop> {
    match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(refuse(ProblemCode::PayloadTooLarge, "Send at most 64 KiB, whole.")),
        Err(_) => {
            Err(refuse(ProblemCode::Timeout, "The body did not arrive within ten seconds. Send it again."))
        }
    }
}

fn correlation_id(request: &Request, realms: &Realms) -> CorrelationId {
    let sent = request.headers().get(headers::CORRELATION_ID).and_then(|value| value.to_str().ok());
    sent.and_then(|text| text.parse().ok()).unwrap_or_else(|| realms.new_correlation_id())
}

fn add(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// A panic in a handler: a defect, told as such, without its text.
pub fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    let problem = countersign_protocol::Problem::new(
        ProblemCode::Internal,
        "The server met a defect. Report the correlation id.",
    );
    response.extensions_mut().insert(problem);
    response
}
