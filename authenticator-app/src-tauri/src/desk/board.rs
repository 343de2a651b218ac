//! What waits for an answer, and how requests arrive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use countersign::{
    ports::Clock,
    protocol::{
        Timestamp,
        coordinates::{Latitude, Longitude},
        ids::{ChallengeId, EnrolmentId},
        push::{Purpose, UserVerification},
    },
    push::{self, Enrolment, InboxEvent, Request},
};

use super::{locked, ports::Notify};
use crate::ipc::{Approval, Connection, ConnectionState, SigningInDevice, Topic};

/// Written by the inboxes, read by everybody. It holds nothing that has to outlive the program: what waits is asked of
/// the servers again.
pub(super) struct Board {
    notify: Arc<dyn Notify>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Oldest first.
    waiting: Vec<Request>,
    connections: BTreeMap<EnrolmentId, Connection>,
}

impl Board {
    pub(super) fn new(notify: Arc<dyn Notify>, clock: Arc<dyn Clock>) -> Self {
        Self { notify, clock, state: Mutex::default() }
    }

    /// The requests that wait, oldest first.
    pub(super) fn waiting(&self) -> Vec<Request> {
        self.state().waiting.clone()
    }

    /// The request of this name.
    pub(super) fn find(&self, challenge: ChallengeId) -> Option<Request> {
        self.state().waiting.iter().find(|request| request.challenge_id() == challenge).cloned()
    }

    pub(super) fn connections(&self) -> Vec<Connection> {
        self.state().connections.values().cloned().collect()
    }

    /// How requests of an enrolment arrive.
    pub(super) fn connection(&self, enrolment: EnrolmentId) -> ConnectionState {
        self.state()
            .connections
            .get(&enrolment)
            .map_or(ConnectionState::Offline, |connection| connection.state)
    }

    /// An enrolment is followed from here on.
    pub(super) fn follow(&self, enrolment: &Enrolment) {
        let connection = Connection {
            application: enrolment.application.to_string(),
            state: ConnectionState::Offline,
            last_heard: None,
        };
        self.state().connections.entry(enrolment.id).or_insert(connection);
        self.notify.changed(Topic::Connection);
    }

    /// Nothing is heard of an enrolment: what it asked cannot be answered now. What still waits comes again with its
    /// inbox.
    pub(super) fn lose(&self, enrolment: EnrolmentId) {
        self.state().waiting.retain(|request| request.enrolment_id() != enrolment);
        self.notify.changed(Topic::Approvals);
        self.connect(enrolment, push::ConnectionState::Offline);
    }

    /// An enrolment is there no more.
    pub(super) fn forget(&self, enrolment: EnrolmentId) {
        let mut state = self.state();
        state.connections.remove(&enrolment);
        state.waiting.retain(|request| request.enrolment_id() != enrolment);
        drop(state);
        for topic in [Topic::Accounts, Topic::Connection, Topic::Approvals] {
            self.notify.changed(topic);
        }
    }

    /// Takes what an inbox tells. `server_now` is the time of that server.
    pub(super) fn take(&self, enrolment: EnrolmentId, event: InboxEvent, server_now: Timestamp) {
        match event {
            InboxEvent::Request(request) => self.arrive(request, server_now),
            InboxEvent::Closed { challenge_id, .. } => self.close(challenge_id),
            InboxEvent::Connection(state) => self.connect(enrolment, state),
        }
    }

    /// A request that waits no more.
    pub(super) fn close(&self, challenge: ChallengeId) {
        self.state().waiting.retain(|request| request.challenge_id() != challenge);
        // The history has changed also where the request was gone already.
        self.notify.changed(Topic::Approvals);
    }

    fn arrive(&self, request: Request, server_now: Timestamp) {
        let told = approval(&request, server_now);
        let mut state = self.state();
        if state.waiting.iter().any(|waiting| waiting.challenge_id() == request.challenge_id()) {
            return;
        }
        state.waiting.push(request);
        state.waiting.sort_by_key(Request::issued_at);
        drop(state);
        self.notify.arrived(&told);
        self.notify.changed(Topic::Approvals);
    }

    fn connect(&self, enrolment: EnrolmentId, told: push::ConnectionState) {
        let state = match told {
            push::ConnectionState::Live => ConnectionState::Live,
            push::ConnectionState::Polling => ConnectionState::Polling,
            push::ConnectionState::Offline => ConnectionState::Offline,
        };
        let now = self.clock.now().as_millis();
        if let Some(connection) = self.state().connections.get_mut(&enrolment) {
            // It was heard until now, unless it never was.
            if state != ConnectionState::Offline || connection.state != ConnectionState::Offline {
                connection.last_heard = Some(now);
            }
            connection.state = state;
        }
        self.notify.changed(Topic::Connection);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

/// A request as a page shows it.
pub(super) fn approval(request: &Request, server_now: Timestamp) -> Approval {
    let context = request.context();
    Approval {
        challenge_id: request.challenge_id().to_string(),
        application: context.application.to_string(),
        purpose: match context.purpose {
            Purpose::Login => "login".to_owned(),
        },
        account: context.account.clone(),
        address: context.origin.address.clone(),
        place: context.origin.place.clone(),
        latitude: context.origin.latitude.map(Latitude::degrees),
        longitude: context.origin.longitude.map(Longitude::degrees),
        device: SigningInDevice {
            name: context.device.name.to_string(),
            os: context.device.os.to_string(),
            app: context.device.app.to_string(),
            known: context.device.known,
        },
        requested_at: Timestamp::from_seconds(context.requested_at).as_millis(),
        expires_at: request.expires_at().as_millis(),
        digits: request.number_digits(),
        verifies_user: request.user_verification() == UserVerification::Required,
        now: server_now.as_millis(),
    }
}
