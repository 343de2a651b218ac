use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData as _};
use rustls::pki_types::PrivateKeyDer;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::client::SpkiPin;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: Vec<u8>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().der().to_vec();
        Self { issuer: Issuer::new(params, key), root }
    }

    fn tls(&self, key: &KeyPair, params: &CertificateParams) -> tokio_rustls::TlsAcceptor {
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config).into()
    }
}

fn localhost() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

fn pins(keys: [&KeyPair; 2]) -> PinSet {
    PinSet::new(keys.map(|key| SpkiPin::of(&key.subject_public_key_info()))).unwrap()
}

fn http(config: HttpConfig) -> ReqwestHttp {
    ReqwestHttp::new(config.without_proxy()).unwrap()
}

fn request(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url,
        headers: vec![("x-test", "1".to_owned())],
        body: Some(Bytes::from_static(b"hello")),
        timeout: Duration::from_secs(30),
        longest_answer: 64,
    }
}

/// Answers each connection with `answer` once the head of a request has arrived; ends with what was asked.
async fn serve(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &[u8]) -> String {
    let mut asked = Vec::new();
    while !asked.ends_with(b"hello") {
        let mut chunk = [0; 1024];
        let length = stream.read(&mut chunk).await.unwrap();
        assert_ne!(length, 0, "the client left early");
        asked.extend_from_slice(&chunk[..length]);
    }
    stream.write_all(answer).await.unwrap();
    String::from_utf8(asked).unwrap()
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Answer: yes\r\n\r\nhi";

/// Makes one request to a TLS server with that key and certificate; also tells whether the server was asked.
async fn over_tls(
    config: HttpConfig,
    acceptor: tokio_rustls::TlsAcceptor,
) -> (Result<HttpResponse, HttpError>, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        match acceptor.accept(stream).await {
            Ok(mut stream) => serve(&mut stream, OK).await.starts_with("POST / "),
            Err(_) => false,
        }
    });
    let answer = http(config).send(request(url)).await;
    (answer, server.await.unwrap())
}

fn assert_untrusted((answer, asked): (Result<HttpResponse, HttpError>, bool), why: &str) {
    match answer.unwrap_err() {
        HttpError::Untrusted { reason } => assert!(reason.contains(why), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(!asked, "nothing may be sent to a server that is not trusted");
}

#[tokio::test]
async fn a_certificate_under_a_configured_root_is_trusted() {
    let (authority, key) = (Authority::new("ours"), KeyPair::generate().unwrap());
    let config = HttpConfig::default().root_certificate(authority.root.clone());
    let (answer, asked) = over_tls(config, authority.tls(&key, &localhost())).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, b"hi".as_slice()));
    assert_eq!(answer.header("x-answer"), Some("yes"));
    assert!(asked);
}

#[tokio::test]
async fn certificates_that_prove_nothing_are_refused() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let key = KeyPair::generate().unwrap();
    let config = HttpConfig::default().root_certificate(authority.root.clone());
    let other_name = CertificateParams::new(["other.example".to_owned()]).unwrap();
    let mut expired = localhost();
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    for (acceptor, why) in [
        (stranger.tls(&key, &localhost()), "UnknownIssuer"),
        (authority.tls(&key, &other_name), "not valid for name"),
        (authority.tls(&key, &expired), "expired"),
    ] {
        assert_untrusted(over_tls(config.clone(), acceptor).await, why);
    }
}

#[tokio::test]
async fn the_pinned_key_and_the_backup_are_trusted_and_no_other() {
    let authority = Authority::new("ours");
    let [current, backup, other] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let trusting = HttpConfig::default().root_certificate(authority.root.clone());
    let config = trusting.clone().pin("LOCALHOST", pins([&current, &backup]));
    for key in [&current, &backup] {
        let (answer, _) = over_tls(config.clone(), authority.tls(key, &localhost())).await;
        assert_eq!(answer.unwrap().status, 200);
    }
    let answer = over_tls(config, authority.tls(&other, &localhost())).await;
    assert_untrusted(answer, "not one of those pinned");

    let elsewhere = trusting.pin("other.example", pins([&current, &backup]));
    assert_eq!(over_tls(elsewhere, authority.tls(&other, &localhost())).await.0.unwrap().status, 200);
}

#[tokio::test]
async fn a_pin_is_no_replacement_for_a_good_certificate() {
    let (stranger, key) = (Authority::new("theirs"), KeyPair::generate().unwrap());
    let backup = KeyPair::generate().unwrap();
    let config = HttpConfig::default().pin("localhost", pins([&key, &backup]));
    assert_untrusted(over_tls(config, stranger.tls(&key, &localhost())).await, "UnknownIssuer");
}

#[tokio::test]
async fn an_older_tls_and_none_at_all_are_refused() {
    // Record and handshake headers, version 1.0, random, no session id, AES-128-CBC-SHA, no compression.
    let tls_1_0 =
        [&b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01"[..], &[7; 32], b"\x00\x00\x2f\x00"].concat();
    let alert = b"\x15\x03\x01\x00\x02\x02\x46".to_vec();
    for hello in [tls_1_0, alert, OK.to_vec()] {
        let (url, server) = listen(|mut stream| async move {
            let mut client_hello = [0; 4096];
            assert_ne!(stream.read(&mut client_hello).await.unwrap(), 0);
            stream.write_all(&hello).await.unwrap();
        })
        .await;
        let url = url.replace("http:", "https:");
        let error = http(HttpConfig::default()).send(request(url)).await.unwrap_err();
        assert!(matches!(error, HttpError::Untrusted { .. }), "{error:?}");
        server.await.unwrap();
    }
}

#[test]
fn a_root_certificate_that_is_none_is_refused() {
    let error = ReqwestHttp::new(HttpConfig::default().root_certificate(b"garbage".to_vec())).unwrap_err();
    assert!(matches!(error, HttpError::Untrusted { reason } if reason.contains("cannot be read")));
}

/// Makes one plain request to a server that does `answer`; also gives what it was asked.
async fn over_tcp<F>(answer: impl FnOnce(TcpStream) -> F + Send + 'static) -> Result<HttpResponse, HttpError>
where
    F: Future<Output = ()> + Send,
{
    let (url, server) = listen(answer).await;
    let answer = http(HttpConfig::default()).send(request(url)).await;
    server.abort();
    answer
}

async fn listen<F>(
    answer: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (String, tokio::task::JoinHandle<()>)
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/path", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { answer(listener.accept().await.unwrap().0).await }))
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let answer = over_tcp(|mut stream| async move {
        let asked =
            serve(&mut stream, b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n").await;
        assert!(asked.starts_with("POST /path HTTP/1.1") && asked.contains("x-test: 1"));
    });
    assert_eq!(answer.await.unwrap().status, 302);
}

#[tokio::test]
async fn a_huge_or_endless_body_is_left() {
    let huge = over_tcp(|mut stream| async move {
        serve(
            &mut stream,
            &[b"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", [b'x'; 65].as_slice()].concat(),
        )
        .await;
    });
    assert_eq!(huge.await.unwrap_err(), HttpError::TooLong { limit: 64 });
    let endless = over_tcp(|mut stream| async move {
        serve(&mut stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {}
    });
    assert_eq!(endless.await.unwrap_err(), HttpError::TooLong { limit: 64 });
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = http(HttpConfig::default()).send(request(url)).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable { reason } if reason.contains("refused")));
}

#[tokio::test]
async fn a_connection_that_breaks_is_interrupted() {
    for sent in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", "HTTP/1.1 what\r\n\r\n"] {
        let answer = over_tcp(move |mut stream| async move {
            serve(&mut stream, sent.as_bytes()).await;
        });
        let error = answer.await.unwrap_err();
        assert!(matches!(error, HttpError::Interrupted { .. }), "{sent}: {error:?}");
    }
}

// With time standing still, it jumps to the time-out as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_silent_times_out() {
    for stream in [false, true] {
        let (url, server) = listen(|stream| async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
        .await;
        let http = http(HttpConfig::default());
        let error = if stream {
            http.stream(request(url)).await.err().unwrap()
        } else {
            http.send(request(url)).await.unwrap_err()
        };
        assert_eq!(error, HttpError::TimedOut);
        server.abort();
    }
}

#[tokio::test]
async fn a_stream_gives_the_body_as_it_arrives() {
    let (url, server) = listen(|mut stream| async move {
        serve(&mut stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").await;
        // Dropped in the middle of the next chunk.
        stream.write_all(b"9\r\ntw").await.unwrap();
    })
    .await;
    let stream = http(HttpConfig::default()).stream(request(url)).await.unwrap();
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("transfer-encoding"), Some("chunked"));
    let chunks: Vec<_> = stream.body.collect().await;
    let arrived: Vec<u8> = chunks.iter().flatten().flat_map(|chunk| chunk.to_vec()).collect();
    assert!(arrived.starts_with(b"one"));
    assert!(matches!(chunks.last(), Some(Err(HttpError::Interrupted { .. }))));
    server.await.unwrap();
}
