#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

async fn start(header_time: Duration) -> (Server, TcpStream) {
    let server = Server::start(Config { header_time, ..Config::for_tests().unwrap() }).await.unwrap();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    (server, stream)
}

/// All that the server sends until it closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_client_that_sends_half_a_head_is_dropped() {
    let (server, mut stream) = start(Duration::from_millis(50)).await;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: local").await.unwrap();
    let answer = rest(stream).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let (server, mut stream) = start(Duration::from_secs(30)).await;
    let realms = server.realms().clone();
    let (started, mut has_started) = watch::channel(false);
    let world = realms.get(crate::realms::DEFAULT).await.unwrap();
    // Holds the one writer, so that the request waits inside the server.
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let holding = tokio::spawn(async move {
        let held = world.transact(move |_tx| {
            Box::pin(async move {
                started.send_replace(true);
                let _ = released.await;
                Ok(())
            })
        });
        held.await.unwrap();
    });
    has_started.wait_for(|started| *started).await.unwrap();
    // The head alone until the server has read it: it asks for the body then.
    let head = "GET /health/ready HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"));
    stream.write_all(b"{}").await.unwrap();
    let stopping = tokio::spawn(server.stop());
    while TcpStream::connect(stream.peer_addr().unwrap()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    stopping.await.unwrap();
    holding.await.unwrap();
}
