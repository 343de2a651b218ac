use countersign::{
    Error,
    ports::Ports,
    protocol::push::{DenyReason, DeviceKind},
    push::{Authenticator, InboxEvent, Request},
};

/// Enrols this device by the link that a signed-in user is shown, and answers one request. `ask` shows it, and gives
/// the number that the user typed, or `None` if they did not sign in.
pub async fn answer_one(
    link: &str,
    ports: Ports,
    ask: impl AsyncFn(&Request) -> Option<String>,
) -> Result<(), Error> {
    let authenticator = Authenticator::new(ports);
    let enrolment = authenticator.enroll(&link.parse()?, "Mia's phone".parse()?, DeviceKind::Mobile).await?;
    let inbox = authenticator.inbox(enrolment.id).await?;
    while let Some(event) = inbox.next().await? {
        let InboxEvent::Request(request) = event else { continue };
        match ask(&request).await {
            Some(number) => authenticator.approve(&request, number.parse()?).await?,
            None => authenticator.deny(&request, DenyReason::NotMe).await?,
        }
        inbox.close();
    }
    Ok(())
}
