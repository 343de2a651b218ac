use countersign_protocol::{
    ProblemCode,
    ids::EnrolmentId,
    push::{EnrolledDevice, EnrolledDevices, EnrolmentTicket},
};

use crate::{
    Error,
    client::{Session, transport::Call},
};

impl Session {
    /// A ticket for one authenticator. Show its QR code, or hand its link to the authenticator on this device.
    ///
    /// # Errors
    /// [`Error::Refused`] with `forbidden` when the login is too long ago: sign in again first.
    pub async fn create_enrolment_ticket(&self) -> Result<EnrolmentTicket, Error> {
        let key = self.idempotency_key()?;
        self.call(Call::post_empty("/mfa/push/tickets").under(&key)).await
    }

    /// The user's authenticators, oldest first.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], or why there is no answer.
    pub async fn enrolled_devices(&self) -> Result<Vec<EnrolledDevice>, Error> {
        self.call(Call::get("/mfa/push/devices")).await.map(|EnrolledDevices { devices }| devices)
    }

    /// Takes an authenticator off the account, wherever it is. That it is gone already is no error: the answer to an
    /// earlier attempt may have been lost.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], or why there is no answer.
    pub async fn remove_enrolled_device(&self, id: EnrolmentId) -> Result<(), Error> {
        match self.call(Call::delete(&format!("/mfa/push/devices/{id}"))).await {
            Err(Error::Refused(refusal)) if refusal.code == ProblemCode::EnrolmentNotFound => Ok(()),
            outcome => outcome,
        }
    }
}
