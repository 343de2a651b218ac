use std::time::Duration;

use countersign_protocol::{
    device::DeviceDescription,
    fields::{DisplayName, InvalidField, ServerUrl},
};

use crate::ports::DeviceSignals;

/// Which server to talk to, and what to tell it about the app.
///
/// Certificates and pins are not here but with [`super::ReqwestHttp`], because one network serves all servers.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub(super) url: ServerUrl,
    pub(super) app: Option<DisplayName>,
    pub(super) device_name: Option<DisplayName>,
    pub(super) timeout: Duration,
}

impl ServerConfig {
    /// The server or realm at `url`, with good defaults for the rest: 15 seconds for an answer, app and device
    /// named by what the system says.
    pub fn new(url: ServerUrl) -> Self {
        Self { url, app: None, device_name: None, timeout: Duration::from_secs(15) }
    }

    /// Application and version as people should read them, such as "Acme 4.2".
    #[must_use]
    pub fn app(mut self, app: DisplayName) -> Self {
        self.app = Some(app);
        self
    }

    /// What the user calls the device, such as "Mia's laptop".
    #[must_use]
    pub fn device_name(mut self, name: DisplayName) -> Self {
        self.device_name = Some(name);
        self
    }

    /// How long one answer may take. A call that may be repeated is repeated up to three times on top.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The address of the server.
    pub fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// The device as people recognise it. What the app did not name comes from the signals, then from what the
    /// SDK was built for.
    pub(super) fn describe(&self, signals: &dyn DeviceSignals) -> Result<DeviceDescription, InvalidField> {
        let signals = signals.collect();
        let named = |names: &[&str]| {
            let found = names.iter().filter_map(|name| signals.iter().find(|signal| signal.name == *name));
            let text = found.map(|signal| signal.value.as_str()).collect::<Vec<_>>().join(" ");
            text.parse::<DisplayName>().ok()
        };
        let os = match named(&["os_family", "os_version"]) {
            Some(os) => os,
            None => std::env::consts::OS.parse()?,
        };
        let app = match self.app.clone().or_else(|| named(&["app_id", "app_version"])) {
            Some(app) => app,
            None => concat!("Countersign SDK ", env!("CARGO_PKG_VERSION")).parse()?,
        };
        let name = self.device_name.clone().unwrap_or_else(|| os.clone());
        Ok(DeviceDescription { name, os, app })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ports::Signal;

    struct Known(&'static [(&'static str, &'static str)]);

    impl DeviceSignals for Known {
        fn collect(&self) -> Vec<Signal> {
            let signal =
                |(name, value): &(&str, &str)| Signal { name: (*name).into(), value: (*value).into() };
            self.0.iter().map(signal).collect()
        }
    }

    fn config() -> ServerConfig {
        ServerConfig::new("https://auth.example".parse().unwrap())
    }

    #[test]
    fn the_device_is_described_by_the_app_then_by_its_signals() {
        let signals = Known(&[("os_version", "12"), ("os_family", "Debian"), ("app_id", "com.acme")]);
        let described = config().describe(&signals).unwrap();
        assert_eq!(described.os.as_str(), "Debian 12");
        assert_eq!(described.name.as_str(), "Debian 12");
        assert_eq!(described.app.as_str(), "com.acme");

        let named = config().app("Acme 4.2".parse().unwrap()).device_name("Mia's laptop".parse().unwrap());
        let described = named.describe(&signals).unwrap();
        assert_eq!(described.app.as_str(), "Acme 4.2");
        assert_eq!(described.name.as_str(), "Mia's laptop");
    }

    #[test]
    fn a_device_without_signals_is_described_too() {
        let described = config().describe(&Known(&[])).unwrap();
        assert_eq!(described.os.as_str(), std::env::consts::OS);
        assert!(described.app.as_str().starts_with("Countersign SDK "));
    }
}
