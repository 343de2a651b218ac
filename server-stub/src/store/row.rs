//! Typed columns. What a row holds was written by this server; what does not read back is an error, never a default.

use std::{error::Error, str::FromStr};

use countersign_protocol::Timestamp;
use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer, value},
};
use sqlx::{Row as _, any::AnyRow};

/// Reads columns as the types of the domain.
pub(super) trait Columns {
    /// An id or another newtype.
    fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(&self, column: &str) -> Result<T, sqlx::Error>;
    /// The same where the column may be NULL.
    fn maybe_parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(
        &self,
        column: &str,
    ) -> Result<Option<T>, sqlx::Error>;
    /// A variant by its name in JSON.
    fn named<T: DeserializeOwned>(&self, column: &str) -> Result<T, sqlx::Error>;
    /// The same where the column may be NULL.
    fn maybe_named<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, sqlx::Error>;
    /// A moment.
    fn time(&self, column: &str) -> Result<Timestamp, sqlx::Error>;
    /// A moment that may not have come.
    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, sqlx::Error>;
    /// A count.
    fn count(&self, column: &str) -> Result<u32, sqlx::Error>;
    /// 0 or 1.
    fn flag(&self, column: &str) -> Result<bool, sqlx::Error>;
}

impl Columns for AnyRow {
    fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(&self, column: &str) -> Result<T, sqlx::Error> {
        parse(column, &self.try_get::<String, _>(column)?)
    }

    fn maybe_parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(
        &self,
        column: &str,
    ) -> Result<Option<T>, sqlx::Error> {
        let text: Option<String> = self.try_get(column)?;
        text.map(|text| parse(column, &text)).transpose()
    }

    fn named<T: DeserializeOwned>(&self, column: &str) -> Result<T, sqlx::Error> {
        name(column, self.try_get(column)?)
    }

    fn maybe_named<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, sqlx::Error> {
        let text: Option<String> = self.try_get(column)?;
        text.map(|text| name(column, text)).transpose()
    }

    fn time(&self, column: &str) -> Result<Timestamp, sqlx::Error> {
        self.try_get(column).map(Timestamp::from_millis)
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
        let millis: Option<i64> = self.try_get(column)?;
        Ok(millis.map(Timestamp::from_millis))
    }

    fn count(&self, column: &str) -> Result<u32, sqlx::Error> {
        let count: i64 = self.try_get(column)?;
        u32::try_from(count).map_err(|error| unreadable(column, error))
    }

    fn flag(&self, column: &str) -> Result<bool, sqlx::Error> {
        self.try_get::<i64, _>(column).map(|flag| flag != 0)
    }
}

/// The name in JSON of a variant, as [`Columns::named`] reads it.
pub(super) fn name_of<T: Serialize>(variant: &T) -> Result<String, sqlx::Error> {
    let value = serde_json::to_value(variant).map_err(|error| sqlx::Error::Encode(error.into()))?;
    value.as_str().map(str::to_owned).ok_or_else(|| sqlx::Error::Encode("a variant has no name".into()))
}

fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(column: &str, text: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|error| unreadable(column, error))
}

fn name<T: DeserializeOwned>(column: &str, text: String) -> Result<T, sqlx::Error> {
    T::deserialize(text.into_deserializer()).map_err(|error: value::Error| unreadable(column, error))
}

fn unreadable(column: &str, error: impl Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() }
}
