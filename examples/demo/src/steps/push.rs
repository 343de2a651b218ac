//! A second factor that asks: the sign-in shows a number, the person types it on the phone.

use countersign::{
    client::Session,
    protocol::{
        enroll_uri::EnrollUri,
        login::MethodKind,
        push::{DenyReason, DeviceKind, Purpose, RequestContext},
    },
    push::{InboxEvent, PushInbox, Request},
};

use super::states::{denied, mfa_required, pending, signed_in};
use crate::{
    cast::{Browser, Person, Phone},
    error::{DemoError, ensure},
    screen::Screen,
    stub::Stub,
};

/// The session gets a link, shown as a QR code; the phone reads it. Each pins the other's keys.
pub(crate) async fn enrol(phone: &Phone, session: &Session, screen: &Screen) -> Result<PushInbox, DemoError> {
    let ticket = session.create_enrolment_ticket().await?;
    // EXPOSE: the phone's camera reads it from the laptop's screen.
    let uri: EnrollUri = ticket.uri.expose().parse()?;
    let enrolment = phone.authenticator.enroll(&uri, phone.name.clone(), DeviceKind::Mobile).await?;
    screen.say(&format!("“{}” answers for {} at {}", phone.name, enrolment.account, enrolment.application));

    let devices = session.enrolled_devices().await?;
    let listed = devices.iter().any(|device| device.enrolment_id == enrolment.id);
    ensure(listed, "the server does not list the phone")?;
    ensure(enrolment.verifies_user, "the phone made no key for verified approvals")?;
    Ok(phone.authenticator.inbox(enrolment.id).await?)
}

/// A sign-in waits on one device while the phone answers. Here both are played at once.
pub(crate) async fn approve(
    browser: &Browser,
    person: &Person,
    phone: &Phone,
    inbox: &PushInbox,
    screen: &Screen,
) -> Result<(), DemoError> {
    let step = mfa_required(browser.login(person).await?)?;
    ensure(step.recommended() == MethodKind::Push, "the server does not recommend the phone")?;
    let waiting = pending(step.request_push(None, false).await?)?;
    let number = waiting.number().clone();
    // EXPOSE: this is where the person reads it.
    let shown = number.expose().to_owned();
    screen.say(&format!("“{}” shows the number {shown} and waits", browser.name));

    let sign_in = async { signed_in(waiting.wait().await?, &["pwd", "push"]) };
    let answer = async {
        let request = next_request(inbox).await?;
        show(request.context(), screen);
        check(request.context(), person, browser)?;
        phone.authenticator.approve(&request, number).await?;
        screen.say(&format!("{} types {shown} and approves", person.name));
        Ok(())
    };
    let (signed_in, ()) = tokio::try_join!(sign_in, answer)?;
    screen.say(&format!("“{}” is signed in as {}", browser.name, signed_in.user.name));
    Ok(())
}

/// Somebody has the password, and the phone asks its owner, who says so.
pub(crate) async fn deny(
    browser: &Browser,
    person: &Person,
    phone: &Phone,
    inbox: &PushInbox,
    stub: &Stub,
    screen: &Screen,
) -> Result<(), DemoError> {
    let mails_before = stub.mails(&person.email).await?.len();
    let step = mfa_required(browser.login(person).await?)?;
    let waiting = pending(step.request_push(None, false).await?)?;
    let sign_in = async { denied(waiting.wait().await?) };
    let answer = async {
        let request = next_request(inbox).await?;
        show(request.context(), screen);
        phone.authenticator.deny(&request, DenyReason::NotMe).await?;
        screen.say(&format!("{} says: this wasn't me", person.name));
        Ok(())
    };
    let (reason, ()) = tokio::try_join!(sign_in, answer)?;
    ensure(reason == DenyReason::NotMe, "the sign-in was denied for another reason")?;

    // Whoever has the password could ask on until the owner gives in. So push is locked; the codes still work.
    let again = mfa_required(browser.login(person).await?)?;
    let offered: Vec<_> = again.methods().iter().map(|offer| offer.method).collect();
    ensure(offered == [MethodKind::Totp], "approvals are not locked")?;
    again.cancel().await?;
    let alert = stub.mails(&person.email).await?.into_iter().nth(mails_before);
    let alert = alert.ok_or_else(|| DemoError::surprise("no mail tells the owner"))?;
    screen.say("the sign-in is refused, and approvals are locked; codes still work");
    screen.say(&format!("a mail goes to {}: “{}”", person.name, alert.subject));
    Ok(())
}

/// The next request. An app has a loop of this kind for as long as it runs.
async fn next_request(inbox: &PushInbox) -> Result<Request, DemoError> {
    while let Some(event) = inbox.next().await? {
        match event {
            InboxEvent::Request(request) => return Ok(request),
            // An app takes the request off its screen, or shows whether it is online.
            InboxEvent::Closed { .. } | InboxEvent::Connection(_) => {}
        }
    }
    Err(DemoError::surprise("the inbox was closed before a request came"))
}

/// What the phone shows. The server has signed all of it, and so does the answer.
fn show(context: &RequestContext, screen: &Screen) {
    let RequestContext { application, purpose, account, origin, device, requested_at } = context;
    let what = match purpose {
        Purpose::Login => "sign in to",
    };
    let place = origin.place.as_deref().unwrap_or("place unknown");
    let seen = if device.known { "seen before" } else { "not seen before" };
    let time = countersign::protocol::Timestamp::from_seconds(*requested_at);
    screen.say("the phone asks:");
    screen.say(&format!("  │ {what} {application} as {account}?"));
    screen.say(&format!("  │ device  {}, {}, {} ({seen})", device.name, device.os, device.app));
    screen.say(&format!("  │ from    {} ({place})", origin.address));
    screen.say(&format!("  │ asked   {time}"));
}

/// What is shown is what happens.
fn check(context: &RequestContext, person: &Person, browser: &Browser) -> Result<(), DemoError> {
    let same = context.account == person.email.as_str() && context.device.name == browser.name;
    ensure(same && !context.device.known, "the phone shows another account or device")
}
