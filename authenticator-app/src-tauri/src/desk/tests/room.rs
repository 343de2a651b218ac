//! Everything around a desk: what it is given, and what a test does to that.

use std::{
    fs,
    io::ErrorKind,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use countersign::{
    crypto::kdf::Argon2Cost,
    ports::{
        Clock, Http, HttpError, HttpRequest, HttpResponse, HttpStream, NoStorage, SecureStorage, SystemRandom,
    },
    protocol::{Problem, ProblemCode, Secret},
    testing::{FixedClock, FixedSignals, MemoryLog, MemoryStorage, ScriptedHttp},
};
use countersign_tests::Realm;
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::sync::watch;

use super::mains::{Mains, PoweredFiles, PoweredStorage};
use crate::{
    desk::{Clipboard, ClipboardError, Desk, DeskPorts, Keyring, Notify},
    ipc::{self, Approval, Topic},
};

/// A room that stays when the desk in it is exchanged.
pub(super) struct Room {
    folder: TempDir,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) mains: Arc<Mains>,
    pub(super) cable: Arc<Cable>,
    pub(super) keyring: Arc<FakeKeyring>,
    pub(super) clipboard: Arc<FakeClipboard>,
    pub(super) told: Arc<Told>,
    log: Arc<MemoryLog>,
}

impl Room {
    /// Nobody else is there; time stands still.
    pub(super) fn alone() -> (Self, Arc<FixedClock>) {
        let clock = Arc::new(FixedClock::default());
        (Self::new(clock.clone(), Arc::new(ScriptedHttp::default())), clock)
    }

    /// In the time and on the network of a realm.
    pub(super) fn in_realm(realm: &Realm) -> Self {
        Self::new(realm.clock(), realm.http())
    }

    fn new(clock: Arc<dyn Clock>, http: Arc<dyn Http>) -> Self {
        Self::with(clock, http, MemoryStorage::default(), ipc::Keyring::Ready)
    }

    fn with(
        clock: Arc<dyn Clock>,
        http: Arc<dyn Http>,
        storage: MemoryStorage,
        status: ipc::Keyring,
    ) -> Self {
        let mains = Arc::<Mains>::default();
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock,
            cable: Arc::new(Cable::new(http, mains.clone())),
            keyring: Arc::new(FakeKeyring { storage, status: Mutex::new(status), mains: mains.clone() }),
            mains,
            clipboard: Arc::default(),
            told: Arc::default(),
            log: Arc::default(),
        }
    }

    /// The app is started.
    pub(super) async fn desk(&self) -> Desk {
        let desk = Desk::new(DeskPorts {
            folder: self.folder.path().to_owned(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom::default()),
            http: self.cable.clone(),
            signals: Arc::new(FixedSignals::default()),
            log: self.log.clone(),
            files: Arc::new(PoweredFiles(self.mains.clone())),
            keyring: self.keyring.clone(),
            clipboard: self.clipboard.clone(),
            notify: self.told.clone(),
            cost: Argon2Cost::new(8, 1, 1).unwrap(),
        });
        desk.start().await;
        desk
    }

    /// A room with what is there if the power fails now. The desk is not shut first.
    pub(super) fn after_power_cut(&self, desk: Desk) -> Self {
        let there = self.copy();
        drop(desk);
        there
    }

    /// A room with the same things.
    pub(super) fn copy(&self) -> Self {
        let storage = MemoryStorage::default();
        for (name, value) in self.keyring.storage.entries() {
            storage.set(&name, &value).unwrap();
        }
        let there = Self::with(self.clock.clone(), self.cable.http.clone(), storage, self.keyring.probe());
        for file in fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            match fs::copy(file.path(), there.folder.path().join(file.file_name())) {
                // One that is being written has just taken its place.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
        there
    }

    /// The lines that were logged.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lines().into_iter().map(|(_, line)| line).collect()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What pages, tray and notifications would be told.
#[derive(Default)]
pub(super) struct Told {
    topics: watch::Sender<Vec<Topic>>,
    pub(super) arrived: Mutex<Vec<Approval>>,
}

impl Told {
    /// Waits until something is so, looking again whenever something has changed.
    pub(super) async fn until(&self, mut so: impl AsyncFnMut() -> bool) {
        let mut topics = self.topics.subscribe();
        loop {
            topics.borrow_and_update();
            if so().await {
                return;
            }
            topics.changed().await.unwrap();
        }
    }

    pub(super) fn topics(&self) -> Vec<Topic> {
        self.topics.borrow().clone()
    }

    pub(super) fn was_told(&self, topic: Topic) -> bool {
        self.topics.borrow().contains(&topic)
    }
}

impl Notify for Told {
    fn changed(&self, topic: Topic) {
        self.topics.send_modify(|topics| topics.push(topic));
    }

    fn arrived(&self, approval: &Approval) {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).push(approval.clone());
    }
}

/// A keyring that is there, until it is not.
pub(super) struct FakeKeyring {
    pub(super) storage: MemoryStorage,
    status: Mutex<ipc::Keyring>,
    mains: Arc<Mains>,
}

impl FakeKeyring {
    pub(super) fn is(&self, status: ipc::Keyring) {
        self.storage.set_locked(status != ipc::Keyring::Ready);
        *self.status.lock().unwrap() = status;
    }
}

impl Keyring for FakeKeyring {
    fn probe(&self) -> ipc::Keyring {
        self.status.lock().unwrap().clone()
    }

    fn storage(&self) -> Arc<dyn SecureStorage> {
        match self.probe() {
            ipc::Keyring::Absent { .. } => Arc::new(NoStorage),
            _ => Arc::new(PoweredStorage(self.storage.clone(), self.mains.clone())),
        }
    }
}

/// A clipboard of text.
#[derive(Default)]
pub(super) struct FakeClipboard {
    text: Mutex<Option<String>>,
    pub(super) broken: AtomicBool,
}

impl FakeClipboard {
    pub(super) fn now(&self) -> Option<String> {
        self.text.lock().unwrap().clone()
    }

    pub(super) fn copy_by_hand(&self, text: &str) {
        *self.text.lock().unwrap() = Some(text.to_owned());
    }

    fn check(&self) -> Result<(), ClipboardError> {
        let broken = self.broken.load(Ordering::Relaxed);
        if broken { Err(ClipboardError { reason: "the test said so".to_owned() }) } else { Ok(()) }
    }
}

impl Clipboard for FakeClipboard {
    fn text(&self) -> Result<Option<Secret<String>>, ClipboardError> {
        self.check().map(|()| self.now().map(Secret::new))
    }

    fn image(&self) -> Result<Option<Vec<u8>>, ClipboardError> {
        self.check().map(|()| None)
    }

    fn put(&self, text: &str) -> Result<(), ClipboardError> {
        self.check().map(|()| self.copy_by_hand(text))
    }

    fn clear(&self) -> Result<(), ClipboardError> {
        self.check().map(|()| *self.text.lock().unwrap() = None)
    }
}

/// A network cable that can be pulled: what is open breaks, and nothing new gets through.
pub(super) struct Cable {
    http: Arc<dyn Http>,
    mains: Arc<Mains>,
    plugged: watch::Sender<bool>,
    forgotten: AtomicBool,
}

impl Cable {
    fn new(http: Arc<dyn Http>, mains: Arc<Mains>) -> Self {
        Self { http, mains, plugged: watch::Sender::new(true), forgotten: AtomicBool::default() }
    }

    pub(super) fn plug(&self, plugged: bool) {
        self.plugged.send_replace(plugged);
    }

    /// Whether the server says that it does not know the device.
    pub(super) fn forget(&self, forgotten: bool) {
        self.forgotten.store(forgotten, Ordering::Relaxed);
    }

    fn forgotten(&self) -> Option<HttpResponse> {
        self.forgotten.load(Ordering::Relaxed).then(|| {
            let problem = Problem::new(ProblemCode::EnrolmentNotFound, "the test said so");
            HttpResponse {
                status: problem.status,
                headers: vec![("content-type".to_owned(), "application/problem+json".to_owned())],
                body: serde_json::to_vec(&problem).unwrap().into(),
            }
        })
    }

    fn check(&self) -> Result<(), HttpError> {
        self.power()?;
        let plugged = *self.plugged.borrow();
        if plugged { Ok(()) } else { Err(HttpError::Unreachable { reason: "the cable is out".to_owned() }) }
    }

    fn power(&self) -> Result<(), HttpError> {
        self.mains.pass(|reason| HttpError::Interrupted { reason: reason.to_owned() })
    }
}

#[async_trait::async_trait]
impl Http for Cable {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.check()?;
        if let Some(refusal) = self.forgotten() {
            return Ok(refusal);
        }
        let answer = self.http.send(request).await;
        self.power()?;
        answer
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        self.check()?;
        if let Some(HttpResponse { status, headers, body }) = self.forgotten() {
            let body = futures_util::stream::iter([Ok(body)]).boxed();
            return Ok(HttpStream { status, headers, body });
        }
        let mut plugged = self.plugged.subscribe();
        let HttpStream { status, headers, body } = self.http.stream(request).await?;
        self.power()?;
        let pulled = async move {
            // An end of the cable itself pulls it too.
            let _ = plugged.wait_for(|plugged| !plugged).await;
        };
        Ok(HttpStream { status, headers, body: body.take_until(Box::pin(pulled)).boxed() })
    }
}
