//! The quick start for QA: its requests, sent as they stand there.

use countersign_server::{Config, Server};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

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

#[tokio::test]
async fn the_requests_of_the_quick_start_for_qa_are_answered_as_it_says() {
    let document = std::fs::read_to_string("../docs/quickstart-qa.md").expect("the document is there");
    let config = Config::for_tests().expect("a set-up");
    // EXPOSE: the test drives the control plane.
    let bearer = config.stub_bearer.as_ref().expect("a control plane").expose().clone();
    let server = Server::start(config).await.expect("a server");
    let mut token = String::new();
    let examples = examples(&document);
    assert!(examples.len() >= 6, "only {} requests", examples.len());
    for Example { request, status } in examples {
        let request = request.replace("{bearer}", &bearer).replace("{token}", &token);
        let (answered, body) = send(&server, &request).await;
        assert_eq!(answered, status, "{request}\n{body}");
        if let Some((_, rest)) = body.split_once("activate?token=") {
            token = rest.chars().take(43).collect();
        }
    }
    server.stop().await;
}
