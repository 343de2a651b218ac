//! First run, unlocking and locking.

use std::{mem, sync::Arc, time::Duration};

use countersign::{
    crypto::SoftwareSigner,
    ports::{Level, NoStorage, NoVerifier, Ports, SecureStorage},
    vault::TRASH_KEPT,
};
use tokio::sync::MutexGuard;

use super::{
    Approvals, Desk, DeskError, LOG_TARGET,
    approver::Approver,
    lock::{self, Creation, Place, State},
    locked, recovery,
    storage::{self, NoteError, SlotKeys, sealed_file},
};
use crate::ipc::{CreateVault, Keyring, Lock, RecoveryCode, Topic, Unlock, Way};

const VAULT: &str = "countersign.vault";
/// For how long the first page waits for the keyring to say how it is.
const KEYRING_ANSWERS: Duration = Duration::from_millis(500);

impl Desk {
    /// The first run: makes the vault, and decides where accounts are kept: in the keyring where it answers now.
    ///
    /// # Errors
    /// [`DeskError::AlreadySetUp`], [`DeskError::NoKeyring`], [`DeskError::Sdk`] with the field that is wrong.
    pub async fn create_vault(&self, chosen: &CreateVault) -> Result<RecoveryCode, DeskError> {
        let creation = Creation::new(chosen, self.ports().cost)?;
        let place = match (self.look_for_keyring().await, chosen) {
            (Keyring::Ready, _) => storage::Place::Keyring,
            (_, CreateVault::Passphrase { .. }) => storage::Place::File,
            (Keyring::Locked { reason } | Keyring::Absent { reason }, CreateVault::Keyring) => {
                return Err(DeskError::NoKeyring { reason });
            }
        };
        let (mut guard, state, mut decided) = self.step().await;
        if let State::FirstRun = state {
            // Before the vault: a crash between the two leaves a first run.
            place.write(&self.ports().folder, &*self.ports().files)?;
            self.0.recovery.set_kept(false)?;
            decided = Some(place);
        }
        let (state, outcome) = state.create(&self.vault_place(Ok(decided)), creation).await;
        *guard = state;
        self.stepped(&mut guard, decided).await;
        drop(guard);
        Ok(recovery::shown(&outcome?))
    }

    /// Opens the vault.
    ///
    /// # Errors
    /// [`DeskError::NotSetUp`], [`DeskError::Damaged`], [`DeskError::Sdk`] for a wrong key; it stays locked.
    pub async fn unlock(&self, given: &Unlock) -> Result<(), DeskError> {
        let (way, key) = lock::key(given)?;
        let (mut guard, state, place) = self.step().await;
        let (state, outcome) = state.unlock(way, &key).await;
        *guard = state;
        self.touch();
        if let State::Open(open) = &mut *guard
            && let Err(error) = open.vault.purge_older_than(TRASH_KEPT).await
        {
            self.warn(&format!("the trash is as it was: {error}"));
        }
        self.stepped(&mut guard, place).await;
        drop(guard);
        if outcome.is_err() && way == Way::Keyring {
            self.look_for_keyring().await;
        }
        outcome
    }

    /// Wipes the key of the vault and what was recognised, and then a copied code: a clipboard that does not answer
    /// keeps nothing open. What waits is still told; what is not open stays as it is.
    pub async fn lock(&self) {
        self.recognitions().clear();
        let (mut guard, state, place) = self.step().await;
        *guard = state.lock();
        self.stepped(&mut guard, place).await;
        drop(guard);
        self.clipboard().clear().await;
    }

    /// Looks at the vault if nobody has done so yet, or if it could not be used.
    pub(super) async fn settle(&self) {
        match &*locked(&self.0.told) {
            None | Some(Lock::Damaged { .. } | Lock::Unavailable { .. }) => {}
            Some(_) => return,
        }
        let mut known = self.0.keyring.subscribe();
        tokio::select! {
            _ = known.wait_for(Option::is_some) => {}
            () = self.ports().clock.sleep(KEYRING_ANSWERS) => {}
        }
        let (mut guard, state, place) = self.step().await;
        *guard = state;
        self.stepped(&mut guard, place).await;
    }

    /// Asks the keyring how it is, and tells.
    pub(super) async fn look_for_keyring(&self) -> Keyring {
        let keyring = self.ports().keyring.clone();
        let found = tokio::task::spawn_blocking(move || keyring.probe()).await;
        let found = found.unwrap_or_else(|_| Keyring::Absent { reason: "the app shut down".to_owned() });
        self.0.keyring.send_replace(Some(found.clone()));
        let told = match &mut *locked(&self.0.told) {
            Some(Lock::FirstRun { keyring } | Lock::Locked { keyring, .. }) => {
                mem::replace(keyring, found.clone()) != found
            }
            _ => false,
        };
        if told {
            self.changed(Topic::Lock);
        }
        found
    }

    pub(super) fn keyring(&self) -> Keyring {
        let waiting = || Keyring::Locked { reason: "it has not answered yet".to_owned() };
        self.0.keyring.borrow().clone().unwrap_or_else(waiting)
    }

    /// The state, taken out for a step that consumes it. Whoever takes it puts its successor in its place.
    async fn step(&self) -> (MutexGuard<'_, State>, State, Option<storage::Place>) {
        let mut guard = self.0.state.lock().await;
        let storage = storage::Place::read(&self.ports().folder, &*self.ports().files);
        let decided = storage.as_ref().ok().copied().flatten();
        let state = mem::replace(&mut *guard, State::Unread).read(&self.vault_place(storage)).await;
        (guard, state, decided)
    }

    /// After a step: brings within reach what the new state allows, and tells.
    async fn stepped(&self, state: &mut State, storage: Option<storage::Place>) {
        self.reach(state, storage).await;
        let now = state.told(self.keyring());
        if locked(&self.0.told).replace(now.clone()) != Some(now) {
            self.0.rearm.notify_one();
            self.changed(Topic::Lock);
            self.changed(Topic::Codes);
        }
    }

    /// Follows the accounts from the first moment at which their keys can be read. They stay within reach while the
    /// app is locked, so that requests can be listed and denied.
    async fn reach(&self, state: &mut State, storage: Option<storage::Place>) {
        if self.approver().is_ok() {
            return;
        }
        let entries = match (state, storage) {
            (State::Locked(_) | State::Open(_), Some(storage::Place::Keyring)) => {
                Ok(self.ports().keyring.storage())
            }
            (State::Open(open), Some(storage::Place::File)) => sealed_file(self.ports(), &open.vault).await,
            _ => return,
        };
        *locked(&self.0.approvals) = match entries {
            Ok(entries) => {
                let approver = Approver::start(self.sdk_ports(entries), self.0.board.clone());
                Approvals::Running(Arc::new(approver))
            }
            Err(error) => {
                self.warn(&format!("accounts are out of reach: {error}"));
                Approvals::Broken(error)
            }
        };
        self.changed(Topic::Accounts);
    }

    fn vault_place(&self, storage: Result<Option<storage::Place>, NoteError>) -> Place {
        let keyring = &self.ports().keyring;
        let entries: Arc<dyn SecureStorage> = match storage {
            Ok(Some(storage::Place::Keyring)) => keyring.storage(),
            Ok(Some(storage::Place::File)) => Arc::new(SlotKeys(keyring.clone())),
            Ok(None) | Err(_) => Arc::new(NoStorage),
        };
        Place { path: self.ports().folder.join(VAULT), ports: self.sdk_ports(entries), storage }
    }

    /// The SDK's ports, over these entries. Nobody can be verified by finger or face here.
    fn sdk_ports(&self, storage: Arc<dyn SecureStorage>) -> Ports {
        let ports = self.ports();
        Ports {
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            http: ports.http.clone(),
            signer: Arc::new(SoftwareSigner::new(storage.clone(), ports.random.clone())),
            storage,
            verifier: Arc::new(NoVerifier),
            signals: ports.signals.clone(),
            log: ports.log.clone(),
        }
    }

    fn warn(&self, line: &str) {
        self.ports().log.log(Level::Warning, LOG_TARGET, line);
    }
}
