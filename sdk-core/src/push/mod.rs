//! Push approval, the side of the authenticator.
//!
//! An [`Authenticator`] is enrolled with any number of servers from `countersign://enroll` links. It then lists what
//! waits ([`Authenticator::pending`]), follows what happens ([`PushInbox`]), and approves or denies.
//!
//! What it believes is anchored in the link: the thumbprint of the server's *enrolment root*. The root signs a
//! receipt of the enrolment and versioned sets of push keys; a set never goes back. A [`Request`] exists only once
//! one of these keys was seen to have signed it for this enrolment, and the answer signs the hash of exactly that
//! request. So nothing that is shown can be swapped, and nothing that is answered can be used for something else.
//!
//! On a phone a notification wakes the app with ids only; [`Authenticator::pushed`] makes a request of it. What was
//! asked and how it ended is kept: [`Authenticator::history`].
//!
//! Each enrolment has a possession key, usable at any time, and where the device can verify its user a verification
//! key, used only after [`UserVerifier::verify`](crate::ports::UserVerifier::verify). Listing and denying need the
//! first alone; approving follows the request.

mod active;
mod answering;
mod authenticator;
mod enrolment;
mod error;
mod history;
mod inbox;
mod key_set;
mod pushed;
mod records;
mod request;
mod response;
mod routes;

pub use active::Listing;
pub use authenticator::Authenticator;
pub use enrolment::Enrolment;
pub use history::{HistoryEntry, Outcome};
pub use inbox::{ConnectionState, InboxEvent, PushInbox};
pub use request::Request;

#[cfg(test)]
mod tests;
