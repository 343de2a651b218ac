//! Where a place is, as far as anybody needs to know: to a tenth of a degree, about 11 km.

use serde::{Deserialize, Serialize};

use crate::fields::InvalidField;

macro_rules! degrees {
    ($(#[$doc:meta])* $name:ident, $field:literal, $limit:literal, $fix:literal) => {
        $(#[$doc])*
        ///
        /// Kept to a tenth of a degree: a finer value is rounded, also when it is read, so that nobody is pinpointed.
        /// In JSON, a number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(i16);

        impl $name {
            /// The degrees, to one place.
            pub fn degrees(self) -> f64 {
                f64::from(self.0) / 10.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = InvalidField;

            fn try_from(degrees: f64) -> Result<Self, InvalidField> {
                tenths(degrees, $limit).map(Self).ok_or(InvalidField::new($field, "is out of range", $fix))
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> Self {
                value.degrees()
            }
        }
    };
}

degrees!(
    /// Degrees north of the equator, −90 to 90.
    Latitude, "latitude", 90, "send degrees north of the equator, -90 to 90"
);
degrees!(
    /// Degrees east of Greenwich, −180 to 180.
    Longitude, "longitude", 180, "send degrees east of Greenwich, -180 to 180"
);

/// Degrees in tenths, rounded; `None` beyond the limit and for what is no number.
fn tenths(degrees: f64, limit: i16) -> Option<i16> {
    if degrees.is_nan() || degrees.abs() > f64::from(limit) {
        return None;
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a whole number of at most 1,800, by the check above"
    )]
    Some((degrees * 10.0).round() as i16)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]

    use super::*;

    #[test]
    fn degrees_are_rounded_to_a_tenth_whoever_sends_them() {
        let written =
            |text: &str| serde_json::to_string(&serde_json::from_str::<Latitude>(text).unwrap()).unwrap();
        for (read, rounded) in [
            ("52.5", "52.5"),
            ("52.5200066", "52.5"),
            ("-33.8688", "-33.9"),
            ("90", "90.0"),
            ("-0.04", "0.0"),
        ] {
            assert_eq!(written(read), rounded);
        }
        assert_eq!(Longitude::try_from(151.2093).unwrap().degrees(), 151.2);
    }

    #[test]
    fn what_is_nowhere_is_refused() {
        for nowhere in [90.01, -91.0, f64::NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(Latitude::try_from(nowhere).unwrap_err().field, "latitude");
        }
        assert!(Longitude::try_from(-180.0).is_ok());
        assert_eq!(Longitude::try_from(180.04).unwrap_err().field, "longitude");
        assert!(serde_json::from_str::<Longitude>("\"13.4\"").is_err());
    }
}
