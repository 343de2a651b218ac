//! The conformance suite, on each store.

use std::path::PathBuf;

use async_trait::async_trait;
use tempfile::TempDir;

use crate::vault::{MemoryPlace, SqliteStore, Store, StoreError, conformance::Place};

struct SqlitePlace(TempDir);

impl SqlitePlace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("a.vault")
    }
}

#[async_trait]
impl Place for SqlitePlace {
    async fn create(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(SqliteStore::create(&self.path()).await?))
    }

    async fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(SqliteStore::open(&self.path()).await?))
    }
}

#[async_trait]
impl Place for MemoryPlace {
    async fn create(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(MemoryPlace::open(self)?))
    }

    async fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(MemoryPlace::open(self)?))
    }
}

mod sqlite {
    crate::vault_conformance!(super::SqlitePlace::new());
}

mod memory {
    crate::vault_conformance!(super::MemoryPlace::default());
}
