//! The app without its windows: everything that the pages can ask for, on ports that a test can fake.
//!
//! | part | what it does |
//! |---|---|
//! | `lock` | the vault: first run, locked, open, damaged, or out of reach for now |
//! | `codes`, `add`, `trash` | the list of codes, what comes into it, and what was thrown away |
//! | `approver`, `board` | enrolments, one inbox task each, and what waits |
//! | `approvals`, `accounts` | what the pages ask of those |
//! | `ways`, `recovery` | what opens the vault; the recovery code, until it is kept |
//! | `storage` | keyring or sealed file for what works while the app is locked |
//! | `clipboard`, `idle`, `settings` | copied codes, locking by itself, what the person chose |
//!
//! A [`Desk`] holds nothing that a crash could lose: codes are in the vault before a call returns, an enrolment is kept
//! before the server hears of it and is finished at the next start, and a request waits at the server until an answer
//! has counted.

mod accounts;
mod add;
mod approvals;
mod approver;
mod board;
mod clipboard;
mod codes;
mod error;
mod idle;
mod lock;
mod opening;
mod ports;
mod recovery;
mod settings;
mod storage;
mod task;
#[cfg(test)]
mod tests;
mod trash;
mod ways;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use countersign::Error;
use tokio::sync::{MappedMutexGuard, Notify as Bell, watch};

use self::{
    add::Recognitions,
    approver::Approver,
    board::Board,
    clipboard::CopiedCode,
    idle::Idle,
    lock::{Open, State},
    recovery::RecoveryNote,
    settings::SettingsFile,
    task::Task,
};
use crate::ipc::{ClockNotice, Keyring as KeyringStatus, Lock, Settings, Status, Topic};
pub use error::DeskError;
pub use ports::{Clipboard, ClipboardError, DeskPorts, Keyring, Notify};
pub use settings::SettingsError;

const LOG_TARGET: &str = "countersign::app";
/// From here on a wrong clock is worth a line: the last seconds of a code would be wrong.
const NOTICED: i64 = 5_000;
/// An enrolment link is never longer.
const LONGEST_LINK: usize = 2048;

/// The app. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    ports: DeskPorts,
    state: tokio::sync::Mutex<State>,
    /// The state as it was told last; `None` before it was looked at.
    told: Mutex<Option<Lock>>,
    keyring: watch::Sender<Option<KeyringStatus>>,
    settings: Mutex<Settings>,
    settings_file: SettingsFile,
    recovery: RecoveryNote,
    idle: Idle,
    /// Rung when there may be something else to wait for before locking.
    rearm: Arc<Bell>,
    recognitions: Mutex<Recognitions>,
    clipboard: CopiedCode,
    board: Arc<Board>,
    approvals: Mutex<Approvals>,
    link: Mutex<Option<String>>,
    tasks: Mutex<Vec<Task>>,
}

/// Whether enrolments are within reach.
enum Approvals {
    NotYet,
    Running(Arc<Approver>),
    Broken(Error),
}

impl Desk {
    /// The app whose things are in this folder. Nothing is read but the settings; call [`Desk::start`].
    pub fn new(ports: DeskPorts) -> Self {
        let settings_file = SettingsFile::new(&ports.folder, ports.files.clone());
        let (clock, random) = (ports.clock.clone(), ports.random.clone());
        Self(Arc::new(Inner {
            state: tokio::sync::Mutex::new(State::Unread),
            told: Mutex::default(),
            keyring: watch::Sender::new(None),
            settings: Mutex::new(settings_file.read(&*ports.log)),
            settings_file,
            recovery: RecoveryNote::read(&ports.folder, ports.files.clone()),
            idle: Idle::new(clock.clone()),
            rearm: Arc::default(),
            recognitions: Mutex::new(Recognitions::new(clock.clone(), random)),
            clipboard: CopiedCode::new(&ports),
            board: Arc::new(Board::new(ports.notify.clone(), clock)),
            approvals: Mutex::new(Approvals::NotYet),
            link: Mutex::default(),
            tasks: Mutex::default(),
            ports,
        }))
    }

    /// Begins what runs by itself: it looks for the vault, follows the accounts as soon as they are within reach, and
    /// locks when nobody uses the app.
    pub async fn start(&self) {
        let (desk, weak) = (self.clone(), Arc::downgrade(&self.0));
        let keyring = Task::spawn(async move {
            desk.look_for_keyring().await;
        });
        self.tasks().extend([keyring, Task::spawn(lock_when_idle(weak))]);
        self.settle().await;
    }

    /// What every page needs to know. A damaged vault is a state, and so is one that cannot be read now.
    pub async fn status(&self) -> Status {
        self.settle().await;
        let told = locked(&self.0.told).clone();
        let lock = told.unwrap_or(Lock::FirstRun { keyring: self.keyring() });
        let open = matches!(lock, Lock::Open { .. });
        let offset = self.offset().await;
        Status {
            lock,
            settings: self.settings(),
            connections: self.board().connections(),
            waiting: self.waiting(),
            clock: (offset.abs() >= NOTICED).then_some(ClockNotice { seconds: -offset / 1000 }),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            recovery_pending: open && self.0.recovery.is_pending(),
            pending_link: locked(&self.0.link).clone().filter(|_| open),
        }
    }

    /// How many sign-ins wait.
    pub fn waiting(&self) -> usize {
        self.board().waiting().len()
    }

    /// Somebody uses the app.
    pub fn touch(&self) {
        self.0.idle.touch();
    }

    /// Takes what the person chose.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Settings`]; the former settings then stay.
    pub async fn set_settings(&self, settings: Settings) -> Result<(), DeskError> {
        drop(self.used().await?);
        self.0.settings_file.write(&settings)?;
        *locked(&self.0.settings) = settings;
        self.0.rearm.notify_one();
        self.changed(Topic::Settings);
        self.changed(Topic::Codes);
        Ok(())
    }

    /// What the person chose.
    pub fn settings(&self) -> Settings {
        locked(&self.0.settings).clone()
    }

    /// An enrolment link that another program handed over. It waits until the app is open and the person has seen what
    /// it is; a later one takes its place.
    pub fn hand_over(&self, link: &str) {
        if link.len() <= LONGEST_LINK && link.starts_with("countersign:") {
            *locked(&self.0.link) = Some(link.to_owned());
            self.changed(Topic::Link);
        }
    }

    /// The vault, open. Used by nobody: the time until the app locks goes on.
    async fn open(&self) -> Result<MappedMutexGuard<'_, Open>, DeskError> {
        if self.time_until_lock().is_some_and(|left| left.is_zero()) {
            self.lock().await;
        }
        let state = self.0.state.lock().await;
        tokio::sync::MutexGuard::try_map(state, |state| match state {
            State::Open(open) => Some(&mut **open),
            _ => None,
        })
        .map_err(|_| DeskError::Locked)
    }

    /// The vault, open, for something that a person does.
    async fn used(&self) -> Result<MappedMutexGuard<'_, Open>, DeskError> {
        let open = self.open().await?;
        self.touch();
        Ok(open)
    }

    /// What is left until the app locks itself; `None` where it does not.
    fn time_until_lock(&self) -> Option<Duration> {
        let open = matches!(*locked(&self.0.told), Some(Lock::Open { .. }));
        let minutes = self.settings().auto_lock_minutes.filter(|_| open)?;
        Some(self.0.idle.left(Duration::from_mins(minutes.into())))
    }

    /// How many milliseconds the servers are ahead of this device.
    async fn offset(&self) -> i64 {
        match self.approver() {
            Ok(approver) => approver.offset().await,
            Err(_) => 0,
        }
    }

    /// The enrolments, where they are within reach.
    fn approver(&self) -> Result<Arc<Approver>, DeskError> {
        match &*locked(&self.0.approvals) {
            Approvals::NotYet => Err(DeskError::Locked),
            Approvals::Running(approver) => Ok(approver.clone()),
            Approvals::Broken(error) => Err(error.clone().into()),
        }
    }

    /// A link that was looked at waits no more, whatever it turned out to be.
    fn take_link(&self, looked_at: &str) {
        if locked(&self.0.link).take_if(|link| *link == looked_at).is_some() {
            self.changed(Topic::Link);
        }
    }

    fn ports(&self) -> &DeskPorts {
        &self.0.ports
    }

    fn board(&self) -> &Board {
        &self.0.board
    }

    fn clipboard(&self) -> &CopiedCode {
        &self.0.clipboard
    }

    fn recognitions(&self) -> MutexGuard<'_, Recognitions> {
        locked(&self.0.recognitions)
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        locked(&self.0.tasks)
    }

    fn changed(&self, topic: Topic) {
        self.0.ports.notify.changed(topic);
    }
}

/// Ends with the desk.
async fn lock_when_idle(desk: Weak<Inner>) {
    loop {
        let Some(inner) = desk.upgrade() else { return };
        let (desk, clock, rearm) = (Desk(inner.clone()), inner.ports.clock.clone(), inner.rearm.clone());
        let left = desk.time_until_lock();
        if left.is_some_and(|left| left.is_zero()) {
            desk.lock().await;
            continue;
        }
        drop((desk, inner));
        match left {
            Some(left) => tokio::select! {
                () = clock.sleep(left) => {}
                () = rearm.notified() => {}
            },
            None => rearm.notified().await,
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
