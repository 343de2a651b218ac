//! Reads the files and believes what a reader should, by ring.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    crypto::{CryptoError, DeterministicSigner, PublicKey, SoftwareSigner, digest, jws, thumbprint},
    ports::DeviceSigner,
    protocol::{
        Secret,
        claims::{
            AccessClaims, DpopClaims, EnrolmentClaims, KeySetClaims, ReceiptClaims, RequestClaims,
            ResponseClaims,
        },
    },
    testing::{MemoryStorage, SeededRandom},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    file::{Reason, Vector},
    messages, read,
};

type Check = fn(text: &str);

/// How a file is checked, by its name.
const CHECKS: [(&str, Check); 10] = [
    ("access-token.json", check::<AccessClaims>),
    ("dpop-get.json", check::<DpopClaims>),
    ("dpop-post.json", check::<DpopClaims>),
    ("enrolment-possession.json", check::<EnrolmentClaims>),
    ("enrolment-verification.json", check::<EnrolmentClaims>),
    ("key-set.json", check::<KeySetClaims>),
    ("receipt.json", check::<ReceiptClaims>),
    ("request.json", check::<RequestClaims>),
    ("response-approve.json", check::<ResponseClaims>),
    ("response-deny.json", check::<ResponseClaims>),
];

#[test]
fn every_message_is_believed_and_no_variant_of_it() {
    for (name, check) in CHECKS {
        check(&read(name));
    }
    assert_eq!(messages(), CHECKS.map(|(name, _)| name), "each signed message is checked here");
}

fn check<C: Serialize + DeserializeOwned>(text: &str) {
    let file: Value = serde_json::from_str(text).unwrap();
    let vector: Vector<C> = serde_json::from_str(text).unwrap();
    let name = &vector.description;
    let key = PublicKey::try_from(&vector.key).unwrap();

    let claims: C = jws::verify(&vector.jws, &vector.typ, vector.versioned, &key).unwrap();
    assert_eq!(serde_json::to_value(&claims).unwrap(), file["claims"], "{name}");
    assert_eq!(jws::peek_header(&vector.jws).unwrap(), vector.header, "{name}");
    assert!(vector.jws.starts_with(&format!("{}.", vector.signing_input)), "{name}");
    assert_eq!(jws::signing_input_hash(&vector.jws).unwrap(), vector.signing_input_hash, "{name}");
    assert_eq!(thumbprint(&vector.key), vector.thumbprint, "{name}");
    for hash in &vector.hashes {
        let found = hash.at.split('.').fold(&file, |value, member| &value[member]);
        assert_eq!(found, &hash.value, "{name}: {}", hash.at);
        assert_eq!(digest::sha256_base64url(hash.of.as_bytes()), hash.value, "{name}: {}", hash.at);
    }
    check_signing(&vector, &key);

    assert!(vector.invalid.len() >= 16, "{name}");
    for invalid in &vector.invalid {
        let result = jws::verify::<C>(&invalid.jws, &vector.typ, vector.versioned, &key);
        let error = result.err().unwrap_or_else(|| panic!("{name}: {:?} was believed", invalid.reason));
        assert!(is_that(&error, invalid.reason), "{name}: {:?} gave {error}", invalid.reason);
    }
}

/// The private key is that of the public one: p256 makes the same signature, ring makes one that is good as well.
fn check_signing<C>(vector: &Vector<C>, key: &PublicKey) {
    let (storage, random) = (Arc::new(MemoryStorage::default()), Arc::new(SeededRandom::new(1)));
    let private = URL_SAFE_NO_PAD.decode(&vector.private_key).unwrap().try_into().unwrap();
    let deterministic = DeterministicSigner::new(storage.clone(), random.clone());
    assert_eq!(deterministic.insert("a", &Secret::new(private)).unwrap(), vector.key);
    let message = vector.signing_input.as_bytes();
    let signature = URL_SAFE_NO_PAD.encode(deterministic.sign("a", message).unwrap());
    assert_eq!(format!("{}.{signature}", vector.signing_input), vector.jws);
    let by_ring = SoftwareSigner::new(storage, random).sign("a", message).unwrap();
    key.verify(message, &by_ring).unwrap();
}

/// Whether a message was refused for what is wrong with it, and not by chance.
fn is_that(error: &CryptoError, reason: Reason) -> bool {
    match reason {
        Reason::AlteredSignature
        | Reason::AlteredPayload
        | Reason::AlteredHeader
        | Reason::OtherKey
        | Reason::DerSignature => matches!(error, CryptoError::InvalidSignature),
        Reason::AlgNone | Reason::AlgHs256 => matches!(error, CryptoError::WrongAlgorithm),
        Reason::OtherTyp => matches!(error, CryptoError::WrongType { .. }),
        Reason::NoTyp | Reason::DuplicateHeaderMember => matches!(error, CryptoError::Header(_)),
        Reason::UnknownCrit | Reason::NoVersion | Reason::VersionNotCritical | Reason::OtherVersion => {
            matches!(error, CryptoError::NotUnderstood)
        }
        Reason::DuplicateClaim | Reason::MissingClaim | Reason::UnknownValue => {
            matches!(error, CryptoError::Claims(_))
        }
        Reason::Padded | Reason::StrayBits | Reason::TwoParts => matches!(error, CryptoError::Malformed(_)),
    }
}
