#![allow(clippy::unwrap_used)]

use countersign_protocol::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    Error,
    otp::{Algorithm, Digits, Period},
};

fn parse(uri: &str) -> ParsedEntry {
    TotpEntry::parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

/// Issuer, account and warnings of a label and an issuer parameter.
fn names_of(label: &str, issuer: &str) -> (Option<String>, String, Vec<OtpUriWarning>) {
    let parsed = parse(&format!("otpauth://totp/{label}?secret=JBSWY3DPEHPK3PXP{issuer}"));
    (parsed.entry.issuer, parsed.entry.account, parsed.warnings)
}

fn mismatch(label: &str, parameter: &str) -> Vec<OtpUriWarning> {
    vec![OtpUriWarning::IssuerMismatch { label: label.to_owned(), parameter: parameter.to_owned() }]
}

#[test]
fn names_are_read_from_label_and_parameter() {
    let acme = || Some("Acme".to_owned());
    let mia = || "mia@example.com".to_owned();
    for label in [
        "Acme:mia@example.com",
        "Acme%3Amia%40example.com",
        "Acme%3a%20mia@example.com",
        "Acme:  mia@example.com ",
    ] {
        assert_eq!(names_of(label, ""), (acme(), mia(), vec![]), "{label}");
        assert_eq!(names_of(label, "&issuer=Acme"), (acme(), mia(), vec![]), "{label}");
    }
    assert_eq!(names_of("mia@example.com", "&issuer=Acme"), (acme(), mia(), vec![]));
    assert_eq!(names_of("mia@example.com", "&issuer="), (None, mia(), vec![]));
    assert_eq!(names_of("Acme:", ""), (acme(), String::new(), vec![]));
    assert_eq!(names_of("a+b@example.com", "").1, "a+b@example.com", "a plus sign in a label is one");
    assert_eq!(names_of("x", "&issuer=Acme+Corp").0.unwrap(), "Acme Corp", "in a parameter it is a space");
    assert_eq!(names_of("Acme/Shop:100%25%", "").1, "100%%");
    assert_eq!(names_of("A:b:c", "").1, "b:c");
    assert_eq!(names_of("A:b:c", "&issuer=A:b"), (Some("A:b".to_owned()), "c".to_owned(), vec![]));
    assert_eq!(names_of("%D0%9F:%E8%8E%8E", ""), (Some("П".to_owned()), "莎".to_owned(), vec![]));
    assert_eq!(names_of("П:莎", "").1, "莎");
    assert_eq!(names_of("a%00b%0a", "").1, "ab", "control characters are dropped");
}

#[test]
fn a_mismatch_of_issuers_is_a_warning_and_the_parameter_counts() {
    let (issuer, account, warnings) = names_of("Bank:mia", "&issuer=Evil");
    assert_eq!((issuer.as_deref(), account.as_str()), (Some("Evil"), "mia"));
    assert_eq!(warnings, mismatch("Bank", "Evil"));
    assert_eq!(names_of("Acme%20Corp:mia", "&issuer=Acme").2, mismatch("Acme Corp", "Acme"));
    assert_eq!(names_of("ACME:mia", "&issuer=Acme").2, vec![], "case alone is none");
}

#[test]
fn an_entry_without_a_name_is_a_warning() {
    for uri in [
        "otpauth://totp/?secret=JBSWY3DP",
        "otpauth://totp?secret=JBSWY3DP",
        "otpauth://totp/:?secret=JBSWY3DP",
    ] {
        assert_eq!(parse(uri).warnings, [OtpUriWarning::NoName], "{uri}");
    }
}

#[test]
fn parameters_have_defaults_and_are_read_in_any_case() {
    let plain = parse(" otpauth://totp/x?secret=JBSWY3DPEHPK3PXP\n").entry.totp;
    assert_eq!((plain.algorithm(), plain.digits(), plain.period()), Default::default());
    let full =
        "OTPAUTH://TOTP/x?Image=a&SECRET=jbsw-y3dp+ehpk%203pxp&Algorithm=sha512&DIGITS=10&period=1&&lock";
    let full = parse(full).entry.totp;
    assert_eq!(full.secret().expose(), plain.secret().expose());
    assert_eq!(full.algorithm(), Algorithm::Sha512);
    assert_eq!((full.digits().get(), full.period().as_seconds()), (10, 1));
}

#[test]
fn every_refusal_names_the_part_and_the_fix() {
    let long = format!("otpauth://totp/x?secret={}", "A".repeat(LONGEST));
    let cases = [
        ("", "uri"),
        ("JBSWY3DPEHPK3PXP", "uri"),
        ("https://example.com/totp?secret=JBSWY3DP", "uri"),
        ("otpauth-migration://offline?data=AAAA", "uri"),
        (&long, "uri"),
        ("otpauth://hotp/x?secret=JBSWY3DP&counter=1", "type"),
        ("otpauth://STEAM/x?secret=JBSWY3DP", "type"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=5&encoder=steam", "type"),
        ("otpauth://JBSWY3DP/x", "type"),
        ("otpauth://totp/x", "secret"),
        ("otpauth://totp/x?issuer=Acme", "secret"),
        ("otpauth://totp/x?secret=", "secret"),
        ("otpauth://totp/x?secret=%20-", "secret"),
        ("otpauth://totp/x?secret=JBSWY3D!", "secret"),
        ("otpauth://totp/x?secret=JBSWY3DP#EHPK3PXP", "secret"),
        ("otpauth://totp/x?secret=JBS", "secret"),
        ("otpauth://totp/x?secret=JBSWY3DP&Secret=JBSWY3DP", "secret"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=6&digits=6", "digits"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=", "digits"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=0", "digits"),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=11", "digits"),
        ("otpauth://totp/x?secret=JBSWY3DP&period=0", "period"),
        ("otpauth://totp/x?secret=JBSWY3DP&period=-30", "period"),
        ("otpauth://totp/x?secret=JBSWY3DP&period=30#top", "period"),
        ("otpauth://totp/x?secret=JBSWY3DP&algorithm=MD5", "algorithm"),
        ("otpauth://totp/x?secret=JBSWY3DP&issuer=%FF", "issuer"),
        ("otpauth://totp/%FF?secret=JBSWY3DP", "label"),
    ];
    for (uri, part) in cases {
        let error = TotpEntry::parse(uri).expect_err(uri);
        assert_eq!(error.explain().field, part, "{uri}: {error}");
        assert!(!error.to_string().contains("JBSW"), "{error}");
        let Error::InvalidInput { field, fix, .. } = Error::from(error) else { panic!("{uri}") };
        assert!(field == part && !fix.is_empty(), "{uri}");
    }
}

#[test]
fn kinds_that_are_not_made_here_are_told_from_unknown_ones() {
    let error = |uri| TotpEntry::parse(uri).unwrap_err();
    assert_eq!(error("otpauth://HOTP/x?secret=JBSWY3DP"), OtpUriError::Unsupported { kind: "hotp" });
    assert!(error("otpauth://hotp/x").to_string().contains("hotp"));
    assert_eq!(error("otpauth://wotp/x?secret=JBSWY3DP"), OtpUriError::UnknownType);
}

#[test]
fn a_uri_is_written_with_all_parameters() {
    let text = "otpauth://totp/Acme%20%26%20Co:mia%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Acme%20%26%20Co\
                &algorithm=SHA1&digits=6&period=30";
    assert_eq!(parse(text).entry.to_uri().expose(), text);
    let nameless = parse("otpauth://totp/?secret=jbswy3dp").entry.to_uri();
    assert_eq!(nameless.expose(), "otpauth://totp/?secret=JBSWY3DP&algorithm=SHA1&digits=6&period=30");
}

fn entries() -> impl Strategy<Value = TotpEntry> {
    let names = (proptest::option::of(any::<String>()), any::<String>());
    let secret = proptest::collection::vec(any::<u8>(), 1..100);
    let algorithm = prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)];
    (names, secret, algorithm, 1..=10_u8, 1..=u64::MAX).prop_map(
        |((issuer, account), secret, algorithm, digits, period)| {
            let (digits, period) = (Digits::try_from(digits).unwrap(), Period::try_from(period).unwrap());
            let totp = Totp::new(Secret::new(secret), algorithm, digits, period).unwrap();
            TotpEntry::new(issuer.as_deref(), &account, totp)
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(entry in entries()) {
        let uri = entry.to_uri();
        let ParsedEntry { entry: read, warnings } = TotpEntry::parse(uri.expose()).unwrap();
        let nameless = entry.issuer.is_none() && entry.account.is_empty();
        prop_assert_eq!(warnings.len(), usize::from(nameless));
        prop_assert_eq!((read.issuer(), read.account()), (entry.issuer(), entry.account()));
        prop_assert_eq!(read.totp.secret().expose(), entry.totp.secret().expose());
        let again = read.to_uri();
        prop_assert_eq!(again.expose(), uri.expose());
    }

    #[test]
    fn no_text_panics(text: String, label: String, query: String) {
        let _ = TotpEntry::parse(&text);
        let _ = TotpEntry::parse(&format!("otpauth://totp/{label}?secret=JBSWY3DP&{query}"));
    }

    #[test]
    fn no_jumble_of_parts_panics(parts in proptest::collection::vec(
        prop_oneof![
            Just("otpauth://"), Just("totp"), Just("/"), Just(":"), Just("%3A"), Just("%"), Just("?"), Just("&"),
            Just("="), Just("secret"), Just("issuer"), Just("digits"), Just("JBSWY3DP"), Just("%FF"), Just("é"),
        ], 0..20,
    )) {
        let _ = TotpEntry::parse(&parts.concat());
        let _ = TotpEntry::parse(&format!("otpauth://totp/{}", parts.concat()));
    }
}

/// Forms of links that are met in other apps, with codes of another implementation.
#[test]
fn samples_give_the_codes_of_another_implementation() {
    let now = Timestamp::from_seconds(1_800_000_059);
    for line in include_str!("samples.tsv").lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, code, uri] = columns[..] else { panic!("{line}") };
        match TotpEntry::parse(uri) {
            Ok(parsed) => assert_eq!(parsed.entry.totp.code_at(now).expose(), code, "{name}"),
            Err(error) => assert_eq!(code, "", "{name}: {error}"),
        }
    }
}
