use countersign_protocol::{
    fields::{DisplayName, OneTimeCode},
    ids::MethodId,
    login::{MethodOffer, Methods},
    totp::{ConfirmTotp, StartTotp, TotpSetup},
};

use crate::{
    Error,
    client::{Session, transport::Call},
};

impl Session {
    /// The user's enrolled factors, oldest first.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], or why there is no answer.
    pub async fn methods(&self) -> Result<Vec<MethodOffer>, Error> {
        self.call(Call::get("/mfa/methods")).await.map(|Methods { methods }| methods)
    }

    /// Begins to enrol a code generator. Show the QR code; the factor counts only after
    /// [`confirm_totp`](Self::confirm_totp).
    ///
    /// # Errors
    /// [`Error::Refused`] with `forbidden` when the login is too long ago: sign in again first.
    pub async fn start_totp(&self, label: Option<DisplayName>) -> Result<TotpSetup, Error> {
        let key = self.idempotency_key()?;
        self.call(Call::post("/mfa/totp/setup", &StartTotp { label }).under(&key)).await
    }

    /// Enables the code generator by its first code.
    ///
    /// # Errors
    /// [`Error::Refused`] with `wrong_code`: ask for the next code. With `method_enabled` it is enabled already, as
    /// after a call whose answer was lost.
    pub async fn confirm_totp(&self, method_id: MethodId, code: OneTimeCode) -> Result<(), Error> {
        let key = self.idempotency_key()?;
        self.call(Call::post("/mfa/totp/verify", &ConfirmTotp { method_id, code }).under(&key)).await
    }
}
