//! Where an address is. The stub knows the networks that are reserved for documentation (RFC 5737) and gives each a
//! place, so that tests and demos can sign in from somewhere. Any other address has none.

use std::net::Ipv4Addr;

/// The place to show, such as "Berlin, Germany", where it is known.
pub fn of(address: &str) -> Option<String> {
    let place = match address.parse::<Ipv4Addr>().ok()?.octets() {
        [192, 0, 2, _] => "Berlin, Germany",
        [198, 51, 100, _] => "Lisbon, Portugal",
        [203, 0, 113, _] => "Sydney, Australia",
        _ => return None,
    };
    Some(place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documentation_networks_have_places() {
        assert_eq!(of("192.0.2.7").as_deref(), Some("Berlin, Germany"));
        assert_eq!(of("203.0.113.255").as_deref(), Some("Sydney, Australia"));
        for other in ["127.0.0.1", "192.0.3.1", "::1", "not an address"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
