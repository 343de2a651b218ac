//! Rows in and out of SQLite.

use sqlx::{
    Row as _,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{ItemRow, SlotRow, sqlite_error::Failure};

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

pub(super) fn insert_slot(slot: &SlotRow) -> Query<'_> {
    sqlx::query("INSERT INTO slots (id, kind, parameters, wrapped, checksum) VALUES ($1, $2, $3, $4, $5)")
        .bind(slot.id.as_bytes())
        .bind(&*slot.kind)
        .bind(&*slot.parameters)
        .bind(&*slot.wrapped)
        .bind(&*slot.checksum)
}

pub(super) fn bind_item<'q>(query: Query<'q>, row: &'q ItemRow) -> Query<'q> {
    query.bind(row.id.as_bytes()).bind(&*row.kind).bind(i64::from(row.version)).bind(&*row.sealed)
}

pub(super) fn read_slot(row: &SqliteRow) -> Result<SlotRow, Failure> {
    let id: &[u8] = row.try_get(0)?;
    Ok(SlotRow {
        id: id.try_into().map_err(|_| Failure::Damaged("the id of a slot has the wrong length"))?,
        kind: row.try_get(1)?,
        parameters: row.try_get(2)?,
        wrapped: row.try_get(3)?,
        checksum: row.try_get(4)?,
    })
}

pub(super) fn read_item(row: &SqliteRow) -> Result<ItemRow, Failure> {
    let id: &[u8] = row.try_get(0)?;
    let version: i64 = row.try_get(2)?;
    Ok(ItemRow {
        id: id.try_into().map_err(|_| Failure::Damaged("the id of an item has the wrong length"))?,
        kind: row.try_get(1)?,
        version: version
            .try_into()
            .map_err(|_| Failure::Damaged("the version of an item is out of range"))?,
        sealed: row.try_get(3)?,
    })
}
