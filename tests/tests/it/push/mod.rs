//! Push approval between the SDK's authenticator and the server: what counts, what does not, and who is told.

mod by_hand;
mod decisions;
mod forgeries;
mod limits;
mod streams;
