//! A second factor: codes that change every 30 seconds, RFC 6238.

use std::time::Duration;

use countersign::{
    client::Session,
    otp::{Totp, TotpEntry},
    protocol::{fields::OneTimeCode, login::MethodKind},
};

use super::states::{mfa_required, signed_in};
use crate::{
    cast::{Browser, Person},
    error::{DemoError, ensure},
    screen::Screen,
    stub::Stub,
};

/// The server makes a secret and shows it as a QR code. It counts once the user has typed a code made with it.
pub(crate) async fn enrol(browser: &Browser, session: &Session, screen: &Screen) -> Result<Totp, DemoError> {
    let setup = session.start_totp(Some("Code generator".parse()?)).await?;

    // Any app that reads `otpauth://` could do this; here it is the SDK's own.
    // EXPOSE: read into the generator, which keeps it as a secret.
    let parsed = TotpEntry::parse(setup.otpauth_uri.expose())?;
    let (issuer, account) = (parsed.entry.issuer().unwrap_or("?"), parsed.entry.account());
    screen.say(&format!("the QR code is for {account} at {issuer}"));
    let totp = parsed.entry.totp().clone();

    session.confirm_totp(setup.method_id, code(browser, &totp, screen)?).await?;
    let methods = session.methods().await?;
    let enabled = methods.iter().any(|method| method.method_id == setup.method_id);
    ensure(enabled, "the code generator is not among the methods")?;
    Ok(totp)
}

/// Password, code, and the wish not to be asked again on this device.
pub(crate) async fn log_in(
    browser: &Browser,
    person: &Person,
    totp: &Totp,
    stub: &Stub,
    screen: &Screen,
) -> Result<Session, DemoError> {
    // The code that confirmed the generator is used up. A person would wait for the next one.
    stub.advance_clock(Duration::from_secs(totp.period().as_seconds())).await?;

    let step = mfa_required(browser.login(person).await?)?;
    ensure(step.recommended() == MethodKind::Totp, "the server does not ask for a code")?;
    let code = code(browser, totp, screen)?;
    let state = step.submit_code(MethodKind::Totp, code, true).await?;
    let signed_in = signed_in(state, &["pwd", "otp"])?;
    screen.say("password and code are good");
    let trusted = browser.client.is_trusted(&person.email).await?;
    ensure(trusted, "the device keeps no trust token")?;
    screen.say(&format!("“{}” is trusted from now on", browser.name));
    Ok(signed_in.session)
}

/// The code at the server's time, which the SDK has learned from the answers so far.
fn code(browser: &Browser, totp: &Totp, screen: &Screen) -> Result<OneTimeCode, DemoError> {
    let code = totp.code_at(browser.client.server_now()?);
    // EXPOSE: the person in this story reads it from the screen.
    screen.say(&format!("the code is {}", code.grouped().expose()));
    Ok(code.expose().parse()?)
}
