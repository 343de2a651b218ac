//! A realm: everything a handler may see of the world.

use std::sync::Arc;

use countersign_protocol::{
    Problem, ProblemCode, Timestamp,
    fields::{IdempotencyKey, ServerUrl},
};
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use ring::digest::{SHA256, digest};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::AnyConnection;

use crate::{
    clock::Clock,
    domain::{
        answer::{Answer, Fault, Stop, refuse},
        passwords::Passwords,
        policy::Policy,
    },
    http::nonce::Nonces,
    keys::Keys,
    random::Random,
    store::{
        Store, Tx,
        idempotency::{self, Claim, KeyedRequest, SavedResponse},
    },
};

/// One realm. Two of them share nothing but the process and its threads for passwords.
pub struct World {
    /// The realm's name; `default` has no prefix in its address.
    pub realm: String,
    /// The public address: origin, `iss`, `aud`, base of `htu` and of links.
    pub issuer: ServerUrl,
    /// The realm's time.
    pub clock: Clock,
    /// The realm's randomness.
    pub random: Random,
    /// The realm's rows.
    pub store: Store,
    /// The realm's keys.
    pub keys: Keys,
    /// The realm's rules in numbers.
    pub policy: Policy,
    /// Hashes passwords, a few at a time for all realms together.
    pub passwords: Passwords,
    /// Nonces of DPoP proofs, and the proofs seen under them.
    pub nonces: Nonces,
}

/// Names one consuming request. Without a key it is carried out each time it arrives.
#[derive(Debug, Clone)]
pub struct Consuming {
    /// The key.
    pub key: Option<IdempotencyKey>,
    /// Who sent it: two callers may use the same key.
    pub caller: String,
    /// SHA-256 of method, path and body.
    pub request_hash: [u8; 32],
}

impl Consuming {
    /// The same, sent by this caller: a key's thumbprint, a login token's hash, a session.
    #[must_use]
    pub fn by(mut self, caller: &str) -> Self {
        caller.clone_into(&mut self.caller);
        self
    }

    fn keyed(&self) -> Option<KeyedRequest> {
        Some(KeyedRequest {
            key_hash: sha256(self.key.as_ref()?.as_str().as_bytes()),
            request_hash: self.request_hash,
            caller: self.caller.clone(),
        })
    }
}

impl World {
    /// The realm's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `work` in one transaction. A refusal commits what was written before it, so that a claimed attempt
    /// counts; a fault rolls back.
    ///
    /// # Errors
    /// What `work` gave, or a fault of the store.
    pub async fn transact<T, F>(&self, work: F) -> Answer<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Answer<T>> + Send + 'static,
        T: Send + 'static,
    {
        let settled: Result<Settled<T>, Fault> =
            self.store.write(|tx| Box::pin(async move { settle(work(tx).await) })).await;
        settled?.map_err(Stop::Refused)
    }

    /// As [`World::transact`], remembered for ten minutes under the request's `Idempotency-Key`: the same
    /// request gets the same answer or refusal again, without being carried out again.
    ///
    /// # Errors
    /// As [`World::transact`]; `idempotency_conflict` if the key was used with another request.
    pub async fn consume<T, F>(self: &Arc<Self>, request: Consuming, work: F) -> Answer<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Answer<T>> + Send + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let Some(slot) = request.keyed() else { return self.transact(work).await };
        let world = Arc::clone(self);
        self.transact(move |tx| {
            Box::pin(async move {
                let claim = idempotency::claim(tx, &slot, world.now()).await?;
                if let Some(answer) = world.kept(&slot, claim)? {
                    return Ok(answer);
                }
                let answer = settle(work(tx).await)?;
                let plain = serde_json::to_vec(&answer).map_err(|error| Fault::Stored(error.to_string()))?;
                let sealed = world.keys.seal(&world.random, &place(&slot), &plain)?;
                let status = answer.as_ref().map_or_else(|problem| problem.status, |_| 200);
                idempotency::save(tx, &slot, &SavedResponse { status, sealed }).await?;
                answer.map_err(Stop::Refused)
            })
        })
        .await
    }

    /// The answer or refusal that [`World::consume`] remembers of this request; reads only. `None` where the request
    /// is still to be carried out.
    ///
    /// For work before [`World::consume`] that may refuse. Ask **after** it, and before its refusal is told: what
    /// brought the refusal about may have been this very request, and is committed together with its answer.
    ///
    /// # Errors
    /// The refusal that is remembered; `idempotency_conflict` as [`World::consume`]; a fault of the store.
    pub async fn replay<T: DeserializeOwned>(
        &self,
        connection: &mut AnyConnection,
        request: &Consuming,
    ) -> Answer<Option<T>> {
        let Some(slot) = request.keyed() else { return Ok(None) };
        let known = idempotency::known(connection, &slot, self.now()).await?;
        self.kept(&slot, known)
    }

    fn kept<T: DeserializeOwned>(&self, slot: &KeyedRequest, claim: Claim) -> Answer<Option<T>> {
        match claim {
            Claim::Fresh => Ok(None),
            Claim::Replay(saved) => {
                let plain = self.keys.open(&place(slot), &saved.sealed)?;
                // EXPOSE: the answer goes to the caller that it was made for.
                let saved: Settled<T> = serde_json::from_slice(plain.expose())
                    .map_err(|error| Fault::Stored(error.to_string()))?;
                saved.map(Some).map_err(Stop::Refused)
            }
            Claim::Conflict => Err(refuse(
                ProblemCode::IdempotencyConflict,
                "This Idempotency-Key was sent with another request. Use a new key.",
            )),
        }
    }

    /// Reads, outside a transaction.
    ///
    /// # Errors
    /// What `work` gave, or a fault of the store.
    pub async fn read<T, F>(&self, work: F) -> Answer<T>
    where
        F: for<'t> FnOnce(&'t mut AnyConnection) -> BoxFuture<'t, Answer<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(work).await
    }
}

/// What a kept answer is sealed to.
fn place(slot: &KeyedRequest) -> String {
    format!("idempotency/{}/{}", slot.caller, BASE64URL_NOPAD.encode(&slot.key_hash))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// An answer whose faults are out: what is left is committed.
type Settled<T> = Result<T, Box<Problem>>;

fn settle<T>(answer: Answer<T>) -> Result<Settled<T>, Fault> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(problem)) => Ok(Err(problem)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
