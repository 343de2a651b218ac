//! The server's own keys: made at the first start, kept in the store under a master key, not touched by a reset.

use countersign_protocol::{Secret, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
};

use crate::{
    domain::answer::Fault,
    jose::SigningKey,
    random::Random,
    store::{
        Store, Tx,
        signing_keys::{self, StoredKey},
    },
};

/// What a key is for. One key of each is made; rotation adds more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signs access tokens; published as JWKS.
    Access,
    /// Signs push requests; published in key sets.
    Push,
    /// Signs key sets and receipts; pinned by devices.
    Root,
    /// Seals what must be read again.
    Seal,
    /// Keys the hashes of codes and tokens.
    Pepper,
}

impl Purpose {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Push => "push",
            Self::Root => "root",
            Self::Seal => "seal",
            Self::Pepper => "pepper",
        }
    }
}

/// All keys of a realm.
pub struct Keys {
    /// Signs access tokens.
    pub access: SigningKey,
    /// Signs push requests.
    pub push: SigningKey,
    /// Signs key sets and receipts.
    pub root: SigningKey,
    seal: SealKey,
    pepper: hmac::Key,
}

impl Keys {
    /// Loads the keys, or makes those that are missing, in one transaction: nodes that start together agree.
    ///
    /// # Errors
    /// A fault when the store does not answer or `master` is not the key that sealed them.
    pub async fn load(
        store: &Store,
        random: Random,
        master: Secret<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        store
            .write(move |tx| -> BoxFuture<'_, Result<Self, Fault>> {
                Box::pin(async move {
                    let loader = Loader { random: &random, master: SealKey::new(&master)?, now };
                    let access = loader.signing_key(tx, Purpose::Access).await?;
                    let push = loader.signing_key(tx, Purpose::Push).await?;
                    let root = loader.signing_key(tx, Purpose::Root).await?;
                    let seal = SealKey::new(&loader.symmetric_key(tx, Purpose::Seal).await?)?;
                    let pepper = loader.symmetric_key(tx, Purpose::Pepper).await?;
                    // EXPOSE: the key of the keyed hashes.
                    let pepper = hmac::Key::new(hmac::HMAC_SHA256, pepper.expose());
                    Ok(Self { access, push, root, seal, pepper })
                })
            })
            .await
    }

    /// Seals bytes to their place: `place` names table, row and column, and is needed again to open them.
    ///
    /// # Errors
    /// A fault when there is no randomness.
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.seal.seal(random, place, plain)
    }

    /// Opens what was sealed to the same place.
    ///
    /// # Errors
    /// A fault when it was sealed elsewhere, by another key, or was changed.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, Fault> {
        self.seal.open(place, sealed)
    }

    /// The form in which a token or code is stored: HMAC-SHA-256 under the pepper, base64url. `purpose` keeps the
    /// hashes of different things apart.
    pub fn token_hash(&self, purpose: &str, token: &str) -> String {
        let mut context = hmac::Context::with_key(&self.pepper);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(token.as_bytes());
        BASE64URL_NOPAD.encode(context.sign().as_ref())
    }
}

/// A key for sealing, AES-256-GCM. What it seals begins with the number of the key, so that a later key can be told
/// from it, and the random nonce.
pub struct SealKey(LessSafeKey);

/// The number of each purpose's first key.
const FIRST: u8 = 1;

impl SealKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// [`Fault::Crypto`] if the library refuses them.
    pub fn new(bytes: &Secret<[u8; 32]>) -> Result<Self, Fault> {
        // EXPOSE: the library takes the bytes in.
        let key = UnboundKey::new(&AES_256_GCM, bytes.expose());
        Ok(Self(LessSafeKey::new(key.map_err(|_| Fault::Crypto("a seal key is not 32 bytes"))?)))
    }

    /// The key that only the holder of `token` can make. What is sealed under it is safe from whoever reads the
    /// store, as the store holds only the token's hash.
    ///
    /// # Errors
    /// [`Fault::Crypto`] if the library refuses.
    pub fn derived_from(token: &str, purpose: &str) -> Result<Self, Fault> {
        let error = |_| Fault::Crypto("a key could not be derived");
        let pseudo_random =
            hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign-server").extract(token.as_bytes());
        let info = [purpose.as_bytes()];
        let output = pseudo_random.expand(&info, hkdf::HKDF_SHA256).map_err(error)?;
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        output.fill(&mut *bytes).map_err(error)?;
        Self::new(&Secret::new(*bytes))
    }

    /// As [`Keys::seal`].
    ///
    /// # Errors
    /// As [`Keys::seal`].
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let nonce = random.bytes::<NONCE_LEN>()?;
        let mut body = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut body,
            )
            .map_err(|_| Fault::Crypto("something could not be sealed"))?;
        Ok([&[FIRST], &nonce[..], &body].concat())
    }

    /// As [`Keys::open`].
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, Fault> {
        let error = Fault::Crypto("something sealed could not be opened; is the master key the right one?");
        let Some((&FIRST, sealed)) = sealed.split_first() else { return Err(error) };
        let Some((nonce, body)) = sealed.split_first_chunk::<NONCE_LEN>() else { return Err(error) };
        let mut body = zeroize::Zeroizing::new(body.to_vec());
        let plain = self.0.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(place.as_bytes()),
            &mut body,
        );
        plain.map(|plain| Secret::new(plain.to_vec())).map_err(|_| error)
    }
}

struct Loader<'a> {
    random: &'a Random,
    master: SealKey,
    now: Timestamp,
}

impl Loader<'_> {
    async fn signing_key(&self, tx: &mut Tx, purpose: Purpose) -> Result<SigningKey, Fault> {
        let pkcs8 = self.load(tx, purpose, SigningKey::generate).await?;
        // EXPOSE: the library takes the key in.
        SigningKey::from_pkcs8(pkcs8.expose())
    }

    async fn symmetric_key(&self, tx: &mut Tx, purpose: Purpose) -> Result<Secret<[u8; 32]>, Fault> {
        let fresh = || Ok(self.random.bytes::<32>()?.to_vec());
        let bytes = self.load(tx, purpose, fresh).await?;
        // EXPOSE: moved into an array of its own.
        let bytes = <[u8; 32]>::try_from(bytes.expose().as_slice());
        Ok(Secret::new(bytes.map_err(|_| Fault::Crypto("a stored key is not 32 bytes"))?))
    }

    async fn load(
        &self,
        tx: &mut Tx,
        purpose: Purpose,
        fresh: impl FnOnce() -> Result<Vec<u8>, Fault>,
    ) -> Result<Secret<Vec<u8>>, Fault> {
        let purpose = purpose.as_str();
        if let Some(stored) = signing_keys::newest(tx, purpose).await? {
            return self.open(purpose, &stored);
        }
        let key = Secret::new(fresh()?);
        let kid = format!("{purpose}-1");
        // EXPOSE: sealed before it is stored.
        let sealed = self.master.seal(self.random, &place(purpose, &kid), key.expose())?;
        if signing_keys::insert(tx, purpose, &StoredKey { kid, sealed }, self.now).await? {
            return Ok(key);
        }
        let missing = Fault::Crypto("a key of the server's was made by another node and is gone");
        self.open(purpose, &signing_keys::newest(tx, purpose).await?.ok_or(missing)?)
    }

    fn open(&self, purpose: &str, stored: &StoredKey) -> Result<Secret<Vec<u8>>, Fault> {
        self.master.open(&place(purpose, &stored.kid), &stored.sealed)
    }
}

/// Binds a stored key to its row.
fn place(purpose: &str, kid: &str) -> String {
    format!("signing_keys/{purpose}/{kid}")
}

#[cfg(test)]
mod tests;
