//! What a finished login gives, and how it ends.

use countersign::{Error, client::Session, protocol::account::SessionEnd};

use super::states::signed_in;
use crate::{
    cast::{Browser, Person},
    error::{DemoError, ensure},
    screen::Screen,
};

const ENTRY: &str = "session.";

/// An app need not do this: a session refreshes itself in time. Gives a copy of the device as it was before.
pub(crate) async fn refresh(
    browser: &Browser,
    session: &Session,
    screen: &Screen,
) -> Result<Browser, DemoError> {
    let before = browser.copy()?;
    session.refresh().await?;
    let replaced = before.device.stored(ENTRY) != browser.device.stored(ENTRY);
    ensure(replaced, "the refresh token was not replaced")?;
    let profile = session.profile().await?;
    screen.say(&format!("{} is still signed in, with new tokens", profile.name));
    Ok(before)
}

/// A refresh token retires once its successor is used. Whoever sends it after that has a copy; which of the two is
/// the owner, the server cannot know, so it ends the session for both.
pub(crate) async fn reuse(
    stolen: &Browser,
    person: &Person,
    session: &Session,
    screen: &Screen,
) -> Result<(), DemoError> {
    session.refresh().await?;
    let copy = resume(stolen, person).await?;
    screen.say("somebody with a copy of the laptop's storage uses its old refresh token");
    ensure_ended(copy.refresh().await, SessionEnd::TokenReused)?;
    ensure_ended(session.profile().await, SessionEnd::TokenReused)?;
    // An app waits for this in the background, and shows its sign-in page.
    let reason = session.ended().await;
    ensure(reason == Some(SessionEnd::TokenReused), "the app is not told why its session ended")?;
    screen.say("the session has ended for both; the laptop's app knows why");
    Ok(())
}

/// A last sign-in, to sign out again.
pub(crate) async fn log_out(browser: &Browser, person: &Person, screen: &Screen) -> Result<(), DemoError> {
    let session = signed_in(browser.login(person).await?, &["pwd", "trusted_device"])?.session;
    let copy = browser.copy()?;
    session.logout().await?;
    ensure_ended(session.profile().await, SessionEnd::LoggedOut)?;
    ensure(browser.device.stored(ENTRY).is_none(), "the device still keeps a session")?;
    ensure_ended(resume(&copy, person).await?.refresh().await, SessionEnd::LoggedOut)?;
    screen.say("the session has ended, on the laptop and on the server");
    Ok(())
}

/// What an app does when it starts: goes on with the session that is on the device.
async fn resume(browser: &Browser, person: &Person) -> Result<Session, DemoError> {
    let session = browser.client.resume_session(&person.email).await?;
    session.ok_or_else(|| DemoError::surprise("the device keeps no session"))
}

fn ensure_ended<T>(answer: Result<T, Error>, expected: SessionEnd) -> Result<(), DemoError> {
    match answer {
        Err(Error::SessionEnded { reason }) if reason == Some(expected) => Ok(()),
        Err(error @ Error::SessionEnded { .. }) => {
            Err(DemoError::surprise(format!("the session ended, but not by {expected:?}: {error:?}")))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(DemoError::surprise("the session goes on")),
    }
}
