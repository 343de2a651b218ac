use countersign_protocol::{InvalidField, Secret};
use icu_normalizer::ComposingNormalizerBorrowed;

/// What a person types to open a vault.
///
/// It is brought into Unicode's normal form NFKC (as NIST SP 800-63B section 3.1.1.2 asks), so that the same letters
/// open the vault whichever keyboard they were typed on. Spaces count.
#[derive(Clone)]
pub struct Passphrase(Secret<String>);

impl Passphrase {
    const LONGEST: usize = 1024;

    /// Takes a passphrase in.
    ///
    /// # Errors
    /// [`InvalidField`] if it is empty or longer than 1,024 bytes. How good it is, is for the app to judge.
    pub fn new(text: &Secret<String>) -> Result<Self, InvalidField> {
        // EXPOSE: it is checked, and normalised into another secret.
        let text = text.expose();
        if text.is_empty() {
            return Err(InvalidField::new("passphrase", "is empty", "type a passphrase"));
        }
        if text.len() > Self::LONGEST {
            return Err(InvalidField::new(
                "passphrase",
                "is longer than 1,024 bytes",
                "choose a shorter one",
            ));
        }
        let normalised = ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned();
        Ok(Self(Secret::new(normalised)))
    }

    /// The normalised text.
    pub(super) fn text(&self) -> &Secret<String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(passphrase: &str) -> String {
        Passphrase::new(&passphrase.into()).unwrap().text().expose().clone()
    }

    #[test]
    fn the_same_letters_are_the_same_passphrase() {
        assert_eq!(text("cafe\u{301}"), text("caf\u{e9}"));
        assert_eq!(text("ﬁne"), "fine");
        assert_ne!(text("a b"), text("ab"));
    }

    #[test]
    fn empty_and_endless_ones_are_refused() {
        assert_eq!(Passphrase::new(&"".into()).err().unwrap().field, "passphrase");
        assert!(Passphrase::new(&"x".repeat(1024).into()).is_ok());
        assert!(Passphrase::new(&"x".repeat(1025).into()).is_err());
    }
}
