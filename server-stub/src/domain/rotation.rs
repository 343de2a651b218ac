//! Tokens that are replaced at each use: refresh tokens and trust tokens.
//!
//! A lost answer must not end a session, and a copied token must not live on. So a token that has a successor still
//! gives that same successor, until the successor is first used; from then on it is retired, and whoever uses it
//! holds a copy. The successor is stored sealed under a key derived from its predecessor: the store alone gives no
//! token away.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Current: begin, or made as a successor
//!   Current --> Rotated: presented (the successor is made)
//!   Rotated --> Rotated: presented again (the same successor)
//!   Rotated --> Retired: successor presented, or 30 seconds over where no key binds the family
//!   Retired --> [*]: presented (reuse: the family ends)
//! ```

use std::time::Duration;

use countersign_protocol::{Timestamp, fields::OpaqueToken};

use super::answer::{Answer, Fault};
pub use crate::store::rotation::{REFRESH, TRUST};
use crate::{
    keys::SealKey,
    store::{
        Tx,
        rotation::{self, StoredToken, Table},
    },
    world::World,
};

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing<'a> {
    /// The newest of its family.
    Current,
    /// Has a successor that was not used yet.
    Rotated { sealed: &'a [u8] },
    /// Its successor was used.
    Retired,
}

/// What presenting a token gives.
#[derive(Debug)]
pub enum Presented {
    /// The token to use next.
    Successor(OpaqueToken),
    /// The token is retired: somebody holds a copy. The caller ends the family.
    Reused,
}

/// The first token of a family.
///
/// # Errors
/// A fault of the store or of the randomness.
pub async fn begin(tx: &mut Tx, world: &World, table: &Table, family: &str) -> Answer<OpaqueToken> {
    let token = world.random.token256()?;
    rotation::insert(tx, table, &hash(world, table, &token), family, world.now()).await?;
    Ok(token)
}

/// Finds a token, to look at its family first. `None` for what was never given out.
///
/// # Errors
/// A fault of the store.
pub async fn find(
    tx: &mut Tx,
    world: &World,
    table: &Table,
    token: &OpaqueToken,
) -> Answer<Option<StoredToken>> {
    Ok(rotation::find(tx.connection(), table, &hash(world, table, token)).await?)
}

/// Presents a token whose family is in order; `bound` says whether a key was proven that the family is bound to.
///
/// # Errors
/// A fault of the store, the randomness or the seal.
pub async fn present(
    tx: &mut Tx,
    world: &World,
    table: &Table,
    mut stored: StoredToken,
    token: &OpaqueToken,
    bound: bool,
) -> Answer<Presented> {
    let grace = (!bound).then_some(world.policy.unbound_retry);
    // EXPOSE: the predecessor keys the seal of its successor.
    let seal = SealKey::derived_from(token.expose(), table.name)?;
    let place = format!("{}/{}/successor_sealed", table.name, stored.hash);
    if standing(&stored, grace, world.now()) == Standing::Current {
        let successor = world.random.token256()?;
        let successor_hash = hash(world, table, &successor);
        // EXPOSE: sealed before it is stored.
        let sealed = seal.seal(&world.random, &place, successor.expose().as_bytes())?;
        if rotation::attach(tx, table, &stored.hash, &successor_hash, &sealed, world.now()).await? {
            rotation::insert(tx, table, &successor_hash, &stored.family, world.now()).await?;
            rotation::retire_predecessor(tx, table, &stored.hash, world.now()).await?;
            return Ok(Presented::Successor(successor));
        }
        // Another request was faster; its successor is the one.
        let missing = || Fault::Stored("a rotating token has gone".to_owned());
        stored = rotation::find(tx.connection(), table, &stored.hash).await?.ok_or_else(missing)?;
    }
    match standing(&stored, grace, world.now()) {
        Standing::Rotated { sealed } => Ok(Presented::Successor(opened(&seal, &place, sealed)?)),
        Standing::Retired => Ok(Presented::Reused),
        Standing::Current => Err(Fault::Stored("a rotating token lost its successor".to_owned()).into()),
    }
}

fn standing(stored: &StoredToken, grace: Option<Duration>, now: Timestamp) -> Standing<'_> {
    match (&stored.successor, stored.retired_at) {
        (_, Some(_)) => Standing::Retired,
        (None, None) => Standing::Current,
        (Some(successor), None) if grace.is_some_and(|grace| now >= successor.rotated_at.plus(grace)) => {
            Standing::Retired
        }
        (Some(successor), None) => Standing::Rotated { sealed: &successor.sealed },
    }
}

fn opened(seal: &SealKey, place: &str, sealed: &[u8]) -> Result<OpaqueToken, Fault> {
    let error = || Fault::Stored("a sealed successor is not a token".to_owned());
    let plain = seal.open(place, sealed)?;
    // EXPOSE: read back into a token.
    std::str::from_utf8(plain.expose()).map_err(|_| error())?.parse().map_err(|_| error())
}

fn hash(world: &World, table: &Table, token: &OpaqueToken) -> String {
    // EXPOSE: only the hash is stored.
    world.keys.token_hash(table.name, token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rotation::Successor;

    #[test]
    fn a_token_retires_by_use_of_its_successor_or_unbound_by_time() {
        let start = Timestamp::from_seconds(1_700_000_000);
        let mut token =
            StoredToken { hash: String::new(), family: String::new(), successor: None, retired_at: None };
        let grace = Some(Duration::from_secs(30));
        assert_eq!(standing(&token, grace, start), Standing::Current);
        token.successor = Some(Successor { sealed: vec![1], rotated_at: start });
        let later = |seconds| start.plus(Duration::from_secs(seconds));
        assert_eq!(standing(&token, grace, later(29)), Standing::Rotated { sealed: &[1] });
        assert_eq!(standing(&token, grace, later(30)), Standing::Retired);
        assert_eq!(standing(&token, None, later(1_000_000)), Standing::Rotated { sealed: &[1] });
        token.retired_at = Some(start);
        assert_eq!(standing(&token, None, start), Standing::Retired);
    }
}
