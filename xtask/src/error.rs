//! What can go wrong in a command, each with the next step.

use std::{error::Error, io, path::PathBuf, process::ExitStatus};

/// A command that could not do its work. The text says what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XtaskError {
    #[error("this runs inside the workspace: call it as `cargo xtask …`")]
    Outside,
    #[error("no folder for caches: set HOME or XDG_CACHE_HOME")]
    NoCache,
    #[error("`{program}` did not start; is it installed and on PATH?")]
    Start { program: String, source: io::Error },
    #[error("`{line}` ended with {status}; its own message is above")]
    Exit { line: String, status: ExitStatus },
    #[error("cannot use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("`{program}` printed no JSON")]
    NoJson { program: &'static str, source: serde_json::Error },
    #[error("the build made no {what} named {name}; is it a target of its crate?")]
    NotBuilt { what: &'static str, name: String },
    #[error("{} lacks {what}: what makes it has changed, or the list in xtask/src/package.rs", package.display())]
    Lacks { package: PathBuf, what: &'static str },
    #[error("{}: {reason}", path.display())]
    Patch { path: PathBuf, reason: &'static str },
    #[error("{} is stale: run `cargo xtask generate` and commit what it changes", path.display())]
    Stale { path: PathBuf },
    #[error("no stage is called {name:?}; there are: {stages}")]
    NoStage { name: String, stages: String },
    #[error("apt knows no Debian mirror: run `apt-get update`")]
    NoMirror,
    #[error("{count} {what}; each is named above")]
    Findings { count: usize, what: &'static str },
}

impl XtaskError {
    /// Names the file that an input or output error is about.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// The error and its causes on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
