//! One-time codes, beside totp-rs and the hash that they are made of.

use std::hint::black_box;

use countersign::{
    otp::{Algorithm, Digits, Period, Totp},
    ports::{Random as _, SystemRandom},
    protocol::{Secret, Timestamp},
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::{
    error::BenchError,
    report::{Row, Section, factor, per_second, time},
    timing::{side_by_side, used},
};

const NOW: i64 = 1_769_860_800;
/// The longest message that is one block with its padding.
const ONE_BLOCK: [u8; 55] = [0x5c; 55];
const ACCOUNTS: usize = 1000;

pub(crate) fn measure() -> Result<Section, BenchError> {
    let random = SystemRandom::default();
    let secrets = (0..ACCOUNTS).map(|_| random_secret(&random)).collect::<Result<Vec<_>, _>>()?;
    let list = secrets.iter().map(ours).collect::<Result<Vec<_>, _>>()?;
    let (Some(ours), Some(secret)) = (list.first(), secrets.first()) else {
        return Err(BenchError::surprise("there is no account"));
    };
    let theirs = theirs(secret)?;
    let (now, seconds) = (Timestamp::from_seconds(NOW), NOW.unsigned_abs());
    // EXPOSE: compared; the secrets are made up here.
    if ours.code_at(now).expose() != theirs.generate(seconds).to_string() {
        return Err(BenchError::surprise("the two engines do not agree on a code"));
    }

    let [code, peer, compressions, whole_list] = side_by_side([
        &mut || used(ours.code_at(black_box(now))),
        &mut || used(theirs.generate(black_box(seconds)).to_string()),
        &mut || {
            for _ in 0..2 {
                used(digest(&SHA1_FOR_LEGACY_USE_ONLY, black_box(&ONE_BLOCK)));
            }
        },
        &mut || list.iter().for_each(|totp| used(totp.code_at(black_box(now)))),
    ]);
    let how = "A code is six digits as text, by SHA-1. The SDK prepares its key once, totp-rs for each code. Two \
               compressions of SHA-1 by ring are the least that HMAC with a prepared key takes.";
    let rows = vec![
        Row::new(
            "TOTP code, against totp-rs",
            format!("{} of its rate ({})", factor(peer / code), time(code)),
        )
        .beside(format!("totp-rs {}", time(peer)))
        .target("≥ 2× totp-rs", peer / code >= 2.0),
        Row::new("TOTP codes", per_second(code))
            .beside(format!("two SHA-1 compressions by ring {}", time(compressions))),
        Row::new("List of 1,000 accounts", time(whole_list)).target("< 1 ms", whole_list < 1e6),
    ];
    Ok(Section::new("One-time codes", how, rows))
}

fn random_secret(random: &SystemRandom) -> Result<[u8; 20], BenchError> {
    let mut secret = [0; 20];
    random.fill(&mut secret)?;
    Ok(secret)
}

fn ours(secret: &[u8; 20]) -> Result<Totp, BenchError> {
    let secret = Secret::new(secret.to_vec());
    Ok(Totp::new(secret, Algorithm::Sha1, Digits::default(), Period::default())?)
}

fn theirs(secret: &[u8; 20]) -> Result<totp_rs::Totp, BenchError> {
    let built = totp_rs::Builder::new().with_secret(secret.as_slice()).build();
    built.map_err(|error| BenchError::surprise(format!("totp-rs does not take the secret: {error}")))
}
