//! Networks that do something to what they carry.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use countersign::ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream};
use countersign_protocol::headers;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

type Change = Box<dyn FnMut(&HttpRequest, Value) -> Value + Send>;

/// Carries everything, keeps what was asked, and may put other JSON into the answers.
pub struct Proxy {
    inner: Arc<dyn Http>,
    requests: Mutex<Vec<HttpRequest>>,
    change: Mutex<Change>,
}

impl Proxy {
    /// Keeps what was asked, and changes nothing.
    pub fn new(inner: Arc<dyn Http>) -> Arc<Self> {
        Self::changing(inner, |_, body| body)
    }

    /// Puts what `change` makes of the JSON of each answer in its place.
    pub fn changing(
        inner: Arc<dyn Http>,
        change: impl FnMut(&HttpRequest, Value) -> Value + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { inner, requests: Mutex::default(), change: Mutex::new(Box::new(change)) })
    }

    /// The requests to a path, oldest first.
    pub fn asked(&self, path: &str) -> Vec<HttpRequest> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|request| request.url.ends_with(path)).cloned().collect()
    }

    /// How many requests there were.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

#[async_trait]
impl Http for Proxy {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.requests.lock().unwrap().push(request.clone());
        let mut response = self.inner.send(request.clone()).await?;
        if let Ok(body) = serde_json::from_slice(&response.body) {
            let changed = (self.change.lock().unwrap())(&request, body);
            response.body = changed.to_string().into();
        }
        Ok(response)
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        self.requests.lock().unwrap().push(request.clone());
        self.inner.stream(request).await
    }
}

/// What a network does to event streams; it carries everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Carries them.
    Through,
    /// Answers by a page instead, as a hotel's network does.
    Page,
    /// Opens them, and holds back what they say.
    Held,
    /// Breaks them when they are opened.
    Cut,
}

/// Carries everything but event streams, with which it does what it is told.
pub struct Streamless {
    inner: Arc<dyn Http>,
    streams: Mutex<Streams>,
}

impl Streamless {
    /// Over this network.
    pub fn new(inner: Arc<dyn Http>, streams: Streams) -> Arc<Self> {
        Arc::new(Self { inner, streams: Mutex::new(streams) })
    }

    /// From here on.
    pub fn set(&self, streams: Streams) {
        *self.streams.lock().unwrap() = streams;
    }
}

#[async_trait]
impl Http for Streamless {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.inner.send(request).await
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        let streams = *self.streams.lock().unwrap();
        let opened = self.inner.stream(request).await?;
        Ok(match streams {
            Streams::Through => opened,
            Streams::Held => HttpStream { body: stream::pending().boxed(), ..opened },
            Streams::Cut => HttpStream { body: stream::empty().boxed(), ..opened },
            Streams::Page => HttpStream {
                status: 200,
                headers: vec![("content-type".to_owned(), "text/html".to_owned())],
                body: stream::iter([Ok("<h1>Welcome</h1>".into())]).boxed(),
            },
        })
    }
}

/// Loses the first answer to every request that consumes something: the server has acted, the client does not know.
pub struct Forgetful {
    inner: Arc<dyn Http>,
    /// The idempotency keys whose answer was lost.
    lost: Mutex<HashSet<String>>,
}

impl Forgetful {
    /// Over this network.
    pub fn new(inner: Arc<dyn Http>) -> Arc<Self> {
        Arc::new(Self { inner, lost: Mutex::default() })
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.lost.lock().unwrap().len()
    }
}

#[async_trait]
impl Http for Forgetful {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let key = request.headers.iter().find(|(name, _)| *name == headers::IDEMPOTENCY_KEY);
        let key = key.map(|(_, value)| value.clone());
        let answer = self.inner.send(request).await?;
        // Where the server only wants its nonce it has not acted, and asks for the request again.
        let acted = !String::from_utf8_lossy(&answer.body).contains("use_dpop_nonce");
        if acted && key.is_some_and(|key| self.lost.lock().unwrap().insert(key)) {
            return Err(HttpError::Interrupted { reason: "the test lost the answer".to_owned() });
        }
        Ok(answer)
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        self.inner.stream(request).await
    }
}
