//! The only place that touches cryptographic primitives.
