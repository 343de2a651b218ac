//! Argon2id (RFC 9106) in memory that is used again.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

use crate::domain::answer::Fault;

/// What one thread computes in, 19 MiB from the first hash on.
///
/// Taken anew for each hash it would cost the server more: an allocator does not find room for so large a piece where
/// the last one was.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

const FAILED: Fault = Fault::Crypto("a password could not be hashed");

impl Memory {
    /// A new hash in PHC form.
    ///
    /// # Errors
    /// A fault if it cannot be computed.
    pub(super) fn hash(&mut self, password: &[u8], salt: &[u8; 16]) -> Result<String, Fault> {
        let params = Params::default();
        let hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(&params).map_err(|_| FAILED)?,
            salt: Some(Salt::new(salt).map_err(|_| FAILED)?),
            hash: Some(self.compute(Algorithm::default(), Version::default(), params, password, salt)?),
        };
        Ok(hash.to_string())
    }

    /// Whether this password was hashed. The outputs are compared in constant time.
    ///
    /// # Errors
    /// A fault if the hash is damaged.
    pub(super) fn fits(&mut self, password: &[u8], hash: &str) -> Result<bool, Fault> {
        let hash = PasswordHash::new(hash).map_err(|error| damaged(&error))?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|error| damaged(&error))?;
        let version = hash
            .version
            .map_or(Ok(Version::default()), Version::try_from)
            .map_err(|error| damaged(&error))?;
        let params = Params::try_from(&hash).map_err(|error| damaged(&error))?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
            return Err(Fault::Stored("a password hash without salt or output".to_owned()));
        };
        Ok(self.compute(algorithm, version, params, password, &salt)? == output)
    }

    fn compute(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        password: &[u8],
        salt: &[u8],
    ) -> Result<Output, Fault> {
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let Some(output) = output.get_mut(..length) else { return Err(FAILED) };
        self.0.resize(params.block_count(), Block::default());
        let argon2 = Argon2::new(algorithm, version, params);
        let computed = argon2.hash_password_into_with_memory(password, salt, output, &mut self.0);
        computed.ok().and_then(|()| Output::new(output).ok()).ok_or(FAILED)
    }
}

fn damaged(error: &impl ToString) -> Fault {
    Fault::Stored(error.to_string())
}
