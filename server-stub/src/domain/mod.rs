//! The rules. They know neither HTTP nor SQL: handlers call them, repositories serve them.

pub mod answer;
pub mod passwords;
pub mod policy;
