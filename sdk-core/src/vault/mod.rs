//! The sealed store of codes and other secrets.
