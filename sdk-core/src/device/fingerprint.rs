//! Signals to fingerprint, version 1. Precise enough to be built again elsewhere; `protocol/vectors/fingerprint.json`
//! holds examples.
//!
//! **Signals.** A name is 1 to 64 characters of `a-z`, `0-9` and `_`; no name is there twice; at most 64 signals.
//! A value is UTF-8 and taken byte for byte; a signal with an empty value counts as missing.
//!
//! **Salt.** 256 random bits, made once for each server and kept on the device. It never leaves it, so that neither
//! a server nor somebody who took its database can try out values or link the device across servers.
//!
//! **Hash of a signal.** `HMAC-SHA-256(salt, "countersign-fp-v1" 00 name 00 value)`, where `00` is one zero byte.
//! Every hash is written as base64url without padding, 43 characters.
//!
//! **Levels.** Each takes all signals of the one before it:
//!
//! | level | signals | so it survives |
//! |---|---|---|
//! | `optimal` | `os_family`, `architecture`, `model`, `machine_id`, `app_id` | an update of the operating system |
//! | `stable` | also `os_version`, `processor_class`, `memory_class` | an update of the app |
//! | `unique` | also `app_version`, `locale`, `time_zone` and all others | nothing |
//!
//! The hash of a level is `SHA-256("countersign-fp-v1-level" 00 level 00 entries)`; `entries` is, for each signal of
//! the level in the byte order of the names, `name 00 hash 00` with the hash in its 43 characters. A missing signal
//! has no entry.
//!
//! **Id.** `SHA-256("countersign-fp-v1-id" 00 optimal)` over the 43 characters of the level `optimal`.
//!
//! Levels and id follow from the hashes of the signals alone, so a server can check that they belong together.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{
    InvalidField, Secret,
    device::{Fingerprint, Levels},
    fields::ServerUrl,
};

use super::{DeviceError, LOG_TARGET, server_tag};
use crate::{
    crypto::digest::{hmac_sha256, sha256_base64url},
    ports::{Level as LogLevel, Ports, Signal, blocking},
};

type Salt = Secret<[u8; 32]>;

/// The fingerprint of this device for one server, made of the signals that can be read now. The salt is made at
/// the first call for a server; losing it makes the device a stranger there.
///
/// # Errors
/// [`DeviceError`]: a signal of the host app is not well formed, or storage or randomness failed.
pub async fn fingerprint_for(server: &ServerUrl, ports: &Ports) -> Result<Fingerprint, DeviceError> {
    let (entry, ports) = (format!("fp-salt.{}", server_tag(server)), ports.clone());
    blocking(
        || DeviceError::ShutDown,
        move || {
            let salt = salt(&entry, &ports)?;
            Ok(fingerprint(&salt, &ports.signals.collect())?)
        },
    )
    .await
}

fn salt(entry: &str, ports: &Ports) -> Result<Salt, DeviceError> {
    if let Some(text) = ports.storage.get(entry)?.map(Secret::new) {
        if let Some(salt) = read_salt(&text) {
            return Ok(salt);
        }
        // To the server the device is then a new one, which costs one more factor. Failing would lock it out.
        let line = "the fingerprint's salt was damaged; made a new one";
        ports.log.log(LogLevel::Warning, LOG_TARGET, line);
    }
    let salt = Secret::new(ports.random.bytes()?);
    // EXPOSE: written to secure storage, where it lives.
    let text = Secret::new(URL_SAFE_NO_PAD.encode(salt.expose()));
    ports.storage.set(entry, text.expose())?;
    Ok(salt)
}

fn read_salt(text: &Secret<String>) -> Option<Salt> {
    // EXPOSE: goes into a secret again.
    let bytes = URL_SAFE_NO_PAD.decode(text.expose()).map(Secret::new).ok()?;
    bytes.expose().as_slice().try_into().ok().map(Secret::<[u8; 32]>::new)
}

/// See the module's description.
fn fingerprint(salt: &Salt, signals: &[Signal]) -> Result<Fingerprint, InvalidField> {
    let mut hashes = BTreeMap::new();
    for Signal { name, value } in signals.iter().filter(|signal| !signal.value.is_empty()) {
        check_name(name)?;
        let message = ["countersign-fp-v1", name, value].join("\0");
        // EXPOSE: the key of the HMAC.
        let hash = URL_SAFE_NO_PAD.encode(hmac_sha256(salt.expose(), message.as_bytes()));
        if hashes.insert(name.clone(), hash).is_some() {
            return Err(invalid("has a name twice", "give each signal once"));
        }
    }
    if hashes.len() > 64 {
        return Err(invalid("are more than 64", "give only what tells devices apart"));
    }
    let optimal = level(Level::Optimal, &hashes);
    Ok(Fingerprint {
        version: 1,
        id: sha256_base64url(format!("countersign-fp-v1-id\0{optimal}").as_bytes()),
        levels: Levels {
            optimal,
            stable: level(Level::Stable, &hashes),
            unique: level(Level::Unique, &hashes),
        },
        signals: hashes,
    })
}

fn check_name(name: &str) -> Result<(), InvalidField> {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=64).contains(&name.len()) && name.bytes().all(known) {
        Ok(())
    } else {
        Err(invalid("has a malformed name", "name signals by 1 to 64 characters of a-z, 0-9 and _"))
    }
}

fn invalid(problem: &'static str, fix: &'static str) -> InvalidField {
    InvalidField::new("signals", problem, fix)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Optimal,
    Stable,
    Unique,
}

impl Level {
    /// The loosest level that a signal belongs to.
    pub(super) fn of(signal: &str) -> Self {
        match signal {
            "os_family" | "architecture" | "model" | "machine_id" | "app_id" => Self::Optimal,
            "os_version" | "processor_class" | "memory_class" => Self::Stable,
            _ => Self::Unique,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::Stable => "stable",
            Self::Unique => "unique",
        }
    }
}

/// The hash of a level. `hashes` are sorted by name.
fn level(level: Level, hashes: &BTreeMap<String, String>) -> String {
    let mut message = format!("countersign-fp-v1-level\0{}\0", level.name());
    for (name, hash) in hashes.iter().filter(|(name, _)| Level::of(name) <= level) {
        message.extend([name.as_str(), "\0", hash, "\0"]);
    }
    sha256_base64url(message.as_bytes())
}

#[cfg(test)]
mod tests;
