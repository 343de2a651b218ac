use std::collections::HashMap;

use countersign::client::{HttpConfig, PinSet, ReqwestHttp, SpkiPin};

use crate::CountersignError;

/// How the SDK's own network reaches servers and whom it believes.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct Network {
    /// Root certificates (DER) to trust beside the platform's, such as that of a company or a test bench. Refused on
    /// Android, which trusts those that are installed on the device.
    #[uniffi(default)]
    pub root_certificates: Vec<Vec<u8>>,
    /// Hosts that are believed only with one of these keys. Each needs at least two: the one in use, and a backup.
    #[uniffi(default)]
    pub pins: HashMap<String, Vec<SpkiPin>>,
    /// Go to servers directly, whatever the system's proxy settings are.
    #[uniffi(default = false)]
    pub without_proxy: bool,
}

impl Network {
    pub(super) fn open(self) -> Result<ReqwestHttp, CountersignError> {
        let mut config = HttpConfig::default();
        for certificate in self.root_certificates {
            config = config.root_certificate(certificate);
        }
        for (host, pins) in self.pins {
            config = config.pin(&host, PinSet::new(pins)?);
        }
        if self.without_proxy {
            config = config.without_proxy();
        }
        Ok(ReqwestHttp::new(config)?)
    }
}
