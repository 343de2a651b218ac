//! The text form of secrets: Base32, RFC 4648 section 6.

use countersign_protocol::{InvalidField, Secret};
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

/// Reads a secret as people and sites write it: in any case, with or without padding, in groups parted by spaces or
/// hyphens. Bits left over at the end are dropped, as all authenticators do.
///
/// # Errors
/// [`InvalidField`] on other characters, and on a length that no number of bytes has, since characters are missing
/// then. An empty text gives an empty secret, which [`super::Totp::new`] refuses.
pub fn decode(text: &str) -> Result<Secret<Vec<u8>>, InvalidField> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    letters.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '-'));
    letters.make_ascii_uppercase();
    let letters = letters.trim_end_matches('=');

    if letters.chars().any(|c| !matches!(c, 'A'..='Z' | '2'..='7')) {
        let fix = "use only A to Z and 2 to 7; 0, 1, 8 and 9 are the letters O, I, B and G misread";
        return Err(InvalidField::new("secret", "has characters that Base32 has not", fix));
    }
    let mut lenient = BASE32_NOPAD.specification();
    lenient.check_trailing_bits = false;
    let decoded = lenient.encoding().ok().and_then(|encoding| encoding.decode(letters.as_bytes()).ok());
    decoded.map(Secret::new).ok_or_else(|| {
        InvalidField::new("secret", "has a length that Base32 cannot have", "copy the whole secret again")
    })
}

/// Writes a secret in upper case without padding, as URIs hold it.
pub fn encode(secret: &Secret<Vec<u8>>) -> Secret<String> {
    // EXPOSE: goes into a secret again.
    Secret::new(BASE32_NOPAD.encode(secret.expose()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_secret_are_equal() {
        let hello = b"Hello!\xde\xad\xbe\xef";
        for text in
            ["JBSWY3DPEHPK3PXP", "jbswy3dpehpk3pxp", "JBSW Y3DP-EHPK\u{a0}3PXP ", "JBSWY3DPEHPK3PXP======"]
        {
            assert_eq!(decode(text).unwrap().expose(), hello, "{text}");
        }
    }

    #[test]
    fn bits_left_over_are_dropped() {
        assert_eq!(decode("QWERTYUIOP").unwrap().expose(), decode("QWERTYUIOM").unwrap().expose());
    }

    #[test]
    fn what_is_not_base32_is_refused_with_a_fix() {
        for text in ["JBSWY3DP0", "JBSWY3DP!", "JB=SWY3DP", "ÄÖÜ", "JBſWY3DP"] {
            assert_eq!(decode(text).unwrap_err().problem, "has characters that Base32 has not", "{text}");
        }
        for text in ["J", "JBS", "JBSWY3"] {
            assert_eq!(decode(text).unwrap_err().fix, "copy the whole secret again", "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>) {
            let text = encode(&Secret::new(bytes.clone()));
            let read = decode(text.expose()).unwrap();
            prop_assert_eq!(read.expose(), &bytes);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
