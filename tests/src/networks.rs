//! Networks that do something to what they carry.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use countersign::ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream};
use countersign_protocol::headers;
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
