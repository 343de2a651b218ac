use std::io;

use countersign_protocol::Secret;
use serde::{Serialize, de::DeserializeOwned};

use super::{ItemId, ItemRow, VaultError};
use crate::ports::Random;

/// Something that a vault keeps, as JSON inside the sealed part of a row.
///
/// A new optional field needs no new version; a field that older versions would misread does.
pub trait Record: Serialize + DeserializeOwned {
    /// What it is, such as `code`. Not a secret: it stands beside the sealed part.
    const KIND: &'static str;
    /// Version of the form, from 1. Not a secret either.
    const VERSION: u32;
}

/// A record and its name in the vault.
#[derive(Debug, Clone)]
pub struct Item<R> {
    /// Names it.
    pub id: ItemId,
    /// What is kept.
    pub record: R,
}

impl<R: Record> Item<R> {
    /// A new item under a new random id. Nothing is stored yet.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn new(record: R, random: &dyn Random) -> Result<Self, VaultError> {
        Ok(Self { id: ItemId::random(random)?, record })
    }
}

/// The JSON of a record, in memory that is taken once and wiped: a buffer that grew would leave copies behind.
pub(super) fn write<R: Record>(record: &R) -> Result<Secret<Vec<u8>>, VaultError> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, record).map_err(VaultError::Unwritable)?;
    let mut json = Vec::with_capacity(length.0);
    serde_json::to_writer(&mut json, record).map_err(VaultError::Unwritable)?;
    Ok(Secret::new(json))
}

/// The record in an opened row.
pub(super) fn read<R: Record>(row: &ItemRow, json: &Secret<Vec<u8>>) -> Result<R, VaultError> {
    expect_kind::<R>(row)?;
    if row.version > R::VERSION {
        let what = format!("an item of the kind {}", R::KIND);
        return Err(VaultError::Newer { what, found: row.version, supported: R::VERSION });
    }
    // EXPOSE: its secrets are read into secrets. The error is dropped, as it may quote from the content.
    serde_json::from_slice(json.expose()).map_err(|_| VaultError::Unreadable { kind: R::KIND })
}

pub(super) fn expect_kind<R: Record>(row: &ItemRow) -> Result<(), VaultError> {
    if row.kind == R::KIND {
        return Ok(());
    }
    Err(VaultError::WrongKind { expected: R::KIND, found: row.kind.clone() })
}

/// Counts what is written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
