//! Signs messages with fixed keys, and spoils them.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    crypto::{DeterministicSigner, digest, jws, thumbprint},
    ports::DeviceSigner,
    protocol::{
        Secret,
        claims::{Header, typ},
        jose::Jwk,
    },
    testing::{MemoryStorage, SeededRandom},
};
use serde::Serialize;

use super::file::{Hash, Invalid, Reason, Vector};

const KEYS: [&str; 7] = ["device", "possession", "verification", "root", "push", "access", "stranger"];

/// Holds the keys of the vectors.
pub(super) struct Maker {
    pub(super) signer: DeterministicSigner,
}

/// A message to be made: what is said of it, who signs, and what it says.
pub(super) struct Message<C> {
    pub(super) description: &'static str,
    pub(super) key: &'static str,
    pub(super) header: Header,
    pub(super) claims: C,
    pub(super) hashes: Vec<Hash>,
    /// Parts of the claims' JSON, each with a value in its place that no reader knows.
    pub(super) unknown_values: &'static [(&'static str, &'static str)],
}

impl Maker {
    pub(super) fn new() -> Self {
        let signer =
            DeterministicSigner::new(Arc::new(MemoryStorage::default()), Arc::new(SeededRandom::new(1)));
        for name in KEYS {
            signer.insert(name, &Secret::new(private_key(name))).unwrap();
        }
        Self { signer }
    }

    pub(super) fn public(&self, key: &str) -> Jwk {
        self.signer.public_key(key).unwrap().unwrap()
    }

    pub(super) fn vector<C: Serialize>(&self, message: Message<C>) -> Vector<C> {
        let Message { description, key, header, claims, mut hashes, unknown_values } = message;
        let public = self.public(key);
        if header.kid.is_some() {
            hashes.insert(0, hash("header.kid", &public.thumbprint_input()));
        }
        let jws = jws::sign(&self.signer, key, &header, &claims).unwrap();
        let signing_input = jws.rsplit_once('.').unwrap().0.to_owned();
        Vector {
            description: description.to_owned(),
            typ: header.typ.clone(),
            versioned: header.ver.is_some(),
            private_key: URL_SAFE_NO_PAD.encode(private_key(key)),
            thumbprint: thumbprint(&public),
            invalid: Spoiler { maker: self, key, jws: &jws, header: &header }.all(unknown_values),
            key: public,
            header,
            claims,
            signing_input_hash: jws::signing_input_hash(&jws).unwrap(),
            signing_input,
            jws,
            hashes,
        }
    }

    /// Signs header and payload as they are.
    fn raw(&self, key: &str, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = self.signer.sign(key, input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature))
    }
}

/// The vectors' private keys are hashes of their names.
fn private_key(name: &str) -> [u8; 32] {
    digest::sha256(format!("countersign vector key: {name}").as_bytes())
}

pub(super) fn hash(at: &str, of: &str) -> Hash {
    Hash { at: at.to_owned(), of: of.to_owned(), value: digest::sha256_base64url(of.as_bytes()) }
}

/// Makes the variants of one message that must be refused.
struct Spoiler<'a> {
    maker: &'a Maker,
    key: &'a str,
    jws: &'a str,
    header: &'a Header,
}

impl Spoiler<'_> {
    fn all(&self, unknown_values: &[(&str, &str)]) -> Vec<Invalid> {
        let mut all = self.without_a_good_signature();
        all.extend(self.with_another_header());
        all.extend(self.with_other_claims(unknown_values));
        all.extend(self.in_another_encoding());
        all.into_iter().map(|(reason, jws)| Invalid { reason, jws }).collect()
    }

    fn without_a_good_signature(&self) -> Vec<(Reason, String)> {
        let (input, signature) = self.jws.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut altered = raw.clone();
        altered[63] ^= 1;
        let later = encode(self.payload().replace(r#""iat":1769860800"#, r#""iat":1769860801"#));
        assert_ne!(later, payload);
        let stranger = thumbprint(&self.maker.public("stranger"));
        let other_header = encode(json(&self.header.clone().with_kid(stranger)));
        let der = p256::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
        let none = format!("{}.{payload}", encode(self.header_json().replace("ES256", "none")));
        let shared = format!("{}.{payload}", encode(self.header_json().replace("ES256", "HS256")));
        let tag = digest::hmac_sha256(&self.maker.public(self.key).to_sec1(), shared.as_bytes());
        vec![
            (Reason::AlteredSignature, format!("{input}.{}", encode(altered))),
            (Reason::AlteredPayload, format!("{header}.{later}.{signature}")),
            (Reason::AlteredHeader, format!("{other_header}.{payload}.{signature}")),
            (Reason::OtherKey, self.maker.raw("stranger", &self.header_json(), &self.payload())),
            (Reason::DerSignature, format!("{input}.{}", encode(der.as_bytes()))),
            (Reason::AlgNone, format!("{none}.")),
            (Reason::AlgHs256, format!("{shared}.{}", encode(tag))),
        ]
    }

    fn with_another_header(&self) -> Vec<(Reason, String)> {
        let sign = |header: &str| self.maker.raw(self.key, header, &self.payload());
        let changed = |change: fn(&mut Header)| {
            let mut header = self.header.clone();
            change(&mut header);
            sign(&json(&header))
        };
        let other = if self.header.typ == typ::REQUEST { typ::RESPONSE } else { typ::REQUEST };
        let typ_member = format!(r#","typ":"{}""#, self.header.typ);
        let once = self.header_json();
        let twice = once.replace(&typ_member, &typ_member.repeat(2));
        let more = once.strip_suffix('}').unwrap();
        let mut all = vec![
            (Reason::OtherTyp, sign(&once.replace(&self.header.typ, other))),
            (Reason::NoTyp, sign(&once.replace(&typ_member, ""))),
            (Reason::DuplicateHeaderMember, sign(&twice)),
        ];
        if self.header.ver.is_some() {
            let unknown = once.replace(r#""crit":["ver"]"#, r#""crit":["ver","later"],"later":true"#);
            all.extend([
                (Reason::UnknownCrit, sign(&unknown)),
                (Reason::NoVersion, changed(|header| (header.ver, header.crit) = (None, None))),
                (Reason::VersionNotCritical, changed(|header| header.crit = None)),
                (Reason::OtherVersion, changed(|header| header.ver = Some(2))),
            ]);
        } else {
            all.push((Reason::UnknownCrit, sign(&format!(r#"{more},"crit":["later"],"later":true}}"#))));
        }
        all
    }

    fn with_other_claims(&self, unknown_values: &[(&str, &str)]) -> Vec<(Reason, String)> {
        let payload = self.payload();
        let iat = r#""iat":1769860800"#;
        let replaced = |from: &str, to: &str| {
            let changed = payload.replacen(from, to, 1);
            assert_ne!(changed, payload, "{from}");
            self.maker.raw(self.key, &self.header_json(), &changed)
        };
        let mut all = vec![
            (Reason::DuplicateClaim, replaced(iat, &format!("{iat},{iat}"))),
            (Reason::MissingClaim, replaced(iat, r#""at":1769860800"#)),
        ];
        all.extend(unknown_values.iter().map(|(from, to)| (Reason::UnknownValue, replaced(from, to))));
        all
    }

    fn in_another_encoding(&self) -> Vec<(Reason, String)> {
        let (input, signature) = self.jws.rsplit_once('.').unwrap();
        // 64 bytes fill 85 characters and two bits of the 86th, whose other four bits must be zero.
        let (all_but_one, last) = signature.split_at(85);
        let stray = match last {
            "A" => "B",
            "Q" => "R",
            "g" => "h",
            _ => "x",
        };
        vec![
            (Reason::Padded, format!("{input}.{signature}==")),
            (Reason::StrayBits, format!("{input}.{all_but_one}{stray}")),
            (Reason::TwoParts, input.to_owned()),
        ]
    }

    fn header_json(&self) -> String {
        json(self.header)
    }

    fn payload(&self) -> String {
        let payload = self.jws.split('.').nth(1).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn json(header: &Header) -> String {
    serde_json::to_string(header).unwrap()
}
