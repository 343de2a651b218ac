//! Signals out of what the system's files say. All of it is text of unknown quality: what cannot be understood is
//! `None`.

/// A value of os-release(5), unquoted.
#[cfg(any(target_os = "linux", test))]
pub(super) fn os_release(text: &str, key: &str) -> Option<String> {
    let mut assignments = text.lines().filter_map(|line| line.trim().split_once('='));
    let (_, value) = assignments.rfind(|(name, _)| *name == key)?;
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    non_empty(unquoted.unwrap_or(value))
}

/// The name of an operating system as people write it.
pub(super) fn os_family(id: &str) -> String {
    match id {
        "macos" => "macOS".to_owned(),
        "ios" => "iOS".to_owned(),
        "freebsd" => "FreeBSD".to_owned(),
        _ => {
            let mut letters = id.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// A model name by firmware; the device tree ends it with a zero byte.
#[cfg(any(target_os = "linux", test))]
pub(super) fn model(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}

/// machine-id(5): 32 hexadecimal digits. Before the first boot has ended it says `uninitialized`.
#[cfg(any(target_os = "linux", test))]
pub(super) fn machine_id(text: &str) -> Option<String> {
    let id = text.trim();
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// The class of a list of processors such as `0-3,8`.
#[cfg(any(target_os = "linux", test))]
pub(super) fn processor_class(present: &str) -> Option<String> {
    let mut count = 0_u64;
    for range in present.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
        count = count.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    class(count)
}

/// The class of the memory that `/proc/meminfo` tells, in GiB. It lacks what firmware and graphics have taken,
/// which rounding up gives back.
#[cfg(any(target_os = "linux", test))]
pub(super) fn memory_class(meminfo: &str) -> Option<String> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    class(kib.div_ceil(1024 * 1024))
}

/// A number rounded up to a power of two, so that small differences do not show.
pub(super) fn class(number: u64) -> Option<String> {
    (number > 0).then(|| number.checked_next_power_of_two().map(|class| class.to_string()))?
}

/// `de_DE` of `de_DE.UTF-8@euro`. `C` and `POSIX` say nothing about the user.
pub(super) fn locale(text: &str) -> Option<String> {
    let locale = text.split(['.', '@']).next()?;
    if matches!(locale, "C" | "POSIX") { None } else { non_empty(locale) }
}

/// The zone's name in `TZ`, such as `:Europe/Berlin`, or at the end of a path into the zone database.
pub(super) fn time_zone(text: &str) -> Option<String> {
    let zone = text.trim_start_matches(':');
    non_empty(zone.split_once("zoneinfo/").map_or(zone, |(_, name)| name))
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let text = "NAME=\"Debian GNU/Linux\"\nID=debian\n VERSION_ID='12'\n# ID=not\nBUILD_ID=\nHALF=\"a\n";
        assert_eq!(os_release(text, "NAME").as_deref(), Some("Debian GNU/Linux"));
        assert_eq!(os_release(text, "ID").as_deref(), Some("debian"));
        assert_eq!(os_release(text, "VERSION_ID").as_deref(), Some("12"));
        assert_eq!(os_release(text, "BUILD_ID"), None);
        assert_eq!(os_release(text, "HALF").as_deref(), Some("\"a"));
        assert_eq!(os_release(text, "NONE"), None);
    }

    #[test]
    fn systems_have_their_names() {
        assert_eq!(
            ["debian", "macos", "ios", "windows", ""].map(os_family),
            ["Debian", "macOS", "iOS", "Windows", ""]
        );
    }

    #[test]
    fn a_machine_id_is_32_hexadecimal_digits() {
        let id = "6f1e0d2c4b5a49788796a5b4c3d2e1f0";
        assert_eq!(machine_id(&format!("{id}\n")).as_deref(), Some(id));
        assert_eq!(machine_id("uninitialized\n"), None);
        assert_eq!(machine_id(""), None);
    }

    #[test]
    fn processors_and_memory_are_rounded_up() {
        assert_eq!(processor_class("0\n").as_deref(), Some("1"));
        assert_eq!(processor_class("0-5").as_deref(), Some("8"));
        assert_eq!(processor_class("0-3,8-10,12").as_deref(), Some("8"));
        for bad in ["", "x", "3-1", "0-18446744073709551615"] {
            assert_eq!(processor_class(bad), None, "{bad}");
        }
        assert_eq!(memory_class("MemTotal:       24684084 kB\nMemFree: 1 kB").as_deref(), Some("32"));
        assert_eq!(memory_class("MemTotal: 900000 kB").as_deref(), Some("1"));
        assert_eq!(memory_class("MemTotal: 0 kB"), None);
        assert_eq!(memory_class("MemFree: 1 kB"), None);
    }

    #[test]
    fn locales_and_zones_are_stripped_to_their_names() {
        assert_eq!(locale("de_DE.UTF-8").as_deref(), Some("de_DE"));
        assert_eq!(locale("de_DE@euro").as_deref(), Some("de_DE"));
        assert_eq!(["C.UTF-8", "POSIX", ""].map(locale), [None, None, None]);
        for text in [
            "Europe/Berlin",
            ":Europe/Berlin",
            "/usr/share/zoneinfo/Europe/Berlin",
            "../usr/share/zoneinfo/Europe/Berlin",
        ] {
            assert_eq!(time_zone(text).as_deref(), Some("Europe/Berlin"), "{text}");
        }
        assert_eq!(time_zone(":"), None);
        assert_eq!(model("Raspberry Pi 5\0"), "Raspberry Pi 5");
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = (os_release(&text, "ID"), os_family(&text), machine_id(&text), processor_class(&text));
            let _ = (memory_class(&text), memory_class(&format!("MemTotal:{text}kB")), locale(&text), time_zone(&text));
        }
    }
}
