//! Numbers in the order of commits.

use super::{StoreError, Tx};

impl Tx {
    /// The next number of `sequence`, from 1 on. Numbers have no gaps, and a reader who has seen one has seen all
    /// before it: on PostgreSQL, transactions that draw from one sequence wait for each other, so draw late.
    ///
    /// # Errors
    /// As any statement: [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn next_number(&mut self, sequence: &str) -> Result<i64, StoreError> {
        let draw = "INSERT INTO sequences (name, value) VALUES ($1, 1) \
                    ON CONFLICT (name) DO UPDATE SET value = sequences.value + 1 RETURNING value";
        Ok(sqlx::query_scalar(draw).bind(sequence).fetch_one(self.connection()).await?)
    }
}
