use std::sync::Arc;

use countersign::{
    protocol::{
        Timestamp,
        enroll_uri::EnrollUri,
        fields::{DisplayName, MatchNumber, ServerUrl},
        ids::{ChallengeId, EnrolmentId},
        push::{
            self as protocol, ChallengeState, DenyReason, DeviceKind, Purpose, RequestDevice,
            UserVerification,
        },
    },
    push::{self, ConnectionState, Outcome},
};

use crate::{CountersignError, Ports};

/// An account on a server whose requests this device may answer.
pub type Enrolment = push::Enrolment;

/// An account on a server whose requests this device may answer.
#[uniffi::remote(Record)]
pub struct Enrolment {
    /// Names it, on the server as well.
    pub id: EnrolmentId,
    /// The server or realm.
    pub server: ServerUrl,
    /// Who asks for approvals.
    pub application: DisplayName,
    /// The user, as shown at sign-in.
    pub account: String,
    /// When it was enrolled, by the server's clock.
    pub enrolled_at: Timestamp,
    /// Whether it can approve what requires the user to be verified.
    pub verifies_user: bool,
}

/// One request of the past, or one that waits.
pub type HistoryEntry = push::HistoryEntry;

/// One request of the past, or one that waits.
#[uniffi::remote(Record)]
pub struct HistoryEntry {
    /// The enrolment that was asked.
    pub enrolment_id: EnrolmentId,
    /// Names the request.
    pub challenge_id: ChallengeId,
    /// Who asked.
    pub application: DisplayName,
    /// The user, as shown at sign-in.
    pub account: String,
    /// What it was for.
    pub purpose: Purpose,
    /// The network address that the sign-in came from.
    pub address: String,
    /// Its place, where it was known.
    pub place: Option<String>,
    /// What the device that signed in called itself. Texts are cut to 60 characters.
    pub device: String,
    /// The operating system of that device.
    pub os: String,
    /// The application on it.
    pub app: String,
    /// Whether that device had signed in to the account before.
    pub known: bool,
    /// When it was asked for, by the server's clock.
    pub requested_at: Timestamp,
    /// When its end was learned of, by the server's clock.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What became of an enrolment that was left half-done.
#[derive(uniffi::Enum)]
pub enum Resumed {
    /// It is finished.
    Enrolled {
        /// The enrolment.
        enrolment: Enrolment,
    },
    /// It is not. After an error that is `retryable` it is still there to be resumed.
    Failed {
        /// Why.
        error: CountersignError,
    },
}

/// What waits for an answer on one enrolment.
#[derive(uniffi::Record)]
pub struct Listing {
    /// Requests that were verified, oldest first.
    pub requests: Vec<Arc<Request>>,
    /// Why others were not believed. They are never shown.
    pub refused: Vec<CountersignError>,
}

/// Approves and denies sign-ins for any number of accounts on any number of servers.
///
/// There should be one for one storage at a time. Call `resume` when the app starts.
#[derive(uniffi::Object)]
pub struct Authenticator(push::Authenticator);

#[uniffi::export(async_runtime = "tokio")]
impl Authenticator {
    /// The authenticator whose enrolments are kept behind these ports. Nothing is read or sent yet.
    #[uniffi::constructor]
    pub fn new(ports: &Ports) -> Self {
        Self(push::Authenticator::new(ports.core.clone()))
    }

    /// Enrols this device with the server that the link names. `name` is what the user calls the device.
    ///
    /// The user is verified where the device can. If the answer is lost, call it again with the same link, or
    /// `resume`: the device is enrolled once. Fails with `Refused` for a ticket that is no longer good, and with
    /// `NotAuthentic` if the server is not the one that made the link.
    pub async fn enroll(
        &self,
        uri: EnrollUri,
        name: DisplayName,
        kind: DeviceKind,
    ) -> Result<Enrolment, CountersignError> {
        Ok(self.0.enroll(&uri, name, kind).await?)
    }

    /// Finishes what a crash or a lost connection left half-done, and clears away what cannot be finished.
    pub async fn resume(&self) -> Result<Vec<Resumed>, CountersignError> {
        let outcomes = self.0.resume().await?.into_iter();
        Ok(outcomes
            .map(|outcome| match outcome {
                Ok(enrolment) => Resumed::Enrolled { enrolment },
                Err(error) => Resumed::Failed { error: error.into() },
            })
            .collect())
    }

    /// Every enrolment that the server has confirmed, oldest first.
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, CountersignError> {
        Ok(self.0.enrolments().await?)
    }

    /// Removes an enrolment on the server and here.
    pub async fn remove(&self, id: EnrolmentId) -> Result<(), CountersignError> {
        Ok(self.0.remove(id).await?)
    }

    /// What waits for an answer now. Asks nobody to verify themselves.
    pub async fn pending(&self, id: EnrolmentId) -> Result<Listing, CountersignError> {
        let push::Listing { requests, refused } = self.0.pending(id).await?;
        Ok(Listing {
            requests: requests.into_iter().map(|request| Arc::new(Request(request))).collect(),
            refused: refused.into_iter().map(Into::into).collect(),
        })
    }

    /// The request that a notification of FCM or APNs told of; nothing where it does not wait any more. Hand over the
    /// notification's data as JSON (UTF-8), with whatever else it carries. Works in the short time that a phone gives
    /// to a notification, and asks nobody to verify themselves.
    ///
    /// An open inbox of the enrolment tells of the request as well, once. The same notification gives the same request
    /// again: name what is shown by its `challenge_id`. Fails with `InvalidInput` for what is no such notification
    /// (`payload`) or of an enrolment that is not on this device (`enrolment_id`), and with `NotAuthentic` for a
    /// request that is not believed.
    pub async fn pushed(&self, payload: Vec<u8>) -> Result<Option<Arc<Request>>, CountersignError> {
        Ok(self.0.pushed(&payload).await?.map(|request| Arc::new(Request(request))))
    }

    /// What was asked of one enrolment, or of all of them, newest first: the last requests of each that this
    /// device has seen, with how they ended. At most 200 of each are told; where their texts are very long, fewer, but
    /// not under 40.
    #[uniffi::method(default(of = None))]
    pub async fn history(&self, of: Option<EnrolmentId>) -> Result<Vec<HistoryEntry>, CountersignError> {
        Ok(self.0.history(of).await?)
    }

    /// One stream of all that happens to an enrolment's requests. Close it when it is not needed any more.
    pub async fn inbox(&self, id: EnrolmentId) -> Result<Arc<PushInbox>, CountersignError> {
        Ok(Arc::new(PushInbox(self.0.inbox(id).await?)))
    }

    /// Approves a request with the number that the user typed from the sign-in page. The user is verified as far as
    /// the request asks.
    ///
    /// May be called again after a `retryable` error: the same answer counts once. Fails with `NotVerified`, with
    /// `RequestClosed`, and with `Refused` and the code `WrongNumber`, which closes the request.
    pub async fn approve(&self, request: &Request, number: MatchNumber) -> Result<(), CountersignError> {
        Ok(self.0.approve(&request.0, number).await?)
    }

    /// Denies a request. `NotMe` locks approvals for the account and raises an alert. Nobody has to verify
    /// themselves for it.
    pub async fn deny(&self, request: &Request, reason: DenyReason) -> Result<(), CountersignError> {
        Ok(self.0.deny(&request.0, reason).await?)
    }
}

/// What an inbox gives.
#[derive(uniffi::Enum)]
pub enum InboxEvent {
    /// A new request: show it. Each comes once.
    Arrived {
        /// The request.
        request: Arc<Request>,
    },
    /// A request that was shown is closed: take it away.
    Closed {
        /// Which.
        challenge_id: ChallengeId,
        /// How it was closed. Nothing if it was answered elsewhere or replaced while there was no connection.
        state: Option<ChallengeState>,
    },
    /// How new requests are learned of has changed.
    Connection {
        /// How they are learned of now.
        state: ConnectionState,
    },
}

/// The requests of one enrolment as they come and go.
#[derive(uniffi::Object)]
pub struct PushInbox(push::PushInbox);

#[uniffi::export(async_runtime = "tokio")]
impl PushInbox {
    /// Waits for what happens next; nothing once the inbox is closed or its enrolment was removed.
    ///
    /// Fails with `NotAuthentic` and `UnexpectedAnswer` for what the server sent and was not believed; go on with the
    /// next call. Being offline is no error but an event.
    pub async fn next(&self) -> Result<Option<InboxEvent>, CountersignError> {
        let event = self.0.next().await?;
        Ok(event.map(|event| match event {
            push::InboxEvent::Request(request) => InboxEvent::Arrived { request: Arc::new(Request(request)) },
            push::InboxEvent::Closed { challenge_id, state } => InboxEvent::Closed { challenge_id, state },
            push::InboxEvent::Connection(state) => InboxEvent::Connection { state },
        }))
    }

    /// Closes the connection and ends a waiting `next`.
    pub fn close(&self) {
        self.0.close();
    }
}

/// A request for approval whose signature was checked under the keys that the enrolment pinned.
#[derive(uniffi::Object)]
pub struct Request(push::Request);

/// What a request shows, all of it under the server's signature. Show all of it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RequestContext {
    /// Who asks.
    pub application: DisplayName,
    /// What it is for.
    pub purpose: Purpose,
    /// The user, as shown at sign-in.
    pub account: String,
    /// The network address that the sign-in comes from.
    pub address: String,
    /// Its place, such as "Berlin, Germany", where it is known.
    pub place: Option<String>,
    /// Degrees north of the equator, to a tenth, where the place is known.
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich, to a tenth; there exactly when `latitude` is.
    pub longitude: Option<f64>,
    /// The device that signs in, as it describes itself.
    pub device: RequestDevice,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// The device that signs in.
#[uniffi::remote(Record)]
pub struct RequestDevice {
    /// What it calls itself.
    pub name: DisplayName,
    /// Its operating system.
    pub os: DisplayName,
    /// The application on it.
    pub app: DisplayName,
    /// Whether it has signed in to this account before.
    pub known: bool,
}

#[uniffi::export]
impl Request {
    /// The enrolment that is asked.
    pub fn enrolment_id(&self) -> EnrolmentId {
        self.0.enrolment_id()
    }

    /// Names the request.
    pub fn challenge_id(&self) -> ChallengeId {
        self.0.challenge_id()
    }

    /// Who asks, for whom, from where, on which device, when and what for.
    pub fn context(&self) -> RequestContext {
        let protocol::RequestContext { application, purpose, account, origin, device, requested_at } =
            self.0.context().clone();
        RequestContext {
            application,
            purpose,
            account,
            address: origin.address,
            place: origin.place,
            latitude: origin.latitude.map(Into::into),
            longitude: origin.longitude.map(Into::into),
            device,
            requested_at: Timestamp::from_seconds(requested_at),
        }
    }

    /// How many digits the number has that sign-in shows, 2 to 6. Let it be typed, not picked.
    pub fn number_digits(&self) -> u8 {
        self.0.number_digits()
    }

    /// Whether approving asks the user for finger, face or PIN.
    pub fn user_verification(&self) -> UserVerification {
        self.0.user_verification()
    }

    /// When it was made, by the server's clock.
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at()
    }

    /// To be answered before this moment of the server's clock.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at()
    }
}
