//! The server's routes for authenticators. All of them know their caller by a DPoP proof of its possession key.

use countersign_protocol::{
    fields::IdempotencyKey,
    ids::EnrolmentId,
    push::{Enrolled, PendingRequests, PushEvent, Register, Respond, Responded},
};

use crate::{
    Error,
    client::{
        sse::EventStream,
        transport::{Auth, Call, Transport},
    },
};

/// A server, called by the holder of one possession key.
pub(crate) struct Routes<'a> {
    pub(crate) transport: &'a Transport,
    /// The possession key's name in the signer.
    pub(crate) key: &'a str,
}

impl Routes<'_> {
    pub(crate) async fn register(&self, body: &Register, key: &IdempotencyKey) -> Result<Enrolled, Error> {
        self.transport.call(Call::post("/mfa/push/register", body).by(self.auth()).under(key)).await
    }

    pub(crate) async fn pending(&self) -> Result<PendingRequests, Error> {
        self.transport.call(Call::get("/mfa/push/pending").by(self.auth())).await
    }

    pub(crate) async fn respond(&self, body: &Respond, key: &IdempotencyKey) -> Result<Responded, Error> {
        self.transport.call(Call::post("/mfa/push/respond", body).by(self.auth()).under(key)).await
    }

    pub(crate) async fn remove(&self, id: EnrolmentId) -> Result<(), Error> {
        let path = format!("/mfa/push/devices/{id}");
        self.transport.call(Call::delete(&path).by(self.auth())).await
    }

    pub(crate) async fn events(&self) -> Result<PushEvents, Error> {
        let stream = self.transport.events("/mfa/push/events", self.auth()).await?;
        Ok(PushEvents { stream, spoken: false })
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Dpop { key: self.key }
    }
}

/// What the server tells as it happens.
pub(crate) struct PushEvents {
    stream: EventStream,
    spoken: bool,
}

/// Something that arrived on the stream.
pub(crate) enum Heard {
    /// The first sign of life, told once.
    Something,
    /// An event.
    Event(PushEvent),
}

impl PushEvents {
    /// What is heard next, or `None` when the server has closed the stream. Kinds that are not known are skipped.
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<Option<Heard>, Error> {
        if !self.spoken && self.stream.first_word().await {
            self.spoken = true;
            return Ok(Some(Heard::Something));
        }
        while let Some(event) = self.stream.next().await? {
            if matches!(event.event.as_str(), "request" | "closed") {
                let event = serde_json::from_str(&event.data).map(Heard::Event);
                return event.map(Some).map_err(|error| Error::UnexpectedAnswer {
                    reason: format!("an event cannot be read: {error}"),
                    correlation_id: None,
                });
            }
        }
        Ok(None)
    }

    /// How many pieces were heard so far, comments included.
    pub(crate) fn heard(&self) -> usize {
        self.stream.heard()
    }
}

/// Makes contact, so that the server's time is known before anything is signed for it. Any answer will do, as every
/// one carries the time.
pub(crate) async fn make_contact(transport: &Transport) -> Result<(), Error> {
    match transport.call::<_, ()>(Call::get("/health/live")).await {
        Ok(()) | Err(Error::Refused(_) | Error::UnexpectedAnswer { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
