use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;

use crate::{client::PinSet, ports::HttpError};

/// What the platform trusts, and of that only the pinned keys where there are pins.
#[derive(Debug)]
pub(super) struct PinnedVerifier {
    provider: Arc<CryptoProvider>,
    roots: Vec<CertificateDer<'static>>,
    pins: BTreeMap<String, PinSet>,
    /// Made at the first handshake: reading the platform's roots takes milliseconds, which a client that only talks
    /// to its own machine never needs. Without any roots nothing is trusted.
    platform: OnceLock<Result<Verifier, Error>>,
}

impl PinnedVerifier {
    /// # Errors
    /// [`HttpError::Untrusted`] when a root certificate cannot be read, or the platform takes none.
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        roots: Vec<CertificateDer<'static>>,
        pins: BTreeMap<String, PinSet>,
    ) -> Result<Self, HttpError> {
        if cfg!(target_os = "android") && !roots.is_empty() {
            return Err(HttpError::Untrusted {
                reason: "Android takes no root certificates from an app; install them on the device"
                    .to_owned(),
            });
        }
        let mut readable = rustls::RootCertStore::empty();
        for root in &roots {
            readable.add(root.clone()).map_err(|error| HttpError::Untrusted {
                reason: format!("a root certificate of the configuration cannot be read: {error}"),
            })?;
        }
        Ok(Self { provider, roots, pins, platform: OnceLock::new() })
    }

    fn platform(&self) -> Result<&Verifier, Error> {
        let make = || verifier(self.roots.clone(), Arc::clone(&self.provider));
        self.platform.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    fn check_pin(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
        let Some(pins) = self.pins.get(&name.to_str().to_ascii_lowercase()) else { return Ok(()) };
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        if pins.admits(&key) {
            return Ok(());
        }
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(NotPinned)))))
    }
}

#[cfg(not(target_os = "android"))]
fn verifier(roots: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    Verifier::new_with_extra_roots(roots, provider)
}

/// Android's verifier takes no further roots; those of a configuration were refused before.
#[cfg(target_os = "android")]
fn verifier(_: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    Verifier::new(provider)
}

#[derive(Debug, thiserror::Error)]
#[error("the server's key is not one of those pinned for it")]
struct NotPinned;

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.platform()?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        self.check_pin(end_entity, server_name)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
