//! When a call is made again, and how long to wait before.

use std::time::Duration;

use countersign_protocol::ProblemCode;

use super::error::TransportError;
use crate::ports::{HttpError, Random, RandomError};

/// How often a call is repeated after its first attempt.
pub(super) const RETRIES: u32 = 3;

/// The longest wait that a server may ask for; a longer one is for the caller to decide on.
const LONGEST_WISH: Duration = Duration::from_secs(5);

const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// How long to wait before repeating a call that failed with `error`, having been repeated `retries` times. `None`
/// if repeating cannot help. Whether repeating is *safe* is for the caller to know.
pub(super) fn pause(
    error: &TransportError,
    retries: u32,
    random: &dyn Random,
) -> Result<Option<Duration>, RandomError> {
    let wish = match error {
        TransportError::Http(HttpError::Interrupted { .. } | HttpError::TimedOut) => Duration::ZERO,
        TransportError::Gateway { retry_after, .. } => Duration::from_secs(retry_after.unwrap_or(0)),
        TransportError::Problem(problem) if problem.code == ProblemCode::Unavailable => {
            Duration::from_secs(problem.retry_after.unwrap_or(0))
        }
        _ => return Ok(None),
    };
    if retries >= RETRIES || wish > LONGEST_WISH {
        return Ok(None);
    }
    Ok(Some(jittered(FIRST_PAUSE * 2_u32.pow(retries), random)?.max(wish)))
}

/// Between half of `pause` and all of it, so that clients that failed together do not come back together.
fn jittered(pause: Duration, random: &dyn Random) -> Result<Duration, RandomError> {
    let share = u32::from(u16::from_be_bytes(random.bytes()?));
    Ok(pause / 2 + pause / 2 * share / u32::from(u16::MAX))
}
