//! A device that was trusted need not show the second factor.

use countersign::{
    Error,
    client::Session,
    otp::Totp,
    protocol::{ProblemCode, login::TrustGrant},
    trust::TrustStore,
};

use super::{states::signed_in, totp};
use crate::{
    cast::{Browser, Person},
    error::{DemoError, ensure},
    screen::Screen,
    stub::Stub,
};

/// The app does nothing for it: the login sends the device's trust token by itself and keeps the one that the
/// server gives in its place. Without the device's key a copy of it is worth nothing.
pub(crate) async fn log_in(
    browser: &Browser,
    person: &Person,
    screen: &Screen,
) -> Result<Session, DemoError> {
    let before = trust_token(browser, person).await?;
    let signed_in = signed_in(browser.login(person).await?, &["pwd", "trusted_device"])?;
    screen.say("the password is enough");

    let after = trust_token(browser, person).await?;
    ensure(before.trust_id == after.trust_id, "another trust began")?;
    // EXPOSE: compared, to see that it was replaced.
    ensure(before.token.expose() != after.token.expose(), "the trust token was not replaced")?;
    screen.say("the trust token was replaced by a new one");
    Ok(signed_in.session)
}

/// Trust lets a device skip the second factor, and no more: else whoever takes the laptop could add a factor of their
/// own. So the app drops the trust and signs in with a code; the laptop is trusted anew by it.
pub(crate) async fn prove_again(
    browser: &Browser,
    person: &Person,
    trusted: &Session,
    totp: &Totp,
    stub: &Stub,
    screen: &Screen,
) -> Result<Session, DemoError> {
    match trusted.create_enrolment_ticket().await {
        Err(Error::Refused(refusal)) if refusal.code == ProblemCode::Forbidden => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(DemoError::surprise("a trusted device may add a factor")),
    }
    screen.say("to be trusted is not enough to add a second factor");
    browser.client.forget_trust(&person.email).await?;
    totp::log_in(browser, person, totp, stub, screen).await
}

/// Looks where the SDK keeps it. An app has no reason to.
async fn trust_token(browser: &Browser, person: &Person) -> Result<TrustGrant, DemoError> {
    let store = TrustStore::new(browser.device.ports(), browser.client.server().clone());
    let grant = store.get(&person.email, browser.client.server_now()?).await?;
    grant.ok_or_else(|| DemoError::surprise("the device keeps no trust token"))
}
