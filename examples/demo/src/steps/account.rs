//! Getting an account, and signing in with its password.

use countersign::{
    client::Session,
    protocol::{ProblemCode, account::SignUp, fields::OpaqueToken, login::Notice},
};

use super::states::signed_in;
use crate::{
    cast::{Browser, Person},
    error::{DemoError, ensure, ensure_refused},
    screen::Screen,
    stub::Stub,
};

/// A new organisation with its first user.
pub(crate) async fn sign_up(browser: &Browser, person: &Person, screen: &Screen) -> Result<(), DemoError> {
    let sign_up = SignUp {
        company: person.company.clone(),
        admin_email: person.email.clone(),
        name: person.name.clone(),
        password: person.password.clone(),
    };
    let accepted = browser.client.sign_up(&sign_up).await?;
    screen.say(&format!("a mail goes to {}", accepted.sent_to));
    ensure(!accepted.sent_to.contains(person.email.as_str()), "the answer shows the whole address")
}

/// The app is opened by the link in the mail and hands its token over.
pub(crate) async fn activate(
    browser: &Browser,
    person: &Person,
    stub: &Stub,
    screen: &Screen,
) -> Result<(), DemoError> {
    let mails = stub.mails(&person.email).await?;
    let link = mails.iter().find_map(|mail| {
        let link = mail.links.first()?;
        screen.say(&format!("the mail arrives: “{}”", mail.subject));
        Some(link)
    });
    let token = link.and_then(|link| link.split_once("token="));
    let (_, token) = token.ok_or_else(|| DemoError::surprise("no mail with a link arrived"))?;
    let token: OpaqueToken = token.parse()?;

    browser.client.activate(token.clone()).await?;
    screen.say("the account is open; the link does not work a second time");
    ensure_refused(browser.client.activate(token).await, ProblemCode::InvalidLink)
}

/// There is no second factor yet, so the password is enough. The server recommends to set one up.
pub(crate) async fn log_in(
    browser: &Browser,
    person: &Person,
    screen: &Screen,
) -> Result<Session, DemoError> {
    let signed_in = signed_in(browser.login(person).await?, &["pwd"])?;
    screen.say(&format!("“{}” is signed in as {}", browser.name, signed_in.user.name));
    let recommended = signed_in.notices.contains(&Notice::MfaSetupRecommended);
    ensure(recommended, "nobody recommends a second factor")?;
    Ok(signed_in.session)
}
