//! One-time codes.
