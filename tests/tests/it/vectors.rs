//! The golden vectors, read by the server's JOSE. The SDK, which made them, and Python read them too.

use std::{fs, path::PathBuf};

use countersign_protocol::{
    claims::{
        AccessClaims, DpopClaims, EnrolmentClaims, Header, KeySetClaims, ReceiptClaims, RequestClaims,
        ResponseClaims,
    },
    jose::Jwk,
};
use countersign_server::jose::{self, NotAuthentic};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What is read of a file.
#[derive(Deserialize)]
struct Vector {
    typ: String,
    versioned: bool,
    key: Jwk,
    thumbprint: String,
    header: Header,
    claims: Value,
    jws: String,
    signing_input: String,
    signing_input_hash: String,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Invalid {
    reason: String,
    jws: String,
}

type Check = fn(name: &str, vector: &Vector);

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
fn the_server_believes_every_message_and_no_variant_of_it() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    for (name, check) in CHECKS {
        check(name, &serde_json::from_str(&read(name)).unwrap());
    }
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut messages: Vec<_> = names.filter(|name| read(name).contains(r#""jws": "#)).collect();
    messages.sort();
    assert_eq!(messages, CHECKS.map(|(name, _)| name), "each signed message is checked here");
}

fn check<C: Serialize + DeserializeOwned>(name: &str, vector: &Vector) {
    let believe = |jws: &str| -> Result<C, NotAuthentic> {
        jose::header(jws, &vector.typ, vector.versioned)?;
        jose::verify(jws, &vector.key)
    };
    let claims = believe(&vector.jws).unwrap();
    assert_eq!(serde_json::to_value(claims).unwrap(), vector.claims, "{name}");
    assert_eq!(jose::header(&vector.jws, &vector.typ, vector.versioned).unwrap(), vector.header, "{name}");
    assert_eq!(jose::thumbprint(&vector.key), vector.thumbprint, "{name}");
    assert_eq!(jose::sha256(vector.signing_input.as_bytes()), vector.signing_input_hash, "{name}");
    assert!(vector.invalid.len() >= 16, "{name}");
    for Invalid { reason, jws } in &vector.invalid {
        let believed = believe(jws).is_ok();
        assert!(!believed, "{name}: {reason} was believed");
    }
}
