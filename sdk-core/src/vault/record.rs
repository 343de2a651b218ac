use std::io;

use countersign_protocol::{Secret, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

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

/// The record in an opened row, and since when it lies in the trash.
pub(super) fn read<R: Record>(
    row: &ItemRow,
    content: &Secret<Vec<u8>>,
) -> Result<(R, Option<Timestamp>), VaultError> {
    expect_kind::<R>(row)?;
    if row.version > R::VERSION {
        let what = format!("an item of the kind {}", R::KIND);
        return Err(VaultError::Newer { what, found: row.version, supported: R::VERSION });
    }
    let (json, trashed) = split(content)?;
    // Its secrets are read into secrets. The error is dropped, as it may quote from the content.
    let record = serde_json::from_slice(json).map_err(|_| VaultError::Unreadable { kind: R::KIND })?;
    Ok((record, trashed))
}

/// What stands behind a record that lies in the trash, on a line of its own.
#[derive(Serialize, Deserialize)]
struct InTrash {
    /// Since when, milliseconds of the Unix epoch.
    trashed: i64,
}

/// The JSON of the record, and since when it lies in the trash. JSON as it is written here has no line breaks.
pub(super) fn split(content: &Secret<Vec<u8>>) -> Result<(&[u8], Option<Timestamp>), VaultError> {
    // EXPOSE: the record is read into secrets; whether it lies in the trash is none.
    let content = content.expose().as_slice();
    let Some(end) = content.iter().position(|byte| *byte == b'\n') else { return Ok((content, None)) };
    let (record, state) = (&content[..end], &content[end..]);
    let state: InTrash = serde_json::from_slice(state)
        .map_err(|_| VaultError::damaged("what state an item is in cannot be read"))?;
    Ok((record, Some(Timestamp::from_millis(state.trashed))))
}

/// Puts the JSON of a record and its state together.
pub(super) fn join(record: &[u8], trashed: Option<Timestamp>) -> Result<Secret<Vec<u8>>, VaultError> {
    let state = match trashed {
        Some(since) => {
            let json = serde_json::to_vec(&InTrash { trashed: since.as_millis() });
            [b"\n".as_slice(), &json.map_err(VaultError::Unwritable)?].concat()
        }
        None => Vec::new(),
    };
    Ok(Secret::new([record, &state].concat()))
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
