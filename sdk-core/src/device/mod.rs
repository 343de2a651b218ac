//! Recognising a device: signals, fingerprint, identity.
