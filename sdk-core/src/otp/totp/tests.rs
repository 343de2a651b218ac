#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn totp(secret: &[u8], algorithm: Algorithm, digits: u8, period: u64) -> Totp {
    let (digits, period) = (digits.try_into().unwrap(), period.try_into().unwrap());
    Totp::new(Secret::new(secret.to_vec()), algorithm, digits, period).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn codes_are_those_of_rfc_6238_appendix_b() {
    let table = [
        (59, "94287082", "46119246", "90693936"),
        (1_111_111_109, "07081804", "68084774", "25091201"),
        (1_111_111_111, "14050471", "67062674", "99943326"),
        (1_234_567_890, "89005924", "91819424", "93441116"),
        (2_000_000_000, "69279037", "90698825", "38618901"),
        (20_000_000_000, "65353130", "77737706", "47863826"),
    ];
    let seed = b"1234567890".repeat(7);
    let sha1 = totp(&seed[..20], Algorithm::Sha1, 8, 30);
    let sha256 = totp(&seed[..32], Algorithm::Sha256, 8, 30);
    let sha512 = totp(&seed[..64], Algorithm::Sha512, 8, 30);
    for (time, code1, code256, code512) in table {
        assert_eq!(sha1.code_at(at(time)).expose(), code1, "SHA1 at {time}");
        assert_eq!(sha256.code_at(at(time)).expose(), code256, "SHA256 at {time}");
        assert_eq!(sha512.code_at(at(time)).expose(), code512, "SHA512 at {time}");
    }
}

#[test]
fn codes_are_those_of_rfc_4226_appendix_d() {
    // With a period of one second the time is the counter. The columns are "decimal" and "HOTP" of the table.
    let table = [
        ("1284755224", "755224"),
        ("1094287082", "287082"),
        ("0137359152", "359152"),
        ("1726969429", "969429"),
        ("1640338314", "338314"),
        ("0868254676", "254676"),
        ("1918287922", "287922"),
        ("0082162583", "162583"),
        ("0673399871", "399871"),
        ("0645520489", "520489"),
    ];
    let (six, ten) = [6, 10].map(|digits| totp(b"12345678901234567890", Algorithm::Sha1, digits, 1)).into();
    for (counter, (decimal, code)) in (0..).zip(table) {
        assert_eq!(ten.code_at(at(counter)).expose(), decimal, "counter {counter}");
        assert_eq!(six.code_at(at(counter)).expose(), code, "counter {counter}");
    }
}

#[test]
fn the_next_code_is_the_current_one_when_its_time_comes() {
    let totp = totp(b"12345678901234567890", Algorithm::Sha1, 6, 30);
    let codes = totp.codes_at(Timestamp::from_millis(89_999));
    assert_eq!((codes.valid_from, codes.valid_until), (at(60), at(90)));
    assert_eq!(totp.code_at(codes.valid_until).expose(), codes.next.expose());
    assert_eq!(totp.code_at(codes.valid_from).expose(), codes.current.expose());
    assert_eq!(totp.codes_at(at(90)).valid_from, at(90));
}

#[test]
fn a_period_longer_than_time_itself_has_one_code() {
    let totp = totp(b"12345678901234567890", Algorithm::Sha1, 6, u64::MAX);
    let codes = totp.codes_at(Timestamp::from_millis(i64::MAX));
    assert_eq!(codes.current.expose(), "755224");
    assert_eq!(codes.valid_from, at(0));
    assert_eq!(codes.valid_until, Timestamp::from_millis(i64::MAX), "the end of the range");
}

#[test]
fn parameters_out_of_range_are_refused() {
    assert_eq!(Digits::try_from(0).unwrap_err().field, "digits");
    assert_eq!(Digits::try_from(11).unwrap_err().field, "digits");
    assert_eq!(Period::try_from(0).unwrap_err().field, "period");
    let empty = Totp::new(Secret::new(Vec::new()), Algorithm::Sha1, Digits::default(), Period::default());
    assert_eq!(empty.unwrap_err().field, "secret");
}

#[test]
fn parameters_are_read_from_text() {
    assert_eq!("sha256".parse(), Ok(Algorithm::Sha256));
    assert_eq!("10".parse::<Digits>().unwrap().get(), 10);
    assert_eq!("1".parse::<Period>().unwrap().as_seconds(), 1);
    for bad in ["", "+6", "-6", "6.0", " 6", "0x6", "99999999999999999999"] {
        assert!(bad.parse::<Digits>().is_err() && bad.parse::<Period>().is_err(), "{bad}");
    }
    for bad in ["", "SHA-1", "MD5", "SHA1 "] {
        assert!(bad.parse::<Algorithm>().is_err(), "{bad}");
    }
}

#[test]
fn codes_are_grouped_for_reading() {
    let groups = ["1", "12", "123", "1234", "123 45", "123 456", "123 4567", "1234 5678", "123 456 789"];
    for grouped in groups {
        let code = Code(Secret::new(grouped.replace(' ', "")));
        assert_eq!(code.grouped().expose(), grouped);
    }
    assert_eq!(Code(Secret::from("1234567890")).grouped().expose(), "123 456 7890");
}

#[test]
fn neither_secret_nor_codes_are_in_debug_output() {
    let totp = totp(b"12345678901234567890", Algorithm::Sha1, 6, 30);
    let shown = format!("{totp:?} {:?}", totp.codes_at(at(0)));
    assert!(!shown.contains("755224") && !shown.contains("49, 50"), "{shown}");
}

fn judge(algorithm: Algorithm) -> totp_rs::Algorithm {
    match algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    }
}

proptest! {
    #[test]
    fn codes_are_those_of_totp_rs(
        secret in proptest::collection::vec(any::<u8>(), 1..200),
        algorithm in prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)],
        digits in 6..=8_u8,
        period in 1..100_000_u64,
        seconds in 0..253_402_300_800_u64,
    ) {
        let theirs = totp_rs::Builder::new()
            .with_algorithm(judge(algorithm))
            .with_digits(digits)
            .with_step_duration(period)
            .with_secret(totp_rs::Secret::new(secret.clone().into_boxed_slice()))
            .build_noncompliant();
        let codes = totp(&secret, algorithm, digits, period).codes_at(at(seconds.try_into().unwrap()));
        prop_assert_eq!(codes.current.expose(), theirs.generate(seconds).to_string());
        prop_assert_eq!(codes.next.expose(), theirs.generate(theirs.next_step(seconds)).to_string());
    }
}
