use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};

use crate::{
    lock::locked,
    ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream},
};

/// A network that answers from a script and keeps what it was asked.
///
/// Each request takes the next step of the script; a request beyond its end finds no server.
#[derive(Default)]
pub struct ScriptedHttp {
    script: Mutex<VecDeque<Step>>,
    requests: Mutex<Vec<HttpRequest>>,
}

type Answer = Box<dyn FnOnce(&HttpRequest) -> Result<HttpResponse, HttpError> + Send>;

enum Step {
    Answer(Answer),
    Stream(BoxStream<'static, Result<Bytes, HttpError>>),
}

impl ScriptedHttp {
    /// The next step: an answer that depends on the request.
    pub fn push(
        &self,
        answer: impl FnOnce(&HttpRequest) -> Result<HttpResponse, HttpError> + Send + 'static,
    ) {
        locked(&self.script).push_back(Step::Answer(Box::new(answer)));
    }

    /// The next step: this status with this JSON.
    pub fn push_json(&self, status: u16, body: &impl serde::Serialize) {
        let problem = status >= 400;
        let content_type = if problem { "application/problem+json" } else { "application/json" };
        let body = serde_json::to_vec(body)
            .map_err(|error| HttpError::Interrupted { reason: format!("the scripted body: {error}") });
        self.push(move |_| {
            Ok(HttpResponse {
                status,
                headers: vec![("content-type".to_owned(), content_type.to_owned())],
                body: body?.into(),
            })
        });
    }

    /// The next step: no answer.
    pub fn push_error(&self, error: HttpError) {
        self.push(|_| Err(error));
    }

    /// The next step: a stream of events with status 200, ending where `body` ends.
    pub fn push_events(&self, body: BoxStream<'static, Result<Bytes, HttpError>>) {
        locked(&self.script).push_back(Step::Stream(body));
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<HttpRequest> {
        locked(&self.requests).clone()
    }

    fn step(&self, request: &HttpRequest) -> Result<Step, HttpError> {
        locked(&self.requests).push(request.clone());
        locked(&self.script).pop_front().ok_or_else(|| HttpError::Unreachable {
            reason: format!("nothing is scripted for {} {}", request.method.as_str(), request.url),
        })
    }
}

#[async_trait]
impl Http for ScriptedHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match self.step(&request)? {
            Step::Answer(answer) => answer(&request),
            Step::Stream(_) => {
                Err(HttpError::Interrupted { reason: "a stream of events is scripted here".to_owned() })
            }
        }
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        match self.step(&request)? {
            Step::Answer(answer) => answer(&request).map(|response| HttpStream {
                status: response.status,
                headers: response.headers,
                body: stream::iter([Ok(response.body)]).boxed(),
            }),
            Step::Stream(body) => Ok(HttpStream {
                status: 200,
                headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
                body,
            }),
        }
    }
}

/// Passes requests on, and loses the answer of one of them: the server has acted, the client does not know.
pub struct DroppingHttp {
    inner: Arc<dyn Http>,
    /// Answers until one is lost.
    left: Mutex<Option<usize>>,
}

impl DroppingHttp {
    /// Passes everything on until [`DroppingHttp::drop_answer`].
    pub fn new(inner: Arc<dyn Http>) -> Self {
        Self { inner, left: Mutex::default() }
    }

    /// Loses the answer to the `nth` request from now, 1 being the next; those after it arrive again.
    pub fn drop_answer(&self, nth: usize) {
        *locked(&self.left) = Some(nth);
    }

    fn is_dropped(&self) -> bool {
        let mut left = locked(&self.left);
        *left = match *left {
            Some(0 | 1) => {
                *left = None;
                return true;
            }
            Some(more) => Some(more - 1),
            None => None,
        };
        false
    }
}

#[async_trait]
impl Http for DroppingHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let dropped = self.is_dropped();
        let answer = self.inner.send(request).await;
        if dropped { Err(lost()) } else { answer }
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        let dropped = self.is_dropped();
        let answer = self.inner.stream(request).await;
        if dropped { Err(lost()) } else { answer }
    }
}

fn lost() -> HttpError {
    HttpError::Interrupted { reason: "the test lost the answer".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ports::Method;

    fn request(url: &str) -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(1),
            longest_answer: 1024,
        }
    }

    #[tokio::test]
    async fn the_script_is_followed_and_requests_are_kept() {
        let http = ScriptedHttp::default();
        http.push_json(200, &serde_json::json!({"a": 1}));
        http.push_error(HttpError::TimedOut);
        http.push_events(stream::iter([Ok(Bytes::from_static(b"data: 1\n\n"))]).boxed());
        assert_eq!(http.send(request("/1")).await.unwrap().body, r#"{"a":1}"#);
        assert_eq!(http.send(request("/2")).await.unwrap_err(), HttpError::TimedOut);
        let events: Vec<_> = http.stream(request("/3")).await.unwrap().body.collect().await;
        assert_eq!(events.len(), 1);
        assert!(matches!(http.send(request("/4")).await, Err(HttpError::Unreachable { .. })));
        let urls: Vec<_> = http.requests().into_iter().map(|request| request.url).collect();
        assert_eq!(urls, ["/1", "/2", "/3", "/4"]);
    }

    #[tokio::test]
    async fn one_answer_is_lost_after_the_server_has_acted() {
        let server = Arc::new(ScriptedHttp::default());
        for _ in 0..3 {
            server.push_json(200, &1);
        }
        let http = DroppingHttp::new(server.clone());
        http.drop_answer(2);
        assert!(http.send(request("/1")).await.is_ok());
        assert!(matches!(http.send(request("/2")).await, Err(HttpError::Interrupted { .. })));
        assert!(http.send(request("/3")).await.is_ok());
        assert_eq!(server.requests().len(), 3);
    }
}
