use countersign_protocol::{
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

    /// Takes an authenticator off the account, wherever it is.
    ///
    /// # Errors
    /// [`Error::Refused`] with `enrolment_not_found` when it is gone already.
    pub async fn remove_enrolled_device(&self, id: EnrolmentId) -> Result<(), Error> {
        self.call(Call::delete(&format!("/mfa/push/devices/{id}"))).await
    }
}
