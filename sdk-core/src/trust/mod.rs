//! Keeping trust tokens.
