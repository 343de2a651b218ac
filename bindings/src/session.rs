use std::sync::Arc;

use countersign::{
    client,
    protocol::{
        Timestamp,
        account::{SessionEnd, UserProfile},
        fields::{DisplayName, Email, OneTimeCode},
        ids::{EnrolmentId, MethodId, SessionId, TenantId, UserId},
        login::{MethodKind, MethodOffer},
        push::{self, DeviceKind, EnrolledDevice},
        totp,
    },
};

use crate::{Cancellation, CountersignError, cancellation::cancelled};

/// Who is signed in.
#[uniffi::remote(Record)]
pub struct UserProfile {
    /// The user.
    pub user_id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// Address to sign in with.
    pub email: Email,
    /// Name to show.
    pub name: DisplayName,
    /// Roles in the organisation: `admin`, `member`.
    pub roles: Vec<String>,
}

/// One enrolled factor.
#[uniffi::remote(Record)]
pub struct MethodOffer {
    /// The factor.
    pub method_id: MethodId,
    /// Its kind.
    pub method: MethodKind,
    /// What the user calls it.
    pub label: String,
}

/// One enrolled authenticator of the user.
#[uniffi::remote(Record)]
pub struct EnrolledDevice {
    /// Names the enrolment.
    pub enrolment_id: EnrolmentId,
    /// What the user calls it.
    pub name: DisplayName,
    /// What it is.
    pub kind: DeviceKind,
    /// Enrolled at.
    pub created_at: Timestamp,
}

/// A signed-in user on this device. It refreshes itself, and outlives the app: `Client.resume_session` finds it.
#[derive(uniffi::Object)]
pub struct Session(pub(crate) client::Session);

#[uniffi::export(async_runtime = "tokio")]
impl Session {
    /// The session's id, as the server lists it.
    pub fn id(&self) -> SessionId {
        self.0.id()
    }

    /// Who is signed in.
    pub async fn profile(&self) -> Result<UserProfile, CountersignError> {
        Ok(self.0.profile().await?)
    }

    /// The user's enrolled factors, oldest first.
    pub async fn methods(&self) -> Result<Vec<MethodOffer>, CountersignError> {
        Ok(self.0.methods().await?)
    }

    /// Begins to enrol a code generator. Show the QR code; the factor counts only after `confirm_totp`.
    pub async fn start_totp(&self, label: Option<DisplayName>) -> Result<Arc<TotpSetup>, CountersignError> {
        Ok(Arc::new(TotpSetup(self.0.start_totp(label).await?)))
    }

    /// Enables the code generator by its first code.
    ///
    /// Fails with `Refused` and the code `WrongCode`: ask for the next code.
    pub async fn confirm_totp(&self, method_id: MethodId, code: OneTimeCode) -> Result<(), CountersignError> {
        Ok(self.0.confirm_totp(method_id, code).await?)
    }

    /// A ticket for one authenticator. Show its QR code, or hand its link to the authenticator on this device.
    pub async fn create_enrolment_ticket(&self) -> Result<Arc<EnrolmentTicket>, CountersignError> {
        Ok(Arc::new(EnrolmentTicket(self.0.create_enrolment_ticket().await?)))
    }

    /// The user's authenticators, oldest first.
    pub async fn enrolled_devices(&self) -> Result<Vec<EnrolledDevice>, CountersignError> {
        Ok(self.0.enrolled_devices().await?)
    }

    /// Takes an authenticator off the account, wherever it is. That it is gone already is no error.
    pub async fn remove_enrolled_device(&self, id: EnrolmentId) -> Result<(), CountersignError> {
        Ok(self.0.remove_enrolled_device(id).await?)
    }

    /// Replaces the access token now. There is no need to: each call does so when it must.
    pub async fn refresh(&self) -> Result<(), CountersignError> {
        Ok(self.0.refresh().await?)
    }

    /// Returns when the session is over, with the reason where the server told one; and with nothing when it is
    /// cancelled.
    #[uniffi::method(default(cancellation = None))]
    pub async fn ended(&self, cancellation: Option<Arc<Cancellation>>) -> Option<SessionEnd> {
        tokio::select! {
            reason = self.0.ended() => reason,
            () = cancelled(cancellation) => None,
        }
    }

    /// Signs out: the server ends the session, and this device forgets it.
    ///
    /// Fails with `Offline` or `Interrupted` when the server cannot be told. Try again, or `forget` it here.
    pub async fn logout(&self) -> Result<(), CountersignError> {
        Ok(self.0.logout().await?)
    }

    /// Removes the session from this device alone. On the server it lives until it expires or is revoked.
    pub async fn forget(&self) -> Result<(), CountersignError> {
        Ok(self.0.forget().await?)
    }
}

/// The secret to put into a code generator, given once.
#[derive(uniffi::Object)]
pub struct TotpSetup(totp::TotpSetup);

#[uniffi::export]
impl TotpSetup {
    /// The factor, not yet enabled.
    pub fn method_id(&self) -> MethodId {
        self.0.method_id
    }

    /// `otpauth://totp/…` with all parameters.
    pub fn otpauth_uri(&self) -> String {
        // EXPOSE: shown to the user once, or read by a code generator on this device.
        self.0.otpauth_uri.expose().clone()
    }

    /// The secret alone, Base32 without padding, for typing.
    pub fn secret(&self) -> String {
        // EXPOSE: as the URI.
        self.0.secret.expose().clone()
    }

    /// The URI as a QR code, an SVG document.
    pub fn qr_svg(&self) -> String {
        // EXPOSE: as the URI.
        self.0.qr_svg.expose().clone()
    }
}

/// One enrolment of one authenticator, good for ten minutes.
#[derive(uniffi::Object)]
pub struct EnrolmentTicket(push::EnrolmentTicket);

#[uniffi::export]
impl EnrolmentTicket {
    /// `countersign://enroll?…`, for an authenticator.
    pub fn uri(&self) -> String {
        // EXPOSE: handed to the authenticator by the user.
        self.0.uri.expose().clone()
    }

    /// The link as a QR code, an SVG document.
    pub fn qr_svg(&self) -> String {
        // EXPOSE: as the link.
        self.0.qr_svg.expose().clone()
    }

    /// End of the ticket.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}
