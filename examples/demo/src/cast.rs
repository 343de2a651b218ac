//! Who takes part.

use std::sync::Arc;

use async_trait::async_trait;
use countersign::{
    client::{Client, LoginState},
    ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream, NoVerifier},
    protocol::{
        fields::{DisplayName, Email, Password, ServerUrl},
        headers::STUB_CLIENT_IP,
    },
    push::Authenticator,
    testing::{FixedSignals, FixedVerifier},
};

use crate::{device::Device, error::DemoError};

/// Mia, her devices, and one device that is not hers.
pub(crate) struct Cast {
    pub(crate) mia: Person,
    /// Where Mia signs up, and which she will trust.
    pub(crate) laptop: Browser,
    /// Somebody else's computer, on which Mia signs in once.
    pub(crate) library: Browser,
    /// Of somebody who knows Mia's password.
    pub(crate) thief: Browser,
    /// Mia's authenticator.
    pub(crate) phone: Phone,
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) name: DisplayName,
    pub(crate) company: DisplayName,
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// A device on which somebody signs in.
pub(crate) struct Browser {
    pub(crate) name: DisplayName,
    pub(crate) device: Device,
    pub(crate) client: Client,
}

/// A device that approves.
pub(crate) struct Phone {
    pub(crate) name: DisplayName,
    pub(crate) authenticator: Authenticator,
}

impl Cast {
    pub(crate) fn new(server: &ServerUrl, http: &Arc<dyn Http>) -> Result<Self, DemoError> {
        let mia = Person {
            name: "Mia Kessler".parse()?,
            company: "Kessler Books".parse()?,
            email: "mia@kessler-books.example".parse()?,
            password: "three lanterns by the harbour".parse()?,
        };
        // Mia's finger is always known to her phone. The other devices verify nobody.
        let signals =
            FixedSignals::new(&[("os_family", "Android"), ("os_version", "16"), ("model", "Pixel 9")]);
        let phone = Device::new(http, signals, FixedVerifier::default());
        Ok(Self {
            mia,
            laptop: Browser::new("Mia's laptop", ("Debian", "13"), "192.0.2.10", server, http)?,
            library: Browser::new("Library computer", ("Windows", "11"), "192.0.2.80", server, http)?,
            thief: Browser::new("Desktop", ("Windows", "10"), "203.0.113.66", server, http)?,
            phone: Phone { name: "Mia's phone".parse()?, authenticator: Authenticator::new(phone.ports()) },
        })
    }
}

impl Browser {
    fn new(
        name: &str,
        (os, version): (&str, &str),
        address: &'static str,
        server: &ServerUrl,
        http: &Arc<dyn Http>,
    ) -> Result<Self, DemoError> {
        let http: Arc<dyn Http> = Arc::new(FromAddress { http: http.clone(), address });
        let name: DisplayName = name.parse()?;
        let signals =
            FixedSignals::new(&[("machine_id", name.as_str()), ("os_family", os), ("os_version", version)]);
        let device = Device::new(&http, signals, NoVerifier);
        let client = device.client(server, &name, APP)?;
        Ok(Self { name, device, client })
    }

    /// Begins to sign in as this person.
    pub(crate) async fn login(&self, person: &Person) -> Result<LoginState, DemoError> {
        Ok(self.client.login(person.email.clone(), person.password.clone()).await?)
    }

    /// The same device in the hands of somebody who could copy its storage.
    pub(crate) fn copy(&self) -> Result<Self, DemoError> {
        let device = self.device.copy()?;
        let client = device.client(self.client.server(), &self.name, APP)?;
        Ok(Self { name: self.name.clone(), device, client })
    }
}

/// The network as a device elsewhere has it. All of the demo runs on one machine, so the server is told where each
/// request is to come from; it believes that because its control plane is on.
struct FromAddress {
    http: Arc<dyn Http>,
    address: &'static str,
}

impl FromAddress {
    fn told(&self, mut request: HttpRequest) -> HttpRequest {
        request.headers.push((STUB_CLIENT_IP, self.address.to_owned()));
        request
    }
}

#[async_trait]
impl Http for FromAddress {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.http.send(self.told(request)).await
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        self.http.stream(self.told(request)).await
    }
}

const APP: &str = "Kessler Books 1.0";
