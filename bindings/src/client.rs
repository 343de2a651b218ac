use std::sync::Arc;

use countersign::{
    client::{self, ServerConfig},
    protocol::{
        Timestamp,
        account::{SignUp, SignUpAccepted as Accepted},
        fields::{DisplayName, Email, OpaqueToken, Password, ServerUrl},
    },
};

use crate::{CountersignError, LoginFlow, Ports, Session};

/// The sign-up was taken; a mail says how to go on.
pub type SignUpAccepted = Accepted;

/// The sign-up was taken; a mail says how to go on.
#[uniffi::remote(Record)]
pub struct SignUpAccepted {
    /// The address that the mail went to, masked: `mi***@example.com`.
    pub sent_to: String,
}

/// One server, seen from this device.
#[derive(uniffi::Object)]
pub struct Client(client::Client);

#[uniffi::export(async_runtime = "tokio")]
impl Client {
    /// The server or realm at this address. Nothing is sent yet.
    #[uniffi::constructor]
    pub fn new(server: ServerUrl, ports: &Ports) -> Result<Self, CountersignError> {
        let mut config = ServerConfig::new(server).app(ports.app.clone());
        if let Some(name) = &ports.device_name {
            config = config.device_name(name.clone());
        }
        Ok(Self(client::Client::new(config, ports.core.clone())))
    }

    /// The address of the server.
    pub fn server(&self) -> ServerUrl {
        self.0.server().clone()
    }

    /// The server's time, as its answers told it; before the first answer, the device's own. Codes are to be made
    /// for this time.
    ///
    /// Fails with `UnexpectedAnswer` when the clocks are more than ten minutes apart.
    pub fn server_now(&self) -> Result<Timestamp, CountersignError> {
        Ok(self.0.server_now()?)
    }

    /// Registers a new organisation with its first user. The answer is the same whether or not the address has an
    /// account already; a mail says how to go on.
    pub async fn sign_up(
        &self,
        company: DisplayName,
        email: Email,
        name: DisplayName,
        password: Password,
    ) -> Result<SignUpAccepted, CountersignError> {
        Ok(self.0.sign_up(&SignUp { company, admin_email: email, name, password }).await?)
    }

    /// Opens the account by the token of the activation link.
    pub async fn activate(&self, token: OpaqueToken) -> Result<(), CountersignError> {
        Ok(self.0.activate(token).await?)
    }

    /// Signs in with address and password. Look at the state of the flow for what comes next.
    ///
    /// Fails with `Refused` and the code `InvalidCredentials` when address or password is wrong.
    pub async fn login(&self, email: Email, password: Password) -> Result<Arc<LoginFlow>, CountersignError> {
        Ok(LoginFlow::at(self.0.login(email, password).await?))
    }

    /// Brings a saved login back. Nothing is sent.
    ///
    /// Fails with `Damaged` when the bytes are not whole, or are of another device, server or version.
    pub async fn restore_login(&self, saved: Vec<u8>) -> Result<Arc<LoginFlow>, CountersignError> {
        Ok(LoginFlow::at(self.0.restore_login(&saved).await?))
    }

    /// The session that this user left on this device, if there is one. Nothing is sent: whether the server still
    /// takes it, the first call tells.
    pub async fn resume_session(&self, user: Email) -> Result<Option<Arc<Session>>, CountersignError> {
        Ok(self.0.resume_session(&user).await?.map(|session| Arc::new(Session(session))))
    }

    /// Whether this device is trusted to sign this user in without a second factor, as far as it knows. Nothing is sent.
    pub async fn is_trusted(&self, user: Email) -> Result<bool, CountersignError> {
        Ok(self.0.is_trusted(&user).await?)
    }

    /// Forgets that this device is trusted: the user's next login here takes a second factor. Nothing is sent.
    pub async fn forget_trust(&self, user: Email) -> Result<(), CountersignError> {
        Ok(self.0.forget_trust(&user).await?)
    }
}
