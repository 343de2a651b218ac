//! A device that was trusted need not show the second factor.

use countersign::{client::Session, protocol::login::TrustGrant, trust::TrustStore};

use super::states::signed_in;
use crate::{
    cast::{Browser, Person},
    error::{DemoError, ensure},
    screen::Screen,
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

/// Looks where the SDK keeps it. An app has no reason to.
async fn trust_token(browser: &Browser, person: &Person) -> Result<TrustGrant, DemoError> {
    let store = TrustStore::new(browser.device.ports(), browser.client.server().clone());
    let grant = store.get(&person.email, browser.client.server_now()?).await?;
    grant.ok_or_else(|| DemoError::surprise("the device keeps no trust token"))
}
