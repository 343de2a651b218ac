//! What the server asks its devices, and how it tells them.

use bytes::Bytes;
use countersign_protocol::{
    claims::{Header, RequestClaims, typ},
    ids::ChallengeId,
    push::{ChallengeState, Origin, Purpose, PushEvent, RequestContext, RequestDevice, UserVerification},
};
use serde::Serialize;
use tokio::sync::mpsc;

use super::server::{Server, URL};
use crate::ports::HttpError;

impl Server {
    /// Asks for an approval, and gives its id.
    pub(super) fn ask(&self, id: u128) -> ChallengeId {
        let claims = self.claims(id);
        let challenge = claims.jti;
        self.ask_signed(self.sign_request("push 1", &claims));
        challenge
    }

    pub(super) fn ask_signed(&self, signed: String) {
        self.state().pending.push(signed);
    }

    /// Closes all open requests without a word.
    pub(super) fn close_all(&self) {
        self.state().pending.clear();
    }

    pub(super) fn claims(&self, id: u128) -> RequestClaims {
        let now = self.now();
        RequestClaims {
            iss: URL.parse().unwrap(),
            aud: Self::enrolment_id(),
            jti: ChallengeId::from_parts(2, id),
            iat: now,
            exp: now + 60,
            number_digits: 2,
            user_verification: UserVerification::Discouraged,
            context: RequestContext {
                application: "Acme".parse().unwrap(),
                purpose: Purpose::Login,
                account: "mia@example.com".to_owned(),
                origin: Origin {
                    address: "192.0.2.1".to_owned(),
                    place: Some("Berlin".to_owned()),
                    latitude: 52.5.try_into().ok(),
                    longitude: 13.4.try_into().ok(),
                },
                device: RequestDevice {
                    name: "Laptop".parse().unwrap(),
                    os: "Debian 12".parse().unwrap(),
                    app: "Firefox".parse().unwrap(),
                    known: false,
                },
                requested_at: now,
            },
        }
    }

    pub(super) fn sign_request(&self, key: &str, claims: &impl Serialize) -> String {
        self.sign(key, &Header::new(typ::REQUEST).versioned().with_kid(self.kid(key)), claims)
    }

    /// Opens the way for one more event stream, and gives its other end.
    pub(super) fn offer_stream(&self) -> Events {
        let events = self.offer_held_stream();
        events.send_text(": hello\n\n");
        events
    }

    /// The same, but a proxy holds back what is said on it, until it is sent by [`Events::send_text`].
    pub(super) fn offer_held_stream(&self) -> Events {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.state().streams.push(receiver);
        Events(sender)
    }
}

/// The server's end of an event stream. Dropping it closes the stream.
pub(super) struct Events(mpsc::UnboundedSender<Result<Bytes, HttpError>>);

impl Events {
    pub(super) fn send(&self, challenge_id: ChallengeId, state: ChallengeState) {
        let name = if state == ChallengeState::Open { "request" } else { "closed" };
        let data = serde_json::to_string(&PushEvent { challenge_id, state }).unwrap();
        self.send_text(&format!(": still here\n\nevent: {name}\ndata: {data}\n\n"));
    }

    pub(super) fn send_text(&self, text: &str) {
        self.0.send(Ok(Bytes::copy_from_slice(text.as_bytes()))).unwrap();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}
