//! The programs of other languages and of the desktop that `cargo xtask bench` has built, each beside an empty one.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use serde::Deserialize;
use tokio::process::Command;

use crate::error::BenchError;

/// What is to be measured as a whole program.
#[derive(Default, Deserialize)]
pub(crate) struct Programs {
    /// The program `Cost` of each language.
    pub(crate) languages: BTreeMap<String, Subject>,
    /// The authenticator.
    #[serde(default)]
    pub(crate) app: Subject,
}

/// A program beside an empty one of the same kind, if it could be built.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Subject {
    /// Both are there.
    Built(Pair),
    /// Not here.
    LeftOut {
        /// Why.
        left_out: String,
    },
}

/// A program, and an empty one of the same kind.
#[derive(Deserialize)]
pub(crate) struct Pair {
    pub(crate) measured: Invocation,
    pub(crate) empty: Invocation,
}

/// How a program is started.
#[derive(Deserialize)]
pub(crate) struct Invocation {
    program: PathBuf,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl Programs {
    /// Reads the file that names them. Without one there are none.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, BenchError> {
        let Some(file) = file else { return Ok(Self::default()) };
        Ok(serde_json::from_slice(&fs::read(file).map_err(BenchError::file(file))?)?)
    }
}

impl Default for Subject {
    fn default() -> Self {
        Self::LeftOut { left_out: "no program was named by `--programs`".to_owned() }
    }
}

impl Invocation {
    /// A command that ends with this process.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(&self.environment).kill_on_drop(true);
        command
    }
}
