//! The server's push keys, as signed by the enrolment root that the enrolment link pinned.

use countersign_protocol::{
    claims::{KeySetClaims, typ},
    fields::ServerUrl,
};

use super::error::PushError;
use crate::crypto::{jws, keys};

const MESSAGE: &str = "key set";
/// A set this large no longer fits secure storage; a roll-over needs two.
const MOST_KEYS: usize = 8;

/// A verified key set.
pub(crate) struct KeySet {
    version: u64,
    keys: Vec<(String, keys::PublicKey)>,
    signed: String,
}

impl KeySet {
    /// Verifies a key set of `server` under its root.
    pub(crate) fn verify(
        signed: String,
        root: &keys::PublicKey,
        server: &ServerUrl,
    ) -> Result<Self, PushError> {
        let claims: KeySetClaims = jws::verify(&signed, typ::KEY_SET, true, root)
            .map_err(|source| PushError::NotBelieved { message: MESSAGE, source })?;
        if claims.iss != *server {
            return Err(PushError::Foreign { message: MESSAGE, member: "iss" });
        }
        if !(1..=MOST_KEYS).contains(&claims.keys.len()) {
            let problem = "it has none, or more than 8";
            return Err(PushError::Unusable { message: MESSAGE, member: "keys", problem });
        }
        let key = |jwk| -> Result<_, PushError> {
            let public = keys::PublicKey::try_from(jwk)
                .map_err(|source| PushError::NotBelieved { message: MESSAGE, source })?;
            Ok((keys::thumbprint(jwk), public))
        };
        let keys = claims.keys.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { version: claims.version, keys, signed })
    }

    /// Whether `next` takes this set's place: `false` when it is the same set.
    ///
    /// A set that goes back, or that changes keys without a new version, is refused: it would bring back a key
    /// that the server has withdrawn.
    pub(crate) fn is_succeeded_by(&self, next: &Self) -> Result<bool, PushError> {
        if next.version < self.version {
            return Err(PushError::RolledBack { known: self.version, offered: next.version });
        }
        if next.version > self.version {
            return Ok(true);
        }
        let same = self.keys.iter().map(|(id, _)| id).eq(next.keys.iter().map(|(id, _)| id));
        if same { Ok(false) } else { Err(PushError::KeysChanged { version: self.version }) }
    }

    /// The key with this thumbprint.
    pub(crate) fn key(&self, id: &str) -> Option<&keys::PublicKey> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }

    /// The set as the server signed it.
    pub(crate) fn signed(&self) -> &str {
        &self.signed
    }
}
