use std::sync::Arc;

use countersign::{
    client::{self, login::SignedIn},
    protocol::{
        Timestamp,
        account::UserProfile,
        login::{MethodKind, MethodOffer, Notice},
        push::DenyReason,
    },
};

use crate::Session;

/// Where a login stands, and so what can be done next.
#[derive(Clone, uniffi::Enum)]
pub enum LoginState {
    /// A second factor is to be proven: `submit_code` or `request_push`.
    MfaRequired {
        /// What the user may use, best first.
        methods: Vec<MethodOffer>,
        /// What to offer first.
        recommended: MethodKind,
        /// When the login runs out, in the server's time.
        expires_at: Timestamp,
    },
    /// A call is prepared or was sent, and its answer is not known: `send`.
    Unanswered,
    /// A push request waits for its answer: show `number`, and `wait`.
    Pending {
        /// When the request runs out, in the server's time.
        expires_at: Timestamp,
    },
    /// Signed in.
    Done {
        /// The session, stored on this device.
        session: Arc<Session>,
        /// Who is signed in.
        user: UserProfile,
        /// Methods that were proven: `pwd`, `otp`, `push`, `trusted_device`.
        amr: Vec<String>,
        /// The assurance that they add up to.
        acr: String,
        /// What to tell the user.
        notices: Vec<Notice>,
    },
    /// Somebody denied it on a device. The login is over.
    Denied {
        /// What they said.
        reason: DenyReason,
    },
    /// Its ten minutes are over. Begin again.
    Expired,
    /// The password is right, but the account is locked.
    Locked {
        /// Seconds until it opens.
        retry_after: u64,
    },
    /// The app cancelled it.
    Cancelled,
}

impl From<&client::LoginState> for LoginState {
    fn from(state: &client::LoginState) -> Self {
        match state {
            client::LoginState::MfaRequired(step) => Self::MfaRequired {
                methods: step.methods().to_vec(),
                recommended: step.recommended(),
                expires_at: step.expires_at(),
            },
            client::LoginState::Unanswered(_) => Self::Unanswered,
            client::LoginState::Pending(step) => Self::Pending { expires_at: step.expires_at() },
            client::LoginState::Done(signed_in) => {
                let SignedIn { session, user, amr, acr, notices } = &**signed_in;
                Self::Done {
                    session: Arc::new(Session(session.clone())),
                    user: user.clone(),
                    amr: amr.clone(),
                    acr: acr.clone(),
                    notices: notices.clone(),
                }
            }
            client::LoginState::Denied { reason } => Self::Denied { reason: *reason },
            client::LoginState::Expired => Self::Expired,
            client::LoginState::Locked { retry_after } => Self::Locked { retry_after: *retry_after },
        }
    }
}
