#![allow(clippy::unwrap_used)]

use countersign_protocol::Secret;
use data_encoding::HEXLOWER;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};

use super::*;
use crate::{
    crypto::{DeterministicSigner, PublicKey, SoftwareSigner},
    ports::{DeviceSigner, KeyUse},
    testing::{MemoryStorage, SeededRandom},
};

fn software(storage: &MemoryStorage) -> SoftwareSigner {
    SoftwareSigner::new(Arc::new(storage.clone()), Arc::new(SeededRandom::new(1)))
}

fn deterministic(storage: &MemoryStorage) -> DeterministicSigner {
    DeterministicSigner::new(Arc::new(storage.clone()), Arc::new(SeededRandom::new(2)))
}

fn create(signer: &dyn DeviceSigner, name: &str) -> Result<Jwk, SignerError> {
    signer.create(name, KeyUse::Possession)
}

/// RFC 6979 appendix A.2.5, P-256 with SHA-256.
#[test]
fn signatures_are_those_of_rfc_6979() {
    let signer = deterministic(&MemoryStorage::default());
    let private = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    let private = HEXLOWER.decode(private.as_bytes()).unwrap().try_into().unwrap();
    let public = signer.insert("a", &Secret::new(private)).unwrap();
    let point = concat!(
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    );
    assert_eq!(HEXLOWER.encode(&public.to_sec1()), point);
    let sample = concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    );
    assert_eq!(HEXLOWER.encode(&signer.sign("a", b"sample").unwrap()), sample);
    let test = concat!(
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
    );
    assert_eq!(HEXLOWER.encode(&signer.sign("a", b"test").unwrap()), test);
}

#[test]
fn ring_and_p256_believe_each_other_and_read_the_same_keys() {
    let storage = MemoryStorage::default();
    let (ring, p256) = (software(&storage), deterministic(&storage));
    let made_by_ring = create(&ring, "r").unwrap();
    let made_by_p256 = create(&p256, "p").unwrap();
    assert_eq!(p256.public_key("r").unwrap(), Some(made_by_ring.clone()));
    assert_eq!(ring.public_key("p").unwrap(), Some(made_by_p256.clone()));
    let signers: [&dyn DeviceSigner; 2] = [&ring, &p256];
    for (name, public) in [("r", &made_by_ring), ("p", &made_by_p256)] {
        let for_ring = PublicKey::try_from(public).unwrap();
        let for_p256 = VerifyingKey::from_sec1_bytes(&public.to_sec1()).unwrap();
        for signer in signers {
            let signature = signer.sign(name, b"message").unwrap();
            for_ring.verify(b"message", &signature).unwrap();
            for_p256.verify(b"message", &Signature::from_slice(&signature).unwrap()).unwrap();
            assert!(for_ring.verify(b"another", &signature).is_err());
        }
    }
}

#[test]
fn a_key_survives_a_restart_and_fits_into_every_keyring() {
    let storage = MemoryStorage::default();
    let public = create(&software(&storage), "a").unwrap();
    let restarted = software(&storage);
    assert_eq!(restarted.public_key("a").unwrap(), Some(public.clone()));
    let signature = restarted.sign("a", b"m").unwrap();
    PublicKey::try_from(&public).unwrap().verify(b"m", &signature).unwrap();
    assert_eq!(storage.entries()["key.a"].len(), 184);
}

#[test]
fn an_existing_key_is_never_overwritten() {
    let storage = MemoryStorage::default();
    let public = create(&software(&storage), "a").unwrap();
    let signers: [Box<dyn DeviceSigner>; 2] =
        [Box::new(software(&storage)), Box::new(deterministic(&storage))];
    for signer in signers {
        assert_eq!(create(signer.as_ref(), "a"), Err(SignerError::Exists));
    }
    let inserted = deterministic(&storage).insert("a", &Secret::new([1; 32]));
    assert_eq!(inserted, Err(SignerError::Exists));
    assert_eq!(software(&storage).public_key("a").unwrap(), Some(public));
}

#[test]
fn of_many_at_once_one_makes_the_key() {
    let signer = software(&MemoryStorage::default());
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(|| create(&signer, "a").ok())).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(made.len(), 1);
    assert_eq!(signer.public_key("a").unwrap().as_ref(), made.first());
}

#[test]
fn a_key_that_was_not_stored_does_not_exist() {
    let storage = MemoryStorage::default();
    let signer = software(&storage);
    storage.fail_set(1);
    assert!(matches!(create(&signer, "a"), Err(SignerError::Broken { .. })));
    assert_eq!(signer.public_key("a").unwrap(), None);
    assert_eq!(signer.sign("a", b"m"), Err(SignerError::Missing));
    assert!(create(&signer, "a").is_ok());
}

#[test]
fn a_deleted_key_is_gone_from_memory_too() {
    let storage = MemoryStorage::default();
    let signer = software(&storage);
    let first = create(&signer, "a").unwrap();
    signer.delete("a").unwrap();
    signer.delete("a").unwrap();
    assert_eq!(signer.public_key("a").unwrap(), None);
    assert_eq!(signer.sign("a", b"m"), Err(SignerError::Missing));
    assert!(storage.entries().is_empty());
    assert_ne!(create(&signer, "a").unwrap(), first);
}

#[test]
fn a_locked_storage_is_told_apart_and_a_parsed_key_still_signs() {
    let storage = MemoryStorage::default();
    let signer = software(&storage);
    create(&signer, "a").unwrap();
    storage.set_locked(true);
    assert!(signer.sign("a", b"m").is_ok());
    assert!(matches!(software(&storage).sign("a", b"m"), Err(SignerError::Locked { .. })));
    assert!(matches!(signer.delete("a"), Err(SignerError::Locked { .. })));
    storage.set_locked(false);
    assert!(signer.public_key("a").unwrap().is_some());
}

#[test]
fn damaged_and_foreign_keys_are_errors_and_stay_where_they_are() {
    let storage = MemoryStorage::default();
    create(&software(&storage), "a").unwrap();
    let good = storage.entries()["key.a"].clone();
    for damaged in ["", "?", "AAAA", &good[..183], &good.replacen('M', "N", 1)] {
        storage.set("key.a", damaged).unwrap();
        let signer = software(&storage);
        assert!(matches!(signer.public_key("a"), Err(SignerError::Broken { .. })), "{damaged}");
        assert_eq!(create(&signer, "a"), Err(SignerError::Exists));
        assert_eq!(storage.entries()["key.a"], damaged);
    }
}

#[test]
fn numbers_that_are_no_keys_are_refused() {
    let signer = deterministic(&MemoryStorage::default());
    for number in [[0; 32], [0xff; 32]] {
        let result = signer.insert("a", &Secret::new(number));
        assert!(matches!(result, Err(SignerError::Broken { .. })));
    }
    assert_eq!(signer.public_key("a").unwrap(), None);
}

#[test]
fn without_randomness_no_key_is_made() {
    struct Stuck;
    impl Random for Stuck {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
            buffer.fill(0);
            Ok(())
        }
    }
    let storage = MemoryStorage::default();
    let failing = SeededRandom::new(1);
    failing.fail();
    let sources: [Arc<dyn Random>; 2] = [Arc::new(Stuck), Arc::new(failing)];
    for random in sources {
        let signer = SoftwareSigner::new(Arc::new(storage.clone()), random);
        assert!(matches!(create(&signer, "a"), Err(SignerError::Broken { .. })));
    }
    assert!(storage.entries().is_empty());
}
