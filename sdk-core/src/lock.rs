use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value, also after a panic while it was held: no lock of this crate is held over a change that could be left
/// half-done.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
