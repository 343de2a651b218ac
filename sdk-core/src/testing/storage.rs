use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use crate::{
    lock::locked,
    ports::{SecureStorage, StorageError, check_value},
};

/// Secure storage in memory. A clone shows the same entries, as a second process or a restarted app does.
///
/// It holds callers to the contract of the port: single-line ASCII of at most 2,048 bytes.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    entries: BTreeMap<String, String>,
    locked: bool,
    /// Sets until one fails.
    sets_left: Option<usize>,
}

impl MemoryStorage {
    /// The `nth` call of [`SecureStorage::set`] from now fails, 1 being the next; those after it work again.
    pub fn fail_set(&self, nth: usize) {
        locked(&self.0).sets_left = Some(nth);
    }

    /// Locks or unlocks: a locked storage answers every call with [`StorageError::Locked`].
    pub fn set_locked(&self, is_locked: bool) {
        locked(&self.0).locked = is_locked;
    }

    /// All entries, by name.
    pub fn entries(&self) -> BTreeMap<String, String> {
        locked(&self.0).entries.clone()
    }
}

impl SecureStorage for MemoryStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        let state = locked(&self.0);
        state.check_lock()?;
        Ok(state.entries.get(name).cloned())
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        let mut state = locked(&self.0);
        state.check_lock()?;
        check_value(value)?;
        if let Some(left) = state.sets_left.take() {
            if left <= 1 {
                return Err(broken("the test said so"));
            }
            state.sets_left = Some(left - 1);
        }
        state.entries.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let mut state = locked(&self.0);
        state.check_lock()?;
        state.entries.remove(name);
        Ok(())
    }
}

impl State {
    fn check_lock(&self) -> Result<(), StorageError> {
        if self.locked { Err(StorageError::Locked { reason: "the test said so".to_owned() }) } else { Ok(()) }
    }
}

fn broken(reason: &str) -> StorageError {
    StorageError::Broken { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nth_set_fails_and_leaves_the_former_value() {
        let storage = MemoryStorage::default();
        storage.fail_set(2);
        storage.set("a", "1").unwrap();
        assert!(storage.set("a", "2").is_err());
        assert_eq!(storage.clone().get("a").unwrap().as_deref(), Some("1"));
        storage.set("a", "3").unwrap();
        storage.remove("a").unwrap();
        assert!(storage.entries().is_empty());
    }

    #[test]
    fn it_does_what_every_storage_does() {
        let storage = MemoryStorage::default();
        crate::testing::storage_conformance::run(&|| Box::new(storage.clone()));
    }

    #[test]
    fn what_no_keyring_holds_is_refused() {
        let storage = MemoryStorage::default();
        for value in ["two\nlines", "ümlaut", &"x".repeat(2049)] {
            assert!(storage.set("a", value).is_err());
        }
        storage.set_locked(true);
        assert!(matches!(storage.get("a"), Err(StorageError::Locked { .. })));
    }
}
