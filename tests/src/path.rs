//! The path: one account from sign-up to logout, with each kind of login on the way.
//!
//! It is walked on perfect networks and on bad ones. What it leaves behind on the server is the same each time: every
//! mail once, every entry of the audit log once.

use std::sync::Arc;

use countersign::{
    Error,
    client::{Client, LoginState, Session},
    ports::Http,
    trust::TrustStore,
};
use countersign_protocol::{
    ProblemCode,
    account::SessionEnd,
    enroll_uri::EnrollUri,
    login::{MethodKind, Notice, TrustGrant},
    push::DenyReason,
};

use crate::{
    Account, Device, Person, Phone, Realm, link_token, mfa_required, next_request, pending, signed_in,
};

/// What the person is written to on the way.
const MAILS: &[&str] = &[
    "Activate your account",
    "A sign-in method was added",
    "A device can approve your sign-ins",
    "A sign-in was reported and stopped",
    "A session was ended for your safety",
];

/// What the audit log tells of it.
const EVENTS: &[&str] = &[
    "signed_up",
    "account_activated",
    "login_succeeded",
    "method_setup_started",
    "method_enabled",
    "password_accepted",
    "login_succeeded",
    "device_trusted",
    "login_succeeded",
    "push_device_enrolled",
    "password_accepted",
    "push_sent",
    "login_succeeded",
    "password_accepted",
    "push_sent",
    "push_reported",
    "login_denied",
    "password_accepted",
    "login_cancelled",
    "refresh_token_reused",
    "login_succeeded",
    "logged_out",
];

/// Walks the path in this realm as somebody called `name`, all devices on this network.
///
/// # Panics
/// Where anything is not as it should be.
pub async fn walk(realm: &Realm, http: Arc<dyn Http>, name: &str) {
    let walker = Walker { realm, http, person: Person::named(name) };
    let account = walker.account().await;
    let (link, session) = walker.trusted_login(&account).await;
    walker.approvals(&account, &link, &session).await;
    walker.end_of_sessions(&account, &session).await;

    let email = &account.person.email;
    assert_eq!(realm.subjects(email).await, MAILS);
    assert_eq!(realm.events(email).await, EVENTS);
}

struct Walker<'a> {
    realm: &'a Realm,
    http: Arc<dyn Http>,
    person: Person,
}

impl Walker<'_> {
    fn device(&self, name: &str) -> Device {
        Device::behind(Arc::clone(&self.http), name, self.realm)
    }

    /// Sign-up, the link in the mail, and a first login by the password alone.
    async fn account(&self) -> Account {
        let (person, laptop) = (self.person.clone(), self.device("Laptop"));
        let client = laptop.client(self.realm.url());
        let accepted = client.sign_up(&person.sign_up()).await.unwrap();
        assert!(!accepted.sent_to.contains(person.email.as_str()), "the address is masked");
        let refused = client.login(person.email.clone(), person.password.clone()).await;
        assert_refused(refused, ProblemCode::InvalidCredentials);

        let token = link_token(self.realm, &person.email).await;
        client.activate(token.clone()).await.unwrap();
        assert_refused(client.activate(token).await, ProblemCode::InvalidLink);

        let first = signed_in(person.login(&client).await);
        assert_eq!(first.amr, ["pwd"]);
        assert!(first.notices.contains(&Notice::MfaSetupRecommended));
        assert_eq!(first.user.email, person.email);
        Account { realm: self.realm.clone(), person, laptop, client, session: first.session }
    }

    /// A code generator, a login with a code that trusts the laptop, and one that needs no code. The first of these
    /// may add a phone, by the link that is given.
    async fn trusted_login(&self, account: &Account) -> (EnrollUri, Session) {
        let totp = account.totp().await;
        let step = mfa_required(account.person.login(&account.client).await);
        assert_eq!(step.recommended(), MethodKind::Totp);
        let state = step.submit_code(MethodKind::Totp, account.next_code(&totp), true).await.unwrap();
        let with_code = signed_in(state);
        assert_eq!(with_code.amr, ["pwd", "otp"]);
        assert_eq!(with_code.acr, "urn:countersign:acr:2");
        let ticket = with_code.session.create_enrolment_ticket().await.unwrap();
        // EXPOSE: read by the phone's camera.
        let link = ticket.uri.expose().parse().unwrap();

        let before = trust_token(account).await;
        let trusted = signed_in(account.person.login(&account.client).await);
        assert_eq!(trusted.amr, ["pwd", "trusted_device"]);
        assert_eq!(trusted.acr, "urn:countersign:acr:1");
        assert_refused(trusted.session.create_enrolment_ticket().await, ProblemCode::Forbidden);
        let after = trust_token(account).await;
        assert_eq!(before.trust_id, after.trust_id);
        // EXPOSE: compared, to see that it was replaced.
        assert_ne!(before.token.expose(), after.token.expose());
        (link, trusted.session)
    }

    /// A phone; one login that it approves, and one that it reports.
    async fn approvals(&self, account: &Account, link: &EnrollUri, session: &Session) {
        let phone = Phone::enrol(self.device("Phone"), link).await;
        assert_eq!(phone.enrolment.account, self.person.email.as_str());
        assert_eq!(phone.enrolment.application, self.person.company);
        assert_eq!(session.enrolled_devices().await.unwrap().len(), 1);
        let inbox = phone.inbox().await;

        let library = self.device("Library computer");
        let waiting = ask(&library.client(self.realm.url()), &self.person).await;
        let number = waiting.number().clone();
        let answer = async {
            let request = next_request(&inbox).await;
            let context = request.context();
            assert_eq!(context.application, self.person.company);
            assert_eq!(context.account, self.person.email.as_str());
            assert_eq!(context.device.name, *library.name());
            assert!(!context.device.known);
            assert_eq!(context.origin.address, "127.0.0.1");
            phone.authenticator.approve(&request, number).await.unwrap();
        };
        let (state, ()) = tokio::join!(waiting.wait(), answer);
        assert_eq!(signed_in(state.unwrap()).amr, ["pwd", "push"]);

        let thief = self.device("Desktop").client(self.realm.url());
        let waiting = ask(&thief, &self.person).await;
        let report = async {
            let request = next_request(&inbox).await;
            phone.authenticator.deny(&request, DenyReason::NotMe).await.unwrap();
        };
        let (state, ()) = tokio::join!(waiting.wait(), report);
        let state = state.unwrap();
        assert!(matches!(state, LoginState::Denied { reason: DenyReason::NotMe }), "{state:?}");
        let again = mfa_required(self.person.login(&thief).await);
        let offered: Vec<_> = again.methods().iter().map(|offer| offer.method).collect();
        assert_eq!(offered, [MethodKind::Totp], "approvals are locked");
        again.cancel().await.unwrap();
        assert_eq!(account.session.methods().await.unwrap().len(), 2);
    }

    /// New tokens, a stolen old one, and signing out.
    async fn end_of_sessions(&self, account: &Account, session: &Session) {
        let stolen = account.laptop.copy();
        session.refresh().await.unwrap();
        assert_eq!(session.profile().await.unwrap().email, self.person.email);
        session.refresh().await.unwrap();
        let copy = stolen.client(self.realm.url()).resume_session(&self.person.email).await.unwrap().unwrap();
        assert_ended(copy.refresh().await, SessionEnd::TokenReused);
        assert_ended(session.profile().await, SessionEnd::TokenReused);
        assert_eq!(session.ended().await, Some(SessionEnd::TokenReused));

        let last = signed_in(self.person.login(&account.client).await).session;
        let copy = account.laptop.copy().client(self.realm.url());
        last.logout().await.unwrap();
        assert_ended(last.profile().await, SessionEnd::LoggedOut);
        assert_eq!(account.laptop.stored("session."), None);
        let copy = copy.resume_session(&self.person.email).await.unwrap().unwrap();
        assert_ended(copy.refresh().await, SessionEnd::LoggedOut);
    }
}

async fn ask(client: &Client, person: &Person) -> countersign::client::login::PendingStep {
    let step = mfa_required(person.login(client).await);
    assert_eq!(step.recommended(), MethodKind::Push);
    pending(step.request_push(None, false).await.unwrap())
}

async fn trust_token(account: &Account) -> TrustGrant {
    let store = TrustStore::new(account.laptop.ports(), account.realm.url().clone());
    store
        .get(&account.person.email, account.client.server_now().unwrap())
        .await
        .unwrap()
        .expect("the laptop is trusted")
}

/// Fails unless the server refused for this reason.
///
/// # Panics
/// Otherwise.
pub fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Error>, code: ProblemCode) {
    match answer {
        Err(Error::Refused(refusal)) if refusal.code == code => {}
        other => panic!("expected {code}, got {other:?}"),
    }
}

/// Fails unless the session is over for this reason.
///
/// # Panics
/// Otherwise.
pub fn assert_ended<T: std::fmt::Debug>(answer: Result<T, Error>, reason: SessionEnd) {
    match answer {
        Err(Error::SessionEnded { reason: Some(found) }) if found == reason => {}
        other => panic!("expected the end by {reason:?}, got {other:?}"),
    }
}
