//! Everything around a desk: what it is given, and what a test does to that.

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use countersign::{
    crypto::kdf::Argon2Cost,
    ports::{
        Clock, Http, HttpError, HttpRequest, HttpResponse, HttpStream, NoStorage, OsFiles, SecureStorage,
        SystemRandom,
    },
    protocol::{Problem, ProblemCode, Secret},
    testing::{FixedClock, FixedSignals, MemoryLog, MemoryStorage, ScriptedHttp},
};
use countersign_tests::Realm;
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::{
    desk::{Clipboard, ClipboardError, Desk, DeskPorts, Keyring, Notify},
    ipc::{self, Approval, Topic},
};

/// A room that stays when the desk in it is exchanged.
pub(super) struct Room {
    folder: TempDir,
    pub(super) clock: Arc<dyn Clock>,
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
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock,
            cable: Arc::new(Cable::new(http)),
            keyring: Arc::default(),
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
            files: Arc::new(OsFiles),
            keyring: self.keyring.clone(),
            clipboard: self.clipboard.clone(),
            notify: self.told.clone(),
            cost: Argon2Cost::new(8, 1, 1).unwrap(),
        });
        desk.start().await;
        desk
    }

    /// A room with what would be there if the power failed now.
    pub(super) fn after_power_cut(&self) -> Self {
        let there = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: self.clock.clone(),
            cable: Arc::new(Cable::new(self.cable.http.clone())),
            keyring: Arc::new(self.keyring.copy()),
            clipboard: Arc::default(),
            told: Arc::default(),
            log: Arc::default(),
        };
        for file in fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), there.folder.path().join(file.file_name())).unwrap();
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
}

impl FakeKeyring {
    pub(super) fn is(&self, status: ipc::Keyring) {
        self.storage.set_locked(status != ipc::Keyring::Ready);
        *self.status.lock().unwrap() = status;
    }

    fn copy(&self) -> Self {
        let storage = MemoryStorage::default();
        for (name, value) in self.storage.entries() {
            storage.set(&name, &value).unwrap();
        }
        Self { storage, status: Mutex::new(self.status.lock().unwrap().clone()) }
    }
}

impl Default for FakeKeyring {
    fn default() -> Self {
        Self { storage: MemoryStorage::default(), status: Mutex::new(ipc::Keyring::Ready) }
    }
}

impl Keyring for FakeKeyring {
    fn probe(&self) -> ipc::Keyring {
        self.status.lock().unwrap().clone()
    }

    fn storage(&self) -> Arc<dyn SecureStorage> {
        match self.probe() {
            ipc::Keyring::Absent { .. } => Arc::new(NoStorage),
            _ => Arc::new(self.storage.clone()),
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
    plugged: watch::Sender<bool>,
    /// Answers until one is lost and the cable is out.
    left: Mutex<Option<usize>>,
    forgotten: AtomicBool,
}

impl Cable {
    fn new(http: Arc<dyn Http>) -> Self {
        Self {
            http,
            plugged: watch::Sender::new(true),
            left: Mutex::default(),
            forgotten: AtomicBool::default(),
        }
    }

    pub(super) fn plug(&self, plugged: bool) {
        self.plugged.send_replace(plugged);
    }

    /// Lets the server act on the `nth` request from now, 1 being the next, and loses its answer and all that follows.
    pub(super) fn pull_at_answer(&self, nth: usize) {
        *self.left.lock().unwrap() = Some(nth);
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
        let plugged = *self.plugged.borrow();
        if plugged { Ok(()) } else { Err(HttpError::Unreachable { reason: "the cable is out".to_owned() }) }
    }

    /// One more answer has arrived, unless it is the one that is lost.
    fn arrive(&self) -> Result<(), HttpError> {
        let mut left = self.left.lock().unwrap();
        *left = left.map(|left| left - 1);
        if *left == Some(0) {
            *left = None;
            self.plug(false);
            return Err(HttpError::Interrupted { reason: "the cable was pulled".to_owned() });
        }
        Ok(())
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
        self.arrive()?;
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
        let pulled = async move {
            // An end of the cable itself pulls it too.
            let _ = plugged.wait_for(|plugged| !plugged).await;
        };
        Ok(HttpStream { status, headers, body: body.take_until(Box::pin(pulled)).boxed() })
    }
}
