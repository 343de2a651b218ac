//! Where secrets must not be seen: logs, problems, `Debug`, addresses, and the database.
//!
//! The path is walked with everything recorded that crosses the network. What is secret in it is known by its name;
//! then all the places are searched.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use countersign::client::LoginState;
use countersign_protocol::{
    account::{Refresh, SignUp, TokenSet},
    login::{LoginOutcome, MethodKind, StartLogin, VerifyCode},
    push::{EnrolmentTicket, Register},
    totp::TotpSetup,
};
use countersign_tests::{
    Account, Device, Person, Phone, Realm, Stage, mfa_required, networks::Proxy, pending, raw::Caller,
    signed_in,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::Dispatch;

/// Members of requests and answers that are secret.
const SECRET: &[&str] = &[
    "access_token",
    "code",
    "login_token",
    "otpauth_uri",
    "password",
    "qr_svg",
    "refresh_token",
    "secret",
    "ticket",
    "token",
    "uri",
];
/// Entries of a device's storage that are secrets as they are, by the begin of their names. What is in the others has
/// crossed the network.
const KEPT: &[&str] = &["key.", "login-seal."];

/// Everything that was said and seen.
#[derive(Default, Clone)]
struct Record {
    log: Arc<Mutex<Vec<u8>>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

#[test]
fn no_secret_is_seen_where_it_should_not_be() {
    let record = Record::default();
    let log = record.log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || Pen(log.clone()));
    let dispatch = Dispatch::new(subscriber.finish());
    let listen = move || std::mem::forget(tracing::dispatcher::set_default(&dispatch));
    // Every thread of this runtime is listened to, and no other test's.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().on_thread_start(listen).build().unwrap();
    let searching = record.clone();
    runtime.block_on(async move { tokio::spawn(search(searching)).await.unwrap() });
}

async fn search(record: Record) {
    tracing::trace!("canary on a worker");
    tokio::task::spawn_blocking(|| tracing::trace!("canary on a blocking thread")).await.unwrap();

    let stage = Stage::in_file().await;
    let bodies = record.bodies.clone();
    let network = Proxy::changing(stage.realm().http(), move |_, body| {
        bodies.lock().unwrap().push(body.clone());
        body
    });
    let (kept, logged) = walk(&stage.realm(), &network, &record).await;
    let bearer = stage.realm().bearer();
    let at_rest = String::from_utf8_lossy(&stage.on_disk().await).into_owned();

    let requests = network.asked("");
    let sent =
        requests.iter().filter_map(|request| serde_json::from_slice::<Value>(request.body.as_ref()?).ok());
    let answers = record.bodies.lock().unwrap().clone();
    let mut secrets: BTreeSet<String> = kept.into_iter().chain([bearer]).collect();
    // The `code` of a problem is its name, and no secret.
    let problems: Vec<_> = answers.iter().filter(|body| body.get("title").is_some()).cloned().collect();
    sent.chain(answers.iter().filter(|body| body.get("title").is_none()).cloned())
        .for_each(|body| collect(&body, &mut secrets));
    assert!(secrets.len() >= 30, "{} secrets are known", secrets.len());
    assert!(problems.len() > 7, "{} problems were told", problems.len());

    let log = String::from_utf8(record.log.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("canary on a worker") && log.contains("canary on a blocking thread"),
        "all is heard"
    );
    let addresses: Vec<_> = requests.iter().map(|request| request.url.clone()).collect();
    let places = [
        ("the log of the server", log),
        ("the log of the SDK", logged),
        ("a problem", Value::Array(problems).to_string()),
        ("an address", addresses.join(" ")),
        ("Debug", debugged(&requests, &answers)),
    ];
    // The link of the activation mail waits in the outbox, as it would in a mailbox.
    let mut mailed = BTreeSet::new();
    requests
        .iter()
        .filter(|request| request.url.ends_with("/auth/activate"))
        .filter_map(|request| serde_json::from_slice(request.body.as_ref()?).ok())
        .for_each(|body: Value| collect(&body, &mut mailed));
    for secret in &secrets {
        for (place, text) in &places {
            let found = find(text, secret);
            assert_eq!(found, None, "a secret is in {place}: {}", around(text, found));
        }
        let stored = find(&at_rest, secret).is_some() && !mailed.contains(secret);
        assert!(!stored, "a secret of {} characters is in the database", secret.len());
    }
}

/// Where a secret is. A short one, such as a code, counts only where it stands by itself: six digits may well be part
/// of a time.
fn find(text: &str, secret: &str) -> Option<usize> {
    let part = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
    let stands_alone =
        |at: usize| !part(text[..at].chars().next_back()) && !part(text[at + secret.len()..].chars().next());
    text.match_indices(secret).map(|(at, _)| at).find(|at| secret.len() > 8 || stands_alone(*at))
}

/// Each kind of login, with mistakes on the way. Gives the secrets that the devices keep, and what the SDK logged.
async fn walk(realm: &Realm, network: &Arc<Proxy>, record: &Record) -> (Vec<String>, String) {
    let laptop = Device::behind(network.clone(), "Laptop", realm);
    let account = Account::open_on(laptop.clone(), realm, "Mia").await;
    let totp = account.totp().await;
    let wrong =
        Person { password: "four lanterns by the harbour".parse().unwrap(), ..account.person.clone() };
    let refused = account.client.login(wrong.email, wrong.password).await.unwrap_err();
    let step = mfa_required(account.person.login(&account.client).await);
    let failure = step.submit_code(MethodKind::Totp, account.wrong_code(&totp), false).await.unwrap_err();
    let LoginState::MfaRequired(step) = *failure.state else { panic!("the step is given back") };
    let saved = step.save().await.unwrap();
    let state = step.submit_code(MethodKind::Totp, account.next_code(&totp), true).await.unwrap();
    let with_code = signed_in(state);
    let trusted = signed_in(account.person.login(&account.client).await);

    let ticket = with_code.session.create_enrolment_ticket().await.unwrap();
    let debugged =
        format!("{refused:?} {:?} {with_code:?} {trusted:?} {totp:?} {ticket:?} {saved:?}", failure.error);
    // EXPOSE: read by the phone's camera.
    let link = ticket.uri.expose().parse().unwrap();
    let device = Device::behind(network.clone(), "Phone", realm);
    let phone = Phone::enrol(device.clone(), &link).await;
    let library = Device::behind(network.clone(), "Library computer", realm);
    let waiting = pending(account.login_on(&library).await.request_push(None, false).await.unwrap());
    let request = phone.request().await;
    let (debugged, number) =
        (format!("{debugged} {waiting:?} {request:?} {link:?}"), waiting.number().clone());
    phone.authenticator.approve(&request, number).await.unwrap();
    signed_in(waiting.wait().await.unwrap());
    trusted.session.refresh().await.unwrap();
    record.bodies.lock().unwrap().push(json!({"debug": debugged}));

    mistakes(&account, realm, record).await;
    let devices = [&laptop, &device, &library];
    let kept = devices.iter().flat_map(|device| device.storage().entries());
    let kept =
        kept.filter(|(name, _)| KEPT.iter().any(|secret| name.starts_with(secret))).map(|(_, value)| value);
    let lines = devices.iter().flat_map(|device| device.log().lines()).map(|(_, line)| line);
    (kept.collect(), lines.collect::<Vec<_>>().join("\n"))
}

/// Bodies that are refused for their form, with secrets in them.
async fn mistakes(account: &Account, realm: &Realm, record: &Record) {
    let caller = Caller::new(realm);
    // EXPOSE: sent where it does not belong.
    let password = account.person.password.expose();
    let bodies = [
        json!({"email": password, "password": password, "device": {}}),
        json!({"email": "mia@example.com", "password": {"is": password}}),
        json!({"email": "mia@example.com", "password": [password], "device": password}),
        json!({password: "mia@example.com"}),
        json!([password]),
    ];
    for body in bodies {
        let refused = caller.post("/auth/login", &body).send().await;
        assert_eq!(refused.status, 400);
        record.bodies.lock().unwrap().push(refused.body);
    }
    let torn = caller.post("/auth/login", &1).with_body(&format!("{{\"password\": \"{password}"));
    let torn = torn.without_proof().send().await;
    record.bodies.lock().unwrap().push(torn.body);
    let query = caller.get(&format!("/auth/logins/{}", account.session.id())).send().await;
    record.bodies.lock().unwrap().push(query.body);
}

fn collect(body: &Value, secrets: &mut BTreeSet<String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if SECRET.contains(&name.as_str()) => {
                        secrets.insert(text.clone());
                    }
                    other => collect(other, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, secrets)),
        _ => {}
    }
}

/// What `Debug` shows of all that crossed the network, and of what the walk made of it.
fn debugged(requests: &[countersign::ports::HttpRequest], answers: &[Value]) -> String {
    let sent =
        requests.iter().filter_map(|request| serde_json::from_slice::<Value>(request.body.as_ref()?).ok());
    let bodies: Vec<_> = sent.chain(answers.iter().cloned()).collect();
    let mut shown = String::new();
    for body in &bodies {
        let read = [
            show::<SignUp>(body),
            show::<StartLogin>(body),
            show::<VerifyCode>(body),
            show::<Refresh>(body),
            show::<LoginOutcome>(body),
            show::<TokenSet>(body),
            show::<TotpSetup>(body),
            show::<EnrolmentTicket>(body),
            show::<Register>(body),
        ];
        read.into_iter().flatten().for_each(|text| shown.push_str(&text));
        shown.extend(body.get("debug").map(Value::to_string));
    }
    for name in ["SignUp", "StartLogin", "VerifyCode", "TokenSet", "TotpSetup", "EnrolmentTicket", "Register"]
    {
        assert!(shown.contains(name), "{name} crossed the network");
    }
    shown
}

fn show<T: DeserializeOwned + std::fmt::Debug>(body: &Value) -> Option<String> {
    serde_json::from_value::<T>(body.clone()).ok().map(|value| format!("{value:?}"))
}

/// What stands before the place.
fn around(text: &str, place: Option<usize>) -> String {
    let before = text[..place.unwrap_or_default()].chars().rev().take(120).collect::<String>();
    before.chars().rev().collect()
}

/// Writes log lines into the record.
struct Pen(Arc<Mutex<Vec<u8>>>);

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
