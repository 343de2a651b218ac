use std::str::FromStr;

use countersign_protocol::{InvalidField, Secret};
use zeroize::Zeroizing;

use crate::{
    crypto::digest::sha256,
    ports::{Random, RandomError},
};

/// A code to be printed and put away, which opens a vault when nothing else does.
///
/// 32 letters and digits of Crockford's Base32 (which has no I, L, O and U) in eight groups of four. They hold 144
/// random bits and a check of 16, so that a slip of the pen is told apart from the code of another vault.
///
/// ```
/// # use countersign::{ports::SystemRandom, vault::RecoveryCode};
/// let code = RecoveryCode::generate(&SystemRandom::default())?;
/// // EXPOSE: printed for the user.
/// let printed = code.to_text().expose().to_lowercase().replace('-', " ");
/// assert_eq!(printed.parse::<RecoveryCode>()?.groups().expose(), code.groups().expose());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RecoveryCode(Secret<[u8; RANDOM]>);

/// Bytes of the code that are random.
const RANDOM: usize = 18;
/// Bytes of the code in all; five bits make a letter.
const WHOLE: usize = 20;
const LETTERS: usize = 32;
const GROUP: usize = 4;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl RecoveryCode {
    /// A new random code.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        random.bytes().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The eight groups of four, as they are printed.
    pub fn groups(&self) -> Secret<[String; LETTERS / GROUP]> {
        let whole = self.whole();
        // EXPOSE: it is written in letters into another secret.
        let bytes = whole.expose();
        let letter = |index: usize| char::from(ALPHABET[usize::from(five_bits(bytes, index))]);
        Secret::new(std::array::from_fn(|group| {
            // Taken at its full length, so that nothing is left behind by a buffer that grew.
            let mut text = String::with_capacity(GROUP);
            text.extend((0..GROUP).map(|at| letter(group * GROUP + at)));
            text
        }))
    }

    /// The whole code in one line, its groups joined by hyphens: what [`str::parse`] reads.
    pub fn to_text(&self) -> Secret<String> {
        // EXPOSE: it goes into another secret.
        Secret::new(self.groups().expose().join("-"))
    }

    /// What a key is derived from: the random part.
    pub(super) fn bytes(&self) -> &Secret<[u8; RANDOM]> {
        &self.0
    }

    fn whole(&self) -> Secret<[u8; WHOLE]> {
        // EXPOSE: it goes into another secret.
        let random = self.0.expose();
        let mut whole = [0; WHOLE];
        let (start, end) = whole.split_at_mut(RANDOM);
        start.copy_from_slice(random);
        end.copy_from_slice(&check(random));
        Secret::new(whole)
    }
}

impl FromStr for RecoveryCode {
    type Err = InvalidField;

    /// Reads what a person typed: in any case, with or without hyphens and spaces; O counts as 0, I and L as 1.
    ///
    /// # Errors
    /// [`InvalidField`] says whether letters are missing, are not of the alphabet, or do not fit together.
    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let typed = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        let mut whole = Zeroizing::new([0; WHOLE]);
        let mut letters = 0;
        for letter in typed {
            let value = value(letter)
                .ok_or_else(|| invalid("has a letter that recovery codes do not have", "look at it again"))?;
            if letters == LETTERS {
                return Err(invalid("has more than 32 letters", "type the eight groups of four, once"));
            }
            put_five_bits(&mut whole, letters, value);
            letters += 1;
        }
        if letters < LETTERS {
            return Err(invalid("has fewer than 32 letters", "type all eight groups of four"));
        }
        let (random, found) = whole.split_at(RANDOM);
        let mut code = Zeroizing::new([0; RANDOM]);
        code.copy_from_slice(random);
        if check(&code) != found {
            return Err(invalid("has a letter that is not the one on paper", "compare it group by group"));
        }
        Ok(Self(Secret::new(*code)))
    }
}

/// The first 16 bits of a hash. It finds slips, not attackers.
fn check(random: &[u8; RANDOM]) -> [u8; WHOLE - RANDOM] {
    let text = Zeroizing::new([b"countersign recovery code".as_slice(), random].concat());
    let [first, second, ..] = sha256(&text);
    [first, second]
}

/// The five bits of the letter at this place, the highest first.
fn five_bits(bytes: &[u8; WHOLE], letter: usize) -> u8 {
    (0..5).fold(0, |value, bit| {
        let at = letter * 5 + bit;
        (value << 1) | ((bytes[at / 8] >> (7 - at % 8)) & 1)
    })
}

fn put_five_bits(bytes: &mut [u8; WHOLE], letter: usize, value: u8) {
    for bit in 0..5 {
        let at = letter * 5 + bit;
        bytes[at / 8] |= ((value >> (4 - bit)) & 1) << (7 - at % 8);
    }
}

fn value(letter: char) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|&known| char::from(known) == letter)?;
    u8::try_from(at).ok()
}

fn invalid(problem: &'static str, fix: &'static str) -> InvalidField {
    InvalidField::new("recovery_code", problem, fix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::SeededRandom;

    fn code() -> RecoveryCode {
        RecoveryCode::generate(&SeededRandom::new(1)).unwrap()
    }

    fn problem(text: &str) -> &'static str {
        text.parse::<RecoveryCode>().err().unwrap().problem
    }

    #[test]
    fn it_is_printed_in_eight_groups_of_four_without_letters_that_look_alike() {
        let groups = code().groups();
        assert!(groups.expose().iter().all(|group| group.len() == 4));
        assert!(!code().to_text().expose().contains(['I', 'L', 'O', 'U']));
        // Written down once, so that codes on paper stay good.
        let zeros = RecoveryCode(Secret::new([0; RANDOM]));
        assert_eq!(zeros.to_text().expose(), "0000-0000-0000-0000-0000-0000-0000-1WG8");
    }

    #[test]
    fn what_people_type_is_the_same_code() {
        let text = code().to_text().expose().clone();
        let typed = [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', "  \n"),
            text.replace('0', "o").replace('1', "l"),
            text.replace('0', "O").replace('1', "I"),
        ];
        for typed in typed {
            let read: RecoveryCode = typed.parse().unwrap();
            assert_eq!(read.bytes().expose(), code().bytes().expose(), "{typed}");
        }
        assert!(text.contains('0') || text.contains('1'), "the test tries letters that look alike");
    }

    #[test]
    fn each_slip_is_found_and_named_and_never_quoted() {
        let text = code().to_text().expose().clone();
        for (at, letter) in text.char_indices().filter(|(_, letter)| *letter != '-') {
            let other = if letter == 'Z' { "Y" } else { "Z" };
            let mut slip = text.clone();
            slip.replace_range(at..=at, other);
            assert_eq!(problem(&slip), "has a letter that is not the one on paper", "{at}");
        }
        assert_eq!(problem(&text[1..]), "has fewer than 32 letters");
        assert_eq!(problem(""), "has fewer than 32 letters");
        assert_eq!(problem(&format!("{text}0")), "has more than 32 letters");
        assert_eq!(
            problem(&text.replacen(&text[..1], "U", 1)),
            "has a letter that recovery codes do not have"
        );
        assert_eq!(problem(&"ü".repeat(9000)), "has a letter that recovery codes do not have");
    }
}
