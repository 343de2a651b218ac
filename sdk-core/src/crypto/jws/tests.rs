#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use countersign_protocol::claims::typ;
use serde::Deserialize;

use super::*;
use crate::{
    crypto::{SoftwareSigner, digest::hmac_sha256},
    ports::KeyUse,
    testing::{MemoryStorage, SeededRandom},
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Claims {
    sub: String,
    n: u32,
}

struct Fixture {
    signer: SoftwareSigner,
    key: PublicKey,
    point: [u8; 65],
}

impl Fixture {
    fn new() -> Self {
        let signer = SoftwareSigner::new(Arc::new(MemoryStorage::default()), Arc::new(SeededRandom::new(1)));
        let jwk = signer.create("device", KeyUse::Possession).unwrap();
        Self { signer, key: PublicKey::try_from(&jwk).unwrap(), point: jwk.to_sec1() }
    }

    fn good(&self) -> String {
        let header = Header::new(typ::RESPONSE).versioned().with_kid("k");
        sign(&self.signer, "device", &header, &claims()).unwrap()
    }

    /// Signs header and payload as they are given.
    fn raw(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.signer.sign("device", input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn verify(&self, jws: &str) -> Result<Claims, CryptoError> {
        verify(jws, typ::RESPONSE, true, &self.key)
    }

    fn verify_raw(&self, header: &str) -> Result<Claims, CryptoError> {
        self.verify(&self.raw(header, r#"{"sub":"mia","n":7}"#))
    }
}

fn claims() -> Claims {
    Claims { sub: "mia".to_owned(), n: 7 }
}

#[test]
fn what_was_signed_is_what_is_read() {
    let fixture = Fixture::new();
    let jws = fixture.good();
    assert_eq!(fixture.verify(&jws).unwrap(), claims());
    let header = peek_header(&jws).unwrap();
    assert_eq!((header.alg.as_str(), header.kid.as_deref()), ("ES256", Some("k")));
    let (input, _) = jws.rsplit_once('.').unwrap();
    assert_eq!(signing_input_hash(&jws).unwrap(), sha256_base64url(input.as_bytes()));
}

#[test]
fn a_change_of_any_character_is_seen() {
    let fixture = Fixture::new();
    let jws = fixture.good();
    for (position, character) in jws.char_indices() {
        let other = if character == 'A' { "B" } else { "A" };
        let mut changed = jws.clone();
        changed.replace_range(position..=position, other);
        assert!(fixture.verify(&changed).is_err(), "position {position}");
    }
    for length in 0..jws.len() {
        assert!(fixture.verify(&jws[..length]).is_err(), "{length} characters");
    }
    assert!(fixture.verify(&format!("{jws}=")).is_err());
}

#[test]
fn another_key_does_not_fit() {
    let (mine, other) = (Fixture::new(), Fixture::new());
    other.signer.delete("device").unwrap();
    other.signer.create("device", KeyUse::Possession).unwrap();
    assert!(matches!(mine.verify(&other.good()), Err(CryptoError::InvalidSignature)));
}

#[test]
fn other_algorithms_are_refused_even_where_they_would_fit() {
    let fixture = Fixture::new();
    let header = |alg: &str| format!(r#"{{"alg":"{alg}","typ":"{}","ver":1,"crit":["ver"]}}"#, typ::RESPONSE);
    for alg in ["none", "None", "HS256", "RS256", "ES384", "es256", ""] {
        let result = fixture.verify_raw(&header(alg));
        assert!(matches!(result, Err(CryptoError::WrongAlgorithm)), "{alg}");
    }
    // Unsigned, and signed with the public key as a shared secret.
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header("none")),
        URL_SAFE_NO_PAD.encode(r#"{"sub":"mia","n":7}"#)
    );
    assert!(matches!(fixture.verify(&format!("{input}.")), Err(CryptoError::WrongAlgorithm)));
    let input =
        input.replace(&URL_SAFE_NO_PAD.encode(header("none")), &URL_SAFE_NO_PAD.encode(header("HS256")));
    let tag = URL_SAFE_NO_PAD.encode(hmac_sha256(&fixture.point, input.as_bytes()));
    assert!(matches!(fixture.verify(&format!("{input}.{tag}")), Err(CryptoError::WrongAlgorithm)));
}

#[test]
fn a_message_of_one_type_is_not_read_as_another() {
    let fixture = Fixture::new();
    for other in [typ::DPOP, typ::ACCESS, typ::ENROLMENT, typ::RECEIPT, typ::KEY_SET, typ::REQUEST, "JWT", ""]
    {
        let header = Header::new(other).versioned();
        let jws = sign(&fixture.signer, "device", &header, &claims()).unwrap();
        assert!(matches!(fixture.verify(&jws), Err(CryptoError::WrongType { .. })), "{other}");
    }
}

#[test]
fn versions_and_critical_parameters_must_be_understood() {
    let fixture = Fixture::new();
    let header = |rest: &str| format!(r#"{{"alg":"ES256","typ":"{}"{rest}}}"#, typ::RESPONSE);
    for rest in [
        "",
        r#","ver":1"#,
        r#","crit":["ver"]"#,
        r#","ver":2,"crit":["ver"]"#,
        r#","ver":0,"crit":["ver"]"#,
        r#","ver":1,"crit":[]"#,
        r#","ver":1,"crit":["ver","b64"],"b64":false"#,
        r#","ver":1,"crit":["b64"],"b64":false"#,
        r#","ver":1,"crit":["ver","ver"]"#,
    ] {
        assert!(matches!(fixture.verify_raw(&header(rest)), Err(CryptoError::NotUnderstood)), "{rest}");
    }
    assert!(fixture.verify_raw(&header(r#","ver":1,"crit":["ver"],"later":true"#)).is_ok());

    let unversioned = |rest: &str| {
        let jws = fixture.raw(&header(rest), r#"{"sub":"mia","n":7}"#);
        verify::<Claims>(&jws, typ::RESPONSE, false, &fixture.key)
    };
    assert!(unversioned("").is_ok());
    for rest in [r#","ver":1,"crit":["ver"]"#, r#","crit":["b64"],"b64":false"#, r#","crit":[]"#] {
        assert!(matches!(unversioned(rest), Err(CryptoError::NotUnderstood)), "{rest}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let fixture = Fixture::new();
    let header =
        format!(r#"{{"alg":"none","alg":"ES256","typ":"{}","ver":1,"crit":["ver"]}}"#, typ::RESPONSE);
    assert!(matches!(fixture.verify_raw(&header), Err(CryptoError::Header(_))));
    let header = format!(r#"{{"alg":"ES256","typ":"{}","ver":1,"crit":["ver"]}}"#, typ::RESPONSE);
    let twice = fixture.raw(&header, r#"{"sub":"mia","n":7,"n":8}"#);
    assert!(matches!(fixture.verify(&twice), Err(CryptoError::Claims(_))));
}

#[test]
fn malformed_parts_are_refused() {
    let fixture = Fixture::new();
    for header in ["", "{", "[]", "null", r#"{"alg":"ES256"}"#, r#"{"alg":1,"typ":"x"}"#, "\u{0}"] {
        let result = fixture.verify_raw(header);
        assert!(matches!(result, Err(CryptoError::Header(_))), "{header}");
    }
    let header = format!(r#"{{"alg":"ES256","typ":"{}","ver":1,"crit":["ver"]}}"#, typ::RESPONSE);
    for payload in ["", "[]", r#"{"sub":"mia"}"#, r#"{"sub":"mia","n":-1}"#, r#"{"sub":"mia","n":7} x"#] {
        let result = fixture.verify(&fixture.raw(&header, payload));
        assert!(matches!(result, Err(CryptoError::Claims(_))), "{payload}");
    }
    for text in ["", "..", "a.b.c.d", "not a jws"] {
        assert!(fixture.verify(text).is_err(), "{text}");
        assert!(peek_header(text).is_err(), "{text}");
    }
    assert!(matches!(signing_input_hash("a.b"), Err(CryptoError::Malformed(_))));
}

#[test]
fn a_signature_in_der_form_is_refused() {
    let fixture = Fixture::new();
    let jws = fixture.good();
    let (input, signature) = jws.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der = p256::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
    let der = format!("{input}.{}", URL_SAFE_NO_PAD.encode(der.as_bytes()));
    assert!(matches!(fixture.verify(&der), Err(CryptoError::InvalidSignature)));
}

#[test]
fn without_a_key_nothing_is_signed() {
    let fixture = Fixture::new();
    let result = sign(&fixture.signer, "other", &Header::new(typ::RESPONSE), &claims());
    assert!(matches!(result, Err(CryptoError::Signer(crate::ports::SignerError::Missing))));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(header in ".{0,80}", payload in ".{0,80}", text in ".{0,200}") {
        let fixture = Fixture::new();
        proptest::prop_assert!(fixture.verify(&fixture.raw(&header, &payload)).is_err());
        proptest::prop_assert!(fixture.verify(&text).is_err());
        let _ = (peek_header(&text), signing_input_hash(&text));
    }
}
