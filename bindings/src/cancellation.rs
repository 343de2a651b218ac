use std::{future::pending, sync::Arc};

use tokio_util::sync::CancellationToken;

/// Ends calls that wait, from outside. Made for languages whose own cancellation does not reach the SDK.
///
/// Give it to a call, and `cancel` it when nobody waits any more: at once or later, even before the call has begun.
#[derive(uniffi::Object, Default)]
pub struct Cancellation(CancellationToken);

#[uniffi::export]
impl Cancellation {
    /// Nothing is cancelled yet.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the calls that it was given to, and those that it will be given to.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Returns when it is cancelled; without one, never.
pub(crate) async fn cancelled(cancellation: Option<Arc<Cancellation>>) {
    match cancellation {
        Some(cancellation) => cancellation.0.cancelled().await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_ends_calls_that_wait_and_calls_that_begin_later() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let cancellation = Arc::new(Cancellation::new());
        runtime.block_on(async {
            let waiting = tokio::spawn(cancelled(Some(cancellation.clone())));
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            cancellation.cancel();
            waiting.await.unwrap();
            cancelled(Some(cancellation)).await;
        });
    }
}
