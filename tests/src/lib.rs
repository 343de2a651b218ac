//! What the tests of the whole share: a running server, devices with the SDK on them, people who own accounts, and
//! callers that are not the SDK.
//!
//! Everyone in a test lives in the time of the realm that they meet in: [`Realm::advance`] moves the server and its
//! devices together.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what a test cannot set up fails the test"
)]

mod account;
mod device;

pub mod networks;
pub mod path;
pub mod raw;
pub mod windows;

mod realm;

pub use account::{Account, Person, Phone, link_token, mfa_required, next_request, pending, signed_in};
pub use device::Device;
pub use realm::{Mail, Realm, Stage};

/// Makes a test of each case on each database. A case is an `async fn(Realm)`.
#[macro_export]
macro_rules! on_both_databases {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let stage = $crate::Stage::in_memory().await;
                    super::$case(stage.realm()).await;
                    stage.stop().await;
                }
            )+
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(stage) = $crate::Stage::on_postgres().await else { return };
                    super::$case(stage.realm()).await;
                    stage.stop().await;
                }
            )+
        }
    };
}
