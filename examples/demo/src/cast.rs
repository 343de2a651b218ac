//! Who takes part.

use std::sync::Arc;

use countersign::{
    client::{Client, LoginState},
    ports::{Http, NoVerifier},
    protocol::fields::{DisplayName, Email, Password, ServerUrl},
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
            laptop: Browser::new("Mia's laptop", ("Debian", "13"), server, http)?,
            library: Browser::new("Library computer", ("Windows", "11"), server, http)?,
            thief: Browser::new("Desktop", ("Windows", "10"), server, http)?,
            phone: Phone { name: "Mia's phone".parse()?, authenticator: Authenticator::new(phone.ports()) },
        })
    }
}

impl Browser {
    fn new(
        name: &str,
        (os, version): (&str, &str),
        server: &ServerUrl,
        http: &Arc<dyn Http>,
    ) -> Result<Self, DemoError> {
        let name: DisplayName = name.parse()?;
        let signals =
            FixedSignals::new(&[("machine_id", name.as_str()), ("os_family", os), ("os_version", version)]);
        let device = Device::new(http, signals, NoVerifier);
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

const APP: &str = "Kessler Books 1.0";
