//! Where an address is. The stub knows the networks that are reserved for documentation (RFC 5737) and gives each a
//! place, so that tests and demos can sign in from somewhere. Any other address has none.

use std::net::Ipv4Addr;

use countersign_protocol::coordinates::{Latitude, Longitude};

/// A place as it is shown, on a line and on a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Such as "Berlin, Germany".
    pub name: String,
    /// North of the equator.
    pub latitude: Latitude,
    /// East of Greenwich.
    pub longitude: Longitude,
}

/// The place of an address, where it is known.
pub fn of(address: &str) -> Option<Place> {
    let (name, latitude, longitude) = match address.parse::<Ipv4Addr>().ok()?.octets() {
        [192, 0, 2, _] => ("Berlin, Germany", 52.520, 13.405),
        [198, 51, 100, _] => ("Lisbon, Portugal", 38.722, -9.139),
        [203, 0, 113, _] => ("Sydney, Australia", -33.869, 151.209),
        _ => return None,
    };
    Some(Place {
        name: name.to_owned(),
        latitude: Latitude::try_from(latitude).ok()?,
        longitude: Longitude::try_from(longitude).ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_documentation_networks_have_places() {
        assert_eq!(of("192.0.2.7").unwrap().name, "Berlin, Germany");
        assert_eq!(of("203.0.113.255").unwrap().name, "Sydney, Australia");
        for other in ["127.0.0.1", "192.0.3.1", "::1", "not an address"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_place_is_told_to_a_tenth_of_a_degree() {
        for (address, latitude, longitude) in
            [("192.0.2.1", 52.5, 13.4), ("198.51.100.1", 38.7, -9.1), ("203.0.113.1", -33.9, 151.2)]
        {
            let place = of(address).unwrap();
            let found = (place.latitude.degrees(), place.longitude.degrees());
            assert_eq!(found, (latitude, longitude), "{address}");
        }
    }
}
