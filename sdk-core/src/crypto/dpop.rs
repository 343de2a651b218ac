//! Proofs of possession for requests (RFC 9449), with a claim that hashes the body.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{
    Timestamp,
    claims::{DpopClaims, Header, typ},
};

use super::{CryptoError, digest::sha256_base64url, jws};
use crate::ports::{DeviceSigner, Random, SignerError};

/// The request that a proof is for.
#[derive(Clone, Copy)]
pub struct DpopRequest<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Absolute URL exactly as it is requested; query and fragment are left out of the proof.
    pub url: &'a str,
    /// The server's latest nonce, once one is known.
    pub nonce: Option<&'a str>,
    /// The access token that is sent along.
    pub access_token: Option<&'a str>,
    /// The body that is sent along.
    pub body: Option<&'a [u8]>,
    /// The server's time as the device knows it.
    pub now: Timestamp,
}

/// The value of the `DPoP` header: a JWS by the key of that name, its public half in the header (RFC 9449
/// section 4.2). Each call makes a new `jti` of 128 random bits.
///
/// # Errors
/// [`CryptoError::Signer`] (`Missing` if there is no such key), [`CryptoError::Random`].
pub fn proof(
    signer: &dyn DeviceSigner,
    key: &str,
    random: &dyn Random,
    request: &DpopRequest<'_>,
) -> Result<String, CryptoError> {
    let public = signer.public_key(key)?.ok_or(SignerError::Missing)?;
    let claims = DpopClaims {
        jti: URL_SAFE_NO_PAD.encode(random.bytes::<16>()?),
        htm: request.method.to_owned(),
        htu: without_query(request.url).to_owned(),
        iat: request.now.as_seconds(),
        nonce: request.nonce.map(str::to_owned),
        ath: request.access_token.map(|token| sha256_base64url(token.as_bytes())),
        body_hash: request.body.map(sha256_base64url),
    };
    jws::sign(signer, key, &Header::new(typ::DPOP).with_jwk(public), &claims)
}

fn without_query(url: &str) -> &str {
    url.split_once(['?', '#']).map_or(url, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::{
        crypto::{PublicKey, SoftwareSigner, thumbprint},
        ports::KeyUse,
        testing::{MemoryStorage, SeededRandom},
    };

    const NOW: i64 = 1_769_860_800;

    fn signer() -> SoftwareSigner {
        let signer = SoftwareSigner::new(Arc::new(MemoryStorage::default()), Arc::new(SeededRandom::new(1)));
        signer.create("device", KeyUse::Possession).unwrap();
        signer
    }

    fn request(url: &str) -> DpopRequest<'_> {
        let now = Timestamp::from_seconds(NOW);
        DpopRequest { method: "POST", url, nonce: None, access_token: None, body: None, now }
    }

    /// The examples of RFC 9449 sections 4.1 and 7.1 verify, and `ath` is made as theirs is.
    #[test]
    fn the_examples_of_rfc_9449_are_good() {
        let header = concat!(
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ",
            "OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs",
            "ImNydiI6IlAtMjU2In19"
        );
        let at_token_endpoint = concat!(
            "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rv",
            "a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNy",
            "JK70nfbV37xRZT3Lg"
        );
        let with_token = concat!(
            "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9w",
            "cm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlp",
            "S0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJp",
            "LjA"
        );
        let verify = |rest: &str| -> DpopClaims {
            let jws = format!("{header}.{rest}");
            let key = jws::peek_header(&jws).unwrap().jwk.unwrap();
            jws::verify(&jws, typ::DPOP, false, &PublicKey::try_from(&key).unwrap()).unwrap()
        };
        let claims = verify(at_token_endpoint);
        assert_eq!((claims.htm.as_str(), claims.ath), ("POST", None));
        let token = b"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(verify(with_token).ath, Some(sha256_base64url(token)));
    }

    #[test]
    fn a_proof_says_what_the_request_has_and_no_more() {
        let (signer, random) = (signer(), SeededRandom::new(2));
        let public = signer.public_key("device").unwrap().unwrap();
        let verify = |request: &DpopRequest<'_>| -> DpopClaims {
            let jws = proof(&signer, "device", &random, request).unwrap();
            assert_eq!(thumbprint(&jws::peek_header(&jws).unwrap().jwk.unwrap()), thumbprint(&public));
            jws::verify(&jws, typ::DPOP, false, &PublicKey::try_from(&public).unwrap()).unwrap()
        };
        let url = "https://auth.example/r/qa/auth/login";
        let bare = verify(&request(url));
        assert_eq!((bare.htm.as_str(), bare.htu.as_str(), bare.iat), ("POST", url, NOW));
        assert_eq!((&bare.nonce, &bare.ath, &bare.body_hash), (&None, &None, &None));

        let full =
            DpopRequest { nonce: Some("n-1"), access_token: Some("at"), body: Some(b"{}"), ..request(url) };
        let full = verify(&full);
        assert_eq!(full.nonce.as_deref(), Some("n-1"));
        assert_eq!(full.ath, Some(sha256_base64url(b"at")));
        assert_eq!(full.body_hash, Some(sha256_base64url(b"{}")));
        assert_ne!(bare.jti, full.jti);
        assert_eq!(full.jti.len(), 22);
    }

    #[test]
    fn query_and_fragment_stay_out() {
        for url in ["https://a.example/x?y=1", "https://a.example/x#y", "https://a.example/x?y#z?"] {
            assert_eq!(without_query(url), "https://a.example/x");
        }
    }

    #[test]
    fn without_key_or_randomness_nothing_is_signed() {
        let (signer, random) = (signer(), SeededRandom::new(2));
        let missing = proof(&signer, "other", &random, &request("https://a.example/"));
        assert!(matches!(missing, Err(CryptoError::Signer(SignerError::Missing))));
        random.fail();
        let blind = proof(&signer, "device", &random, &request("https://a.example/"));
        assert!(matches!(blind, Err(CryptoError::Random(_))));
    }
}
