//! Reading what a mobile notification brought.

use countersign_protocol::{InvalidField, push::PushPayload};

/// The most that FCM and APNs carry, in bytes.
const LONGEST: usize = 4096;

/// Which request the notification is about. It proves nothing.
pub(super) fn read(payload: &[u8]) -> Result<PushPayload, InvalidField> {
    let refused = |problem| {
        let fix = "hand over the data of the notification as JSON, unchanged";
        InvalidField::new("payload", problem, fix)
    };
    if payload.len() > LONGEST {
        return Err(refused("is longer than 4,096 bytes"));
    }
    serde_json::from_slice(payload).map_err(|_| refused("names no request of Countersign"))
}
