use std::time::Duration;

use countersign::{
    client::{
        Client, LoginState, Session,
        login::{MfaRequiredStep, PendingStep, SignedIn},
    },
    otp::{Totp, TotpEntry},
    push::{Authenticator, Enrolment, InboxEvent, PushInbox, Request},
};
use countersign_protocol::{
    account::SignUp,
    enroll_uri::EnrollUri,
    fields::{DisplayName, Email, OneTimeCode, OpaqueToken, Password},
    push::DeviceKind,
};

use crate::{Device, Realm};

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name to show.
    pub name: DisplayName,
    /// Organisation.
    pub company: DisplayName,
    /// Address to sign in with.
    pub email: Email,
    /// Password.
    pub password: Password,
}

/// An account that is open, and a device on which its owner is signed in.
pub struct Account {
    /// Where it is.
    pub realm: Realm,
    /// Whose it is.
    pub person: Person,
    /// On which its owner is signed in.
    pub laptop: Device,
    /// The server as the laptop sees it.
    pub client: Client,
    /// What the first login gave.
    pub session: Session,
}

/// A device that approves.
pub struct Phone {
    /// The device.
    pub device: Device,
    /// The authenticator on it.
    pub authenticator: Authenticator,
    /// Its enrolment.
    pub enrolment: Enrolment,
}

impl Person {
    /// Somebody called `name`, with an address and an organisation of that name.
    pub fn named(name: &str) -> Self {
        let plain = name.to_lowercase().replace(' ', "-");
        Self {
            name: name.parse().unwrap(),
            company: format!("{name} Books").parse().unwrap(),
            email: format!("{plain}@example.com").parse().unwrap(),
            password: "three lanterns by the harbour".parse().unwrap(),
        }
    }

    /// Asks for an account.
    pub fn sign_up(&self) -> SignUp {
        SignUp {
            company: self.company.clone(),
            admin_email: self.email.clone(),
            name: self.name.clone(),
            password: self.password.clone(),
        }
    }

    /// Signs in with the password.
    pub async fn login(&self, client: &Client) -> LoginState {
        client.login(self.email.clone(), self.password.clone()).await.unwrap()
    }
}

impl Account {
    /// Signs up, opens the account by the link in the mail, and signs in for the first time.
    pub async fn open(realm: &Realm, name: &str) -> Self {
        Self::open_on(Device::new("Laptop", realm), realm, name).await
    }

    /// The same on a device that is there already.
    pub async fn open_on(laptop: Device, realm: &Realm, name: &str) -> Self {
        let (person, client) = (Person::named(name), laptop.client(realm.url()));
        client.sign_up(&person.sign_up()).await.unwrap();
        client.activate(link_token(realm, &person.email).await).await.unwrap();
        let session = signed_in(person.login(&client).await).session;
        Self { realm: realm.clone(), person, laptop, client, session }
    }

    /// Enrols a code generator.
    pub async fn totp(&self) -> Totp {
        let setup = self.session.start_totp(None).await.unwrap();
        // EXPOSE: read into the generator.
        let totp = TotpEntry::parse(setup.otpauth_uri.expose()).unwrap().entry.totp().clone();
        self.session.confirm_totp(setup.method_id, self.code(&totp)).await.unwrap();
        totp
    }

    /// The code of now, as the laptop knows the server's time.
    pub fn code(&self, totp: &Totp) -> OneTimeCode {
        // EXPOSE: typed.
        totp.code_at(self.client.server_now().unwrap()).expose().parse().unwrap()
    }

    /// The code of the next step, which has come: one that was not used before.
    pub fn next_code(&self, totp: &Totp) -> OneTimeCode {
        self.realm.advance(Duration::from_secs(totp.period().as_seconds()));
        self.code(totp)
    }

    /// A code that is not the one of now, nor of a step beside it.
    pub fn wrong_code(&self, totp: &Totp) -> OneTimeCode {
        let step = Duration::from_secs(totp.period().as_seconds());
        let now = self.realm.now();
        let near = [now.minus(step), now, now.plus(step), now.plus(step * 2)].map(|time| totp.code_at(time));
        let mut codes = (314_159..).map(|number| format!("{number:06}"));
        // EXPOSE: compared with codes that are good.
        codes.find(|code| near.iter().all(|near| near.expose() != code)).unwrap().parse().unwrap()
    }

    /// A link to enrol one authenticator.
    pub async fn enrolment_link(&self) -> EnrollUri {
        let ticket = self.session.create_enrolment_ticket().await.unwrap();
        // EXPOSE: read by the phone's camera.
        ticket.uri.expose().parse().unwrap()
    }

    /// Enrols a new phone.
    pub async fn phone(&self, name: &str) -> Phone {
        Phone::enrol(Device::new(name, &self.realm), &self.enrolment_link().await).await
    }

    /// Begins to sign in on this device. A second factor is asked for.
    pub async fn login_on(&self, device: &Device) -> MfaRequiredStep {
        mfa_required(self.person.login(&device.client(self.realm.url())).await)
    }

    /// Begins to sign in on a computer in the library, and asks all phones.
    pub async fn ask(&self) -> PendingStep {
        // So that one request is older than the next.
        self.realm.advance(Duration::from_millis(1));
        let step = self.login_on(&Device::new("Library computer", &self.realm)).await;
        pending(step.request_push(None, false).await.unwrap())
    }
}

impl Phone {
    /// Enrols this device.
    pub async fn enrol(device: Device, link: &EnrollUri) -> Self {
        let authenticator = device.authenticator();
        let enrolment = authenticator.enroll(link, device.name().clone(), DeviceKind::Mobile).await.unwrap();
        Self { device, authenticator, enrolment }
    }

    /// The one request that waits.
    pub async fn request(&self) -> Request {
        let listing = self.authenticator.pending(self.enrolment.id).await.unwrap();
        assert!(listing.refused.is_empty(), "not believed: {:?}", listing.refused);
        let [request] = listing.requests.try_into().expect("one request waits");
        request
    }

    /// Whether nothing waits.
    pub async fn is_idle(&self) -> bool {
        let listing = self.authenticator.pending(self.enrolment.id).await.unwrap();
        listing.requests.is_empty() && listing.refused.is_empty()
    }

    /// Follows what happens to its requests.
    pub async fn inbox(&self) -> PushInbox {
        self.authenticator.inbox(self.enrolment.id).await.unwrap()
    }
}

/// The next request that an inbox tells.
pub async fn next_request(inbox: &PushInbox) -> Request {
    loop {
        match inbox.next().await.unwrap().expect("the inbox is open") {
            InboxEvent::Request(request) => return request,
            InboxEvent::Closed { .. } | InboxEvent::Connection(_) => {}
        }
    }
}

/// The token of the newest activation link that was mailed to this address.
pub async fn link_token(realm: &Realm, email: &Email) -> OpaqueToken {
    let mails = realm.mails(email).await;
    let link = mails.iter().rev().find_map(|mail| mail.links.first()).expect("a mail with a link");
    link.split_once("token=").expect("a link with a token").1.parse().unwrap()
}

/// Signed in.
pub fn signed_in(state: LoginState) -> SignedIn {
    match state {
        LoginState::Done(signed_in) => *signed_in,
        other => panic!("not signed in: {other:?}"),
    }
}

/// A second factor is to be proven.
pub fn mfa_required(state: LoginState) -> MfaRequiredStep {
    match state {
        LoginState::MfaRequired(step) => step,
        other => panic!("no second factor is asked for: {other:?}"),
    }
}

/// A request waits for its answer.
pub fn pending(state: LoginState) -> PendingStep {
    match state {
        LoginState::Pending(step) => step,
        other => panic!("nothing waits for an answer: {other:?}"),
    }
}
