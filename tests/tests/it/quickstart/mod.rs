//! The quick starts of the documentation, run as they stand there.

#[expect(unreachable_pub, reason = "shown as an app would write it")]
mod authenticator;
mod qa;
#[expect(unreachable_pub, reason = "shown as an app would write it")]
mod sign_in;

use std::{fs, sync::Arc};

use countersign::{
    client::{Client, HttpConfig, LoginState, ReqwestHttp, Session},
    otp::{Totp, TotpEntry},
    ports::{Ports, SystemClock, SystemRandom},
    protocol::{
        account::SignUp,
        fields::{Email, OpaqueToken},
    },
    testing,
};
use countersign_server::{Config, Server, store::outbox};
use tokio::sync::watch;

use authenticator::answer_one;
use sign_in::sign_in;

/// The code blocks of a document in one language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("../{document}")).expect("the document is there");
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.filter_map(|part| Some(format!("{}\n", part.split("\n```").next()?))).collect()
}

#[test]
fn the_documents_show_the_code_that_is_run() {
    let (sign_in, authenticator) = (include_str!("sign_in.rs"), include_str!("authenticator.rs"));
    assert_eq!(blocks("README.md", "rust"), [sign_in]);
    assert_eq!(blocks("docs/quickstart-rust.md", "rust"), [sign_in, authenticator]);
}

/// A device with nothing stored, on the real network.
fn device() -> Ports {
    let http = ReqwestHttp::new(HttpConfig::default().without_proxy()).expect("TLS can be set up");
    Ports {
        clock: Arc::new(SystemClock::new()),
        random: Arc::new(SystemRandom::default()),
        http: Arc::new(http),
        ..testing::ports()
    }
}

/// An account with a code generator, and a session of it.
async fn account(server: &Server, ports: &Ports) -> (Client, Session, Totp) {
    let client = Client::connect(server.url(), ports.clone()).expect("an address");
    let email: Email = "mia@example.com".parse().expect("an address");
    let password: countersign::protocol::fields::Password =
        "three lanterns by the harbour".parse().expect("a password");
    let sign_up = SignUp {
        company: "Acme".parse().expect("a name"),
        admin_email: email.clone(),
        name: "Mia".parse().expect("a name"),
        password: password.clone(),
    };
    client.sign_up(&sign_up).await.expect("signed up");
    client.activate(activation_token(server).await).await.expect("activated");
    let Ok(LoginState::Done(signed_in)) = client.login(email, password).await else {
        panic!("there is no second factor yet")
    };
    let session = signed_in.session;
    let setup = session.start_totp(None).await.expect("begun");
    let totp = TotpEntry::parse(setup.otpauth_uri.expose()).expect("a URI").entry.totp().clone();
    let code = totp.code_at(client.server_now().expect("the time")).expose().parse().expect("a code");
    session.confirm_totp(setup.method_id, code).await.expect("confirmed");
    (client, session, totp)
}

async fn activation_token(server: &Server) -> OpaqueToken {
    let world = server.realms().get("default").await.expect("the realm");
    let read =
        world.read(|connection| Box::pin(async { Ok(outbox::list(connection, None, None, 0).await?) }));
    let mails = read.await.expect("the outbox");
    let (_, token) = mails[0].links[0].split_once("token=").expect("a link");
    token.parse().expect("a token")
}

#[tokio::test]
async fn the_quick_start_signs_in_with_a_code_and_then_on_the_phone() {
    let server = Server::start(Config::for_tests().expect("a set-up")).await.expect("a server");
    let laptop = device();
    let (client, session, totp) = account(&server, &laptop).await;
    // The code that confirmed the generator is used up.
    let world = server.realms().get("default").await.expect("the realm");
    world.clock.advance(std::time::Duration::from_secs(30));
    session.profile().await.expect("a session");

    let code = || async { totp.code_at(client.server_now().expect("the time")).expose().to_owned() };
    let nothing = |number: &str| panic!("a number {number} without a request");
    let signed_in = sign_in(server.url(), laptop.clone(), code, nothing).await.expect("signed in");
    let session = signed_in.expect("a session");

    let ticket = session.create_enrolment_ticket().await.expect("a ticket");
    let (shown, number) = watch::channel(String::new());
    let phone = answer_one(ticket.uri.expose(), device(), async |request| {
        assert_eq!(request.context().account, "mia@example.com");
        let mut number = number.clone();
        let typed = number.wait_for(|number| !number.is_empty()).await.expect("a number").clone();
        Some(typed)
    });
    let mut mails = world.store.subscribe(outbox::TOPIC);
    let browser = async {
        // Sign-in asks the phone once it is enrolled, which a mail tells.
        while session.enrolled_devices().await.expect("the devices").is_empty() {
            mails.wait().await;
        }
        let code = || async { panic!("the phone is recommended") };
        let show = |number: &str| drop(shown.send_replace(number.to_owned()));
        sign_in(server.url(), device(), code, show).await
    };
    let (answered, signed_in) = tokio::join!(phone, browser);
    answered.expect("answered");
    let session = signed_in.expect("signed in").expect("a session");
    assert_eq!(session.profile().await.expect("a profile").email.as_str(), "mia@example.com");
    server.stop().await;
}
