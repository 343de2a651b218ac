//! ES256 signatures and proofs of possession, beside the libraries under them.

use std::{hint::black_box, sync::Arc};

use countersign::{
    crypto::{
        DeterministicSigner, PublicKey, SoftwareSigner,
        dpop::{self, DpopRequest},
    },
    ports::{DeviceSigner, KeyUse, Random, SystemRandom},
    protocol::{
        Timestamp,
        claims::{DpopClaims, typ},
    },
    testing::MemoryStorage,
};
use countersign_server::jose;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use ring::{
    rand::SystemRandom as RingRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    },
};

use crate::{
    error::BenchError,
    report::{Row, Section, factor, per_second, time},
    timing::{side_by_side, used},
};

const KEY: &str = "device";
const URL: &str = "https://auth.example/mfa/verify";
/// About as long as the signing input of a short message.
const MESSAGE: [u8; 256] = [b'm'; 256];

pub(crate) fn measure() -> Result<Section, BenchError> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom::default());
    let storage = Arc::new(MemoryStorage::default());
    let signer = SoftwareSigner::new(storage.clone(), Arc::clone(&random));
    let reproducible = DeterministicSigner::new(storage, Arc::clone(&random));
    let public = signer.create(KEY, KeyUse::Possession)?;

    let [by_port, by_ring, by_p256_port, by_p256, verified] = {
        let (ring, key) = (RingKey::new()?, PublicKey::try_from(&public)?);
        let p256 = SigningKey::from_slice(&[0x17; 32])
            .map_err(|_| BenchError::surprise("p256 does not take the key"))?;
        let signature = signer.sign(KEY, &MESSAGE)?;
        key.verify(&MESSAGE, &signature)?;
        reproducible.sign(KEY, &MESSAGE)?;
        side_by_side([
            &mut || used(signer.sign(KEY, black_box(&MESSAGE))),
            &mut || used(ring.sign(black_box(&MESSAGE))),
            &mut || used(reproducible.sign(KEY, black_box(&MESSAGE))),
            &mut || used::<Signature>(p256.sign(black_box(&MESSAGE))),
            &mut || used(key.verify(black_box(&MESSAGE), &signature)),
        ])
    };

    let proof = || proof(&signer, &*random);
    check(&proof()?)?;
    let proofs: Vec<_> = (0..256).map(|_| proof()).collect::<Result<_, _>>()?;
    let mut proofs = proofs.iter().map(String::as_str).cycle();
    let [made, checked] = side_by_side([&mut || used(proof()), &mut || used(proofs.next().map(check))]);

    let how = "The SDK signs through its port, by a key that it looks up by name and keeps parsed. A proof is made by \
               the SDK with a nonce and the hash of a short body, and checked by the server's library: header, key, \
               signature, claims and thumbprint.";
    let rows = vec![
        Row::new("Signature, ring behind the port", format!("{} ({})", time(by_port), per_second(by_port)))
            .beside(format!("ring alone {}", time(by_ring))),
        Row::new("Signature, p256 behind the port (RFC 6979)", time(by_p256_port)).beside(format!(
            "p256 alone {}; {} of ring's time",
            time(by_p256),
            factor(by_p256_port / by_port)
        )),
        Row::new("Signature verified", time(verified)),
        Row::new("DPoP proof made", time(made)).beside(format!("one signature {}", time(by_port))),
        Row::new("DPoP proof checked", time(checked)).beside(format!("one verification {}", time(verified))),
    ];
    Ok(Section::new("Signatures", how, rows))
}

/// Nanoseconds that one signature and one verification take by ring alone.
pub(crate) fn by_ring() -> Result<(f64, f64), BenchError> {
    let ring = RingKey::new()?;
    let signature = ring.sign(&MESSAGE)?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, ring.pair.public_key());
    let [signed, verified] = side_by_side([&mut || used(ring.sign(black_box(&MESSAGE))), &mut || {
        used(public.verify(black_box(&MESSAGE), signature.as_ref()));
    }]);
    Ok((signed, verified))
}

struct RingKey {
    pair: EcdsaKeyPair,
    random: RingRandom,
}

impl RingKey {
    fn new() -> Result<Self, BenchError> {
        let (random, algorithm) = (RingRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(no_key)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Ok(Self { pair: pair.map_err(no_key)?, random })
    }

    fn sign(&self, message: &[u8]) -> Result<ring::signature::Signature, BenchError> {
        self.pair.sign(&self.random, message).map_err(no_key)
    }
}

fn no_key(error: impl std::fmt::Display) -> BenchError {
    BenchError::surprise(format!("ring makes no key or signature: {error}"))
}

fn proof(signer: &dyn DeviceSigner, random: &dyn Random) -> Result<String, BenchError> {
    let request = DpopRequest {
        method: "POST",
        url: URL,
        nonce: Some("u5bGKn1Ad8ZkOFSn1VHxRg"),
        access_token: None,
        body: Some(&MESSAGE),
        now: Timestamp::from_seconds(1_769_860_800),
    };
    Ok(dpop::proof(signer, KEY, random, &request)?)
}

/// What the server does with a proof, up to looking for its nonce.
fn check(proof: &str) -> Result<(DpopClaims, String), BenchError> {
    let refused = |error: jose::NotAuthentic| BenchError::surprise(format!("the proof is refused: {error}"));
    let header = jose::header(proof, typ::DPOP, false).map_err(refused)?;
    let key = header.jwk.ok_or_else(|| BenchError::surprise("the proof has no key"))?;
    let claims = jose::verify(proof, &key).map_err(refused)?;
    Ok((claims, jose::thumbprint(&key)))
}
