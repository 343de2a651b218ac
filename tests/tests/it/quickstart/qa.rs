//! The quick start for QA: its requests, sent as they stand there, and an authenticator as it tells its reader to use one.

use std::collections::BTreeMap;

use countersign::{
    protocol::{ids::EnrolmentId, push::DeviceKind},
    push::Authenticator,
};
use countersign_server::{Config, Server};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::device;

/// A request of the document, and the status that it says is answered.
struct Example {
    request: String,
    status: u16,
}

fn examples(document: &str) -> Vec<Example> {
    let parts = document.split("```http\n").skip(1);
    let example = |part: &str| {
        let (request, after) = part.split_once("\n```").expect("a block ends");
        let status = after.split('`').nth(1).and_then(|status| status.parse().ok());
        Example { request: request.to_owned(), status: status.expect("the status stands behind the block") }
    };
    parts.map(example).collect()
}

/// Sends a request, and gives the status and the body of the answer.
async fn send(server: &Server, request: &str) -> (u16, String) {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let length = body.len();
    let mut text =
        format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n");
    text.extend(headers.lines().map(|header| format!("{header}\r\n")));
    text.extend(["\r\n", body]);

    let mut stream = TcpStream::connect(server.address()).await.expect("the server listens");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    (status, body.to_owned())
}

/// What the reader does beside sending requests: noting what answers give, and using an authenticator.
struct Reader {
    /// By the names that stand in braces in the document.
    noted: BTreeMap<&'static str, String>,
    authenticator: Authenticator,
    enrolled: Option<EnrolmentId>,
    approved: usize,
}

impl Reader {
    fn new(bearer: String) -> Self {
        let noted = BTreeMap::from([("bearer", bearer)]);
        Self { noted, authenticator: Authenticator::new(device()), enrolled: None, approved: 0 }
    }

    fn fill_in(&self, request: &str) -> String {
        self.noted
            .iter()
            .fold(request.to_owned(), |request, (name, value)| request.replace(&format!("{{{name}}}"), value))
    }

    async fn read(&mut self, body: &str) {
        if let Some((_, rest)) = body.split_once("activate?token=") {
            self.noted.insert("token", rest.chars().take(43).collect());
        }
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let notes = [
            ("access_token", &body["tokens"]["access_token"]),
            ("login_id", &body["login_id"]),
            ("login_token", &body["login_token"]),
        ];
        for (name, value) in notes {
            if let Some(value) = value.as_str() {
                self.noted.insert(name, value.to_owned());
            }
        }
        if let Some(link) = body["uri"].as_str() {
            let (link, name) = (link.parse().expect("a link"), "Mia's phone".parse().expect("a name"));
            let enrolment = self.authenticator.enroll(&link, name, DeviceKind::Mobile).await;
            self.enrolled = Some(enrolment.expect("enrolled").id);
        }
        if let Some(number) = body["number"].as_str() {
            let waiting = self.authenticator.pending(self.enrolled.expect("enrolled")).await;
            let number = number.parse().expect("a number");
            let request = waiting.expect("what waits").requests.pop().expect("a request");
            self.authenticator.approve(&request, number).await.expect("approved");
            self.approved += 1;
        }
    }
}

#[tokio::test]
async fn the_requests_of_the_quick_start_for_qa_are_answered_as_it_says() {
    let document = std::fs::read_to_string("../docs/quickstart-qa.md").expect("the document is there");
    let config = Config::for_tests().expect("a set-up");
    // EXPOSE: the test drives the control plane.
    let bearer = config.stub_bearer.as_ref().expect("a control plane").expose().clone();
    let server = Server::start(config).await.expect("a server");
    let mut reader = Reader::new(bearer);
    let examples = examples(&document);
    assert!(examples.len() >= 10, "only {} requests", examples.len());
    let mut outcomes = Vec::new();
    for Example { request, status } in examples {
        let request = reader.fill_in(&request);
        let (answered, body) = send(&server, &request).await;
        assert_eq!(answered, status, "{request}\n{body}");
        let outcome: Value = serde_json::from_str(&body).unwrap_or_default();
        outcomes.extend(outcome["status"].as_str().filter(|_| outcome["code"].is_null()).map(str::to_owned));
        reader.read(&body).await;
    }
    assert_eq!(reader.approved, 1);
    assert_eq!(outcomes, ["authenticated", "mfa_required", "authenticated"]);
    server.stop().await;
}
