use countersign_protocol::{
    account::{Activate, SignUp, SignUpAccepted, UserProfile},
    fields::OpaqueToken,
};

use crate::{
    Error,
    client::{Client, Session, transport::Call},
};

impl Client {
    /// Registers a new organisation with its first user. The answer is the same whether or not the address has an
    /// account already; a mail says how to go on.
    ///
    /// # Errors
    /// [`Error::Refused`] with `invalid_request` when the password is a common one, or with the limit that is
    /// reached.
    pub async fn sign_up(&self, sign_up: &SignUp) -> Result<SignUpAccepted, Error> {
        let key = self.transport().idempotency_key()?;
        self.transport().call(Call::post("/signup", sign_up).under(&key)).await
    }

    /// Opens the account by the token of the activation link.
    ///
    /// # Errors
    /// [`Error::Refused`] with `invalid_link` when the link was used or has expired.
    pub async fn activate(&self, token: OpaqueToken) -> Result<(), Error> {
        let key = self.transport().idempotency_key()?;
        self.transport().call(Call::post("/auth/activate", &Activate { token }).under(&key)).await
    }
}

impl Session {
    /// Who is signed in.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], or why there is no answer.
    pub async fn profile(&self) -> Result<UserProfile, Error> {
        self.call(Call::get("/user/profile")).await
    }
}
