//! The server's resources as typed methods, one file each.

mod account;
mod push;
mod totp;

#[cfg(test)]
mod tests;
