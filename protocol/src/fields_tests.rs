use super::*;
use proptest::prelude::*;

fn problem<T: std::str::FromStr<Err = InvalidField> + std::fmt::Debug>(
    text: &str,
) -> (&'static str, &'static str) {
    let error = text.parse::<T>().unwrap_err();
    assert!(!error.fix.is_empty());
    (error.field, error.problem)
}

#[test]
fn every_newtype_names_its_field_and_the_fix() {
    assert_eq!(problem::<Email>("mia").0, "email");
    assert_eq!(problem::<Email>("a@b@c").1, "is not of the form name@domain");
    assert_eq!(problem::<Email>("a b@c").1, "has spaces or control characters");
    assert_eq!(problem::<DisplayName>(" \t ").1, "is empty");
    assert_eq!(problem::<DisplayName>("a\u{7}b").1, "has control or invisible characters");
    assert_eq!(problem::<IdempotencyKey>("short"), ("idempotency_key", "has the wrong length"));
    assert_eq!(problem::<CorrelationId>("new\nlines").0, "correlation_id");
    assert_eq!(problem::<Password>("seven77").1, "shorter than 8 characters");
    assert_eq!(problem::<OneTimeCode>("12a456"), ("code", "has other characters than digits"));
    assert_eq!(problem::<MatchNumber>("1").0, "number");
    assert_eq!(problem::<OpaqueToken>("abc").0, "token");
}

#[test]
fn a_name_shows_as_what_it_is() {
    for bad in ["Mia\u{202e}pppA", "Acme\u{200b}", "Acme\u{2028}Ok", "\u{2066}x\u{2069}", "x\u{e0041}"] {
        assert!(bad.parse::<DisplayName>().is_err(), "{bad:?}");
    }
    for good in ["Zoë’s phone", "می\u{200c}خواهم", "👩\u{200d}💻 laptop", "ノートPC"] {
        assert!(good.parse::<DisplayName>().is_ok(), "{good:?}");
    }
}

#[test]
fn server_urls_are_https_or_loopback() {
    for good in [
        "https://auth.example",
        "https://auth.example/r/qa",
        "http://localhost:8440",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        assert!(good.parse::<ServerUrl>().is_ok(), "{good}");
    }
    assert_eq!("https://auth.example/".parse::<ServerUrl>().unwrap().as_str(), "https://auth.example");
    for bad in [
        "http://auth.example",
        "ftp://auth.example",
        "https://",
        "https://u:p@h",
        "https://h?x",
        "https://h#x",
        "http://localhost.evil",
    ] {
        assert_eq!(bad.parse::<ServerUrl>().unwrap_err().field, "server", "{bad}");
    }
}

#[test]
fn codes_are_read_as_people_type_them() {
    assert_eq!("123 456".parse::<OneTimeCode>().unwrap().expose(), "123456");
    assert_eq!(" 4-2".parse::<MatchNumber>().unwrap().expose(), "42");
}

#[test]
fn a_token_made_from_bits_is_well_formed() {
    let token = OpaqueToken::from_bits(&[0xfb; 32]);
    assert_eq!(token.expose(), "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s");
    assert!(token.expose().parse::<OpaqueToken>().is_ok());
}

#[test]
fn one_address_has_one_canonical_form() {
    let (a, b): (Email, Email) = ("Mia@Example.com".parse().unwrap(), "mia@example.COM".parse().unwrap());
    assert_eq!(a.canonical(), b.canonical());
}

proptest! {
    #[test]
    fn parsing_never_panics_and_accepted_text_is_a_fixed_point(text in ".{0,300}") {
        if let Ok(v) = text.parse::<Email>() { prop_assert_eq!(v.as_str().parse::<Email>().unwrap(), v.clone()); }
        if let Ok(v) = text.parse::<DisplayName>() { prop_assert_eq!(v.as_str().parse::<DisplayName>().unwrap(), v.clone()); }
        if let Ok(v) = text.parse::<ServerUrl>() { prop_assert_eq!(v.as_str().parse::<ServerUrl>().unwrap(), v.clone()); }
        if let Ok(v) = text.parse::<OneTimeCode>() { prop_assert!(v.expose().len() <= 10); }
        let _ = (text.parse::<Password>(), text.parse::<MatchNumber>(), text.parse::<OpaqueToken>());
    }
}
