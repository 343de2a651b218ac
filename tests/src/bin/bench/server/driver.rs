//! Requests over connections that stay open, as many at a time as there are connections. Requests are whole before the
//! first is sent: on a machine that the server shares, making them is the client's own work and not the server's.

use std::{cell::RefCell, net::SocketAddr, time::Duration};

use futures_util::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request, StatusCode, body::Bytes, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    error::BenchError,
    timing::{Samples, Stopwatch},
};

/// A request that is ready to be sent.
pub(crate) type Whole = Request<Full<Bytes>>;

/// What came of many requests.
pub(crate) struct Load {
    /// From sending a request to having read its answer.
    pub(crate) latencies: Samples,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
}

impl Load {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.count()).unwrap_or(u32::MAX)) / self.elapsed.as_secs_f64()
    }
}

/// One connection.
pub(crate) struct Connection(SendRequest<Full<Bytes>>);

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // When it ends, the next request says so.
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    pub(crate) async fn send(&mut self, request: Whole) -> Result<Answer, BenchError> {
        self.0.ready().await?;
        let (head, body) = self.0.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

impl Answer {
    /// Goes on only with the status that was asked for.
    pub(crate) fn expect(self, status: StatusCode) -> Result<Self, BenchError> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(BenchError::surprise(format!("the server answered {} and not {status}: {body}", self.status)))
    }
}

/// A request with this body, or with none.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Whole, BenchError> {
    let mut builder = Request::builder().method(method).uri(path).header("host", "localhost");
    if !body.is_empty() {
        builder = builder.header("content-type", "application/json");
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(Full::from(body))?)
}

/// Sends all requests. Each must be answered by 200.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    requests: Vec<Whole>,
) -> Result<Load, BenchError> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let watch = Stopwatch::default();
    let latencies = RefCell::new(Vec::with_capacity(requests.len()));
    let waiting = RefCell::new(requests.into_iter());
    let next = || waiting.borrow_mut().next();
    let start = watch.read();
    let work = open.into_iter().map(|mut connection| {
        let (next, watch, latencies) = (&next, &watch, &latencies);
        async move {
            while let Some(request) = next() {
                let sent = watch.read();
                connection.send(request).await?.expect(StatusCode::OK)?;
                latencies.borrow_mut().push(watch.since(sent));
            }
            Ok::<_, BenchError>(())
        }
    });
    try_join_all(work).await?;
    Ok(Load { elapsed: watch.since(start), latencies: latencies.into_inner().into() })
}
