//! The enrolments at work: one inbox task each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use countersign::{
    Error,
    ports::{Level, Ports},
    protocol::{
        ProblemCode, Timestamp, enroll_uri::EnrollUri, fields::DisplayName, ids::EnrolmentId,
        push::DeviceKind,
    },
    push::{Authenticator, Enrolment},
};

use super::{LOG_TARGET, board::Board, locked, task::Task};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Follows every enrolment that is kept in one storage.
pub(super) struct Approver {
    shared: Shared,
    #[cfg_attr(not(test), expect(dead_code, reason = "it ends when this is dropped"))]
    beginning: Task,
}

/// What the tasks work with. They end when the approver is dropped.
#[derive(Clone)]
struct Shared {
    authenticator: Authenticator,
    board: Arc<Board>,
    ports: Ports,
    inboxes: Arc<Mutex<HashMap<EnrolmentId, Task>>>,
}

impl Approver {
    /// Begins to follow what is enrolled, and finishes what the last run of the app left half-done.
    pub(super) fn start(ports: Ports, board: Arc<Board>) -> Self {
        let authenticator = Authenticator::new(ports.clone());
        let shared = Shared { authenticator, board, ports, inboxes: Arc::default() };
        let beginning = shared.clone();
        Self { shared, beginning: Task::spawn(async move { beginning.begin().await }) }
    }

    /// Whether nothing of the last run is left to be done.
    #[cfg(test)]
    pub(super) fn has_begun(&self) -> bool {
        self.beginning.is_finished()
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.shared.authenticator
    }

    /// Enrols, and follows the account from there on.
    pub(super) async fn enrol(&self, link: &EnrollUri, name: DisplayName) -> Result<Enrolment, Error> {
        let enrolment = self.shared.authenticator.enroll(link, name, DeviceKind::Desktop).await?;
        self.shared.follow(&enrolment);
        Ok(enrolment)
    }

    /// Removes an account, here and on the server.
    pub(super) async fn remove(&self, id: EnrolmentId) -> Result<(), Error> {
        self.shared.authenticator.remove(id).await?;
        self.shared.inboxes().remove(&id);
        self.shared.board.forget(id);
        Ok(())
    }

    /// The time of the server of an enrolment; that of this device while the server was not heard of.
    pub(super) async fn server_now(&self, id: EnrolmentId) -> Timestamp {
        self.shared.server_now(id).await
    }

    /// How many milliseconds the servers are ahead of this device: the middle one of all, and of two middle ones the one
    /// nearer to this device. A single server whose clock is far off changes nothing as long as there is another. One
    /// that was not heard of since the start counts as right.
    pub(super) async fn offset(&self) -> i64 {
        let followed: Vec<_> = self.shared.inboxes().keys().copied().collect();
        let mut offsets = Vec::with_capacity(followed.len());
        for id in followed {
            let server = self.shared.server_now(id).await;
            offsets.push(server.as_millis() - self.shared.ports.clock.now().as_millis());
        }
        middle(offsets)
    }
}

impl Drop for Approver {
    fn drop(&mut self) {
        // The tasks hold the map that holds them.
        self.shared.inboxes().clear();
    }
}

impl Shared {
    /// Tries until everything is followed and nothing is half-done: storage may be locked and servers away at the start.
    async fn begin(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.resume().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => self.log(&format!("enrolments cannot be read yet: {error}")),
            }
            self.ports.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether nothing is left to be done later.
    async fn resume(&self) -> Result<bool, Error> {
        for enrolment in self.authenticator.enrolments().await? {
            self.follow(&enrolment);
        }
        let mut finished = true;
        for outcome in self.authenticator.resume().await? {
            match outcome {
                Ok(enrolment) => self.follow(&enrolment),
                Err(error) => {
                    self.log(&format!("an enrolment is not finished: {error}"));
                    finished &= !error.retryable();
                }
            }
        }
        Ok(finished)
    }

    fn follow(&self, enrolment: &Enrolment) {
        let mut inboxes = self.inboxes();
        if inboxes.contains_key(&enrolment.id) {
            return;
        }
        self.board.follow(enrolment);
        let (shared, id) = (self.clone(), enrolment.id);
        inboxes.insert(id, Task::spawn(async move { shared.keep_following(id).await }));
    }

    /// Until the account is removed here. What ends an inbox before that may be over after a pause: a keyring that was
    /// locked, or a server that was set up from an older copy and does not know the device for a while. An account is
    /// never removed for what a server says: that is for the person to do.
    async fn keep_following(self, id: EnrolmentId) {
        let clock = self.ports.clock.clone();
        let mut pause = FIRST_PAUSE;
        loop {
            let since = clock.monotonic();
            let Err(error) = self.read_inbox(id).await else { return };
            self.log(&format!("an account cannot be followed now: {error}"));
            self.board.lose(id);
            if clock.monotonic().saturating_sub(since) > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn read_inbox(&self, id: EnrolmentId) -> Result<(), Error> {
        let inbox = self.authenticator.inbox(id).await?;
        loop {
            match inbox.next().await {
                Ok(Some(event)) => self.board.take(id, event, self.server_now(id).await),
                Ok(None) => return Ok(()),
                Err(Error::Refused(refusal)) if refusal.code == ProblemCode::EnrolmentNotFound => {
                    return Err(Error::Refused(refusal));
                }
                Err(error) => self.log(&format!("not shown: {error}")),
            }
        }
    }

    async fn server_now(&self, id: EnrolmentId) -> Timestamp {
        self.authenticator.server_time(id).await.unwrap_or_else(|_| self.ports.clock.now())
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<EnrolmentId, Task>> {
        locked(&self.inboxes)
    }

    fn log(&self, line: &str) {
        self.ports.log.log(Level::Warning, LOG_TARGET, line);
    }
}

/// Of an even number, the one of the middle two that is nearer to zero.
fn middle(mut offsets: Vec<i64>) -> i64 {
    offsets.sort_unstable();
    let upper = offsets.len() / 2;
    let lower = offsets.len().saturating_sub(1) / 2;
    let middle = [lower, upper].into_iter().filter_map(|at| offsets.get(at));
    middle.min_by_key(|offset| offset.unsigned_abs()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_that_is_far_off_changes_nothing_as_long_as_there_is_another() {
        const HOUR: i64 = 3_600_000;
        for (offsets, expected) in [
            (vec![], 0),
            (vec![2_000], 2_000),
            (vec![2_000, HOUR], 2_000),
            (vec![-HOUR, 2_000], 2_000),
            (vec![-2_000, -HOUR], -2_000),
            (vec![HOUR, 1_000, 2_000], 2_000),
            (vec![-HOUR, 3_000, HOUR, 1_000], 1_000),
        ] {
            assert_eq!(middle(offsets.clone()), expected, "{offsets:?}");
        }
    }
}
