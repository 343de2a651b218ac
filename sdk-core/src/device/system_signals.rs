use super::parse;
use crate::ports::{DeviceSignals, Signal};

/// What the standard library and the files of the system tell: the default of [`DeviceSignals`].
///
/// | signal | Linux | elsewhere |
/// |---|---|---|
/// | `os_family` | `ID` of os-release, such as `Debian` | what the SDK was built for, such as `macOS` |
/// | `os_version` | `VERSION_ID` of os-release | – |
/// | `architecture` | what the SDK was built for | the same |
/// | `model` | product name by firmware | – |
/// | `machine_id` | `/etc/machine-id` | – |
/// | `processor_class` | processors that are present, rounded up to a power of two | those that may be used |
/// | `memory_class` | GiB of memory, rounded up to a power of two | – |
/// | `locale` | `LC_ALL`, else `LANG`, without the encoding | the same |
/// | `time_zone` | `TZ`, else the target of `/etc/localtime` | the same |
/// | `app_id`, `app_version` | given by the app | the same |
///
/// A host that knows more, such as an Android or iOS app, supplies its own [`DeviceSignals`] with the same names.
#[derive(Debug, Clone)]
pub struct SystemSignals {
    app_id: String,
    app_version: String,
}

impl SystemSignals {
    /// The signals of this system, for the app of this id (its reverse domain name) and version.
    pub fn new(app_id: impl Into<String>, app_version: impl Into<String>) -> Self {
        Self { app_id: app_id.into(), app_version: app_version.into() }
    }
}

impl DeviceSignals for SystemSignals {
    fn collect(&self) -> Vec<Signal> {
        let mut signals = system::signals();
        signals.extend([
            ("architecture", Some(std::env::consts::ARCH.to_owned())),
            ("locale", locale()),
            ("time_zone", time_zone()),
            ("app_id", Some(self.app_id.clone())),
            ("app_version", Some(self.app_version.clone())),
        ]);
        let found = signals.into_iter().filter_map(|(name, value)| Some((name, value?)));
        found
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Signal { name: name.to_owned(), value })
            .collect()
    }
}

type Found = (&'static str, Option<String>);

fn locale() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    parse::locale(&set("LC_ALL").or_else(|| set("LANG"))?)
}

fn time_zone() -> Option<String> {
    let set = std::env::var("TZ").ok().and_then(|zone| parse::time_zone(&zone));
    set.or_else(|| parse::time_zone(std::fs::read_link("/etc/localtime").ok()?.to_str()?))
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Found, parse};

    pub(super) fn signals() -> Vec<Found> {
        let os_release = read("/etc/os-release").or_else(|| read("/usr/lib/os-release"));
        let os = |key| os_release.as_deref().and_then(|text| parse::os_release(text, key));
        let model = read("/sys/devices/virtual/dmi/id/product_name")
            .or_else(|| read("/sys/firmware/devicetree/base/model"));
        vec![
            ("os_family", Some(parse::os_family(&os("ID").unwrap_or_else(|| "linux".to_owned())))),
            ("os_version", os("VERSION_ID")),
            ("model", model.map(|text| parse::model(&text))),
            ("machine_id", read("/etc/machine-id").and_then(|text| parse::machine_id(&text))),
            (
                "processor_class",
                read("/sys/devices/system/cpu/present").and_then(|text| parse::processor_class(&text)),
            ),
            ("memory_class", read("/proc/meminfo").and_then(|text| parse::memory_class(&text))),
        ]
    }

    fn read(path: &str) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Found, parse};

    pub(super) fn signals() -> Vec<Found> {
        let processors = std::thread::available_parallelism().ok();
        vec![
            ("os_family", Some(parse::os_family(std::env::consts::OS))),
            ("processor_class", processors.and_then(|count| parse::class(u64::try_from(count.get()).ok()?))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_well_formed() {
        let signals = SystemSignals::new("com.acme.app", "4.2").collect();
        let value = |name: &str| signals.iter().find(|signal| signal.name == name).map(|s| s.value.as_str());
        assert_eq!((value("app_id"), value("app_version")), (Some("com.acme.app"), Some("4.2")));
        assert_eq!(value("architecture"), Some(std::env::consts::ARCH));
        assert!(value("os_family").is_some());
        for signal in &signals {
            let trimmed = signal.value.trim();
            assert!(!trimmed.is_empty() && trimmed == signal.value, "{signal:?}");
            assert_eq!(signals.iter().filter(|other| other.name == signal.name).count(), 1, "{signal:?}");
        }
    }

    #[test]
    fn what_the_app_does_not_tell_is_left_out() {
        let signals = SystemSignals::new("com.acme.app", "").collect();
        assert!(!signals.iter().any(|signal| signal.name == "app_version"));
    }
}
