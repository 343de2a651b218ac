//! Building crates, and where cargo put what it built: right for every target folder and profile.

use std::{env::consts::DLL_SUFFIX, path::PathBuf};

use serde_json::Value;

use crate::{command, error::XtaskError, workspace::Workspace};

/// What a build said.
pub(crate) struct Built(Vec<Value>);

/// How to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Built {
    /// Builds these crates.
    pub(crate) fn new(
        workspace: &Workspace,
        profile: Profile,
        packages: &[&str],
    ) -> Result<Self, XtaskError> {
        let mut build = workspace.cargo();
        build.args(["build", "--message-format=json-render-diagnostics"]);
        build.args(packages.iter().map(|package| format!("--package={package}")));
        if profile == Profile::Release {
            build.arg("--release");
        }
        Ok(Self::from_messages(&command::capture(&mut build)?))
    }

    /// What a build said that was run with `--message-format=json-render-diagnostics`.
    pub(crate) fn from_messages(messages: &str) -> Self {
        Self(messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// A program.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf, XtaskError> {
        self.targets(name)
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .ok_or_else(|| XtaskError::NotBuilt { what: "program", name: name.to_owned() })
    }

    /// A library that other languages load.
    pub(crate) fn library(&self, name: &str) -> Result<PathBuf, XtaskError> {
        self.targets(name)
            .filter_map(|message| message["filenames"].as_array())
            .flatten()
            .find_map(|file| file.as_str().filter(|file| file.ends_with(DLL_SUFFIX)).map(PathBuf::from))
            .ok_or_else(|| XtaskError::NotBuilt { what: "dynamic library", name: name.to_owned() })
    }

    fn targets<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |message| message["target"]["name"] == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = concat!(
        r#"{"reason":"compiler-artifact","target":{"name":"countersign-server","kind":["lib"]},"executable":null}"#,
        "\n",
        r#"{"reason":"compiler-artifact","target":{"name":"countersign-server","kind":["bin"]},"executable":"/t/debug/countersign-server"}"#,
        "\nnot json\n",
    );

    #[test]
    fn the_program_is_found_among_the_build_messages() {
        let program = Built::from_messages(MESSAGES).program("countersign-server").unwrap();
        assert_eq!(program, PathBuf::from("/t/debug/countersign-server"));
    }

    #[test]
    fn the_library_is_found_among_the_build_messages() {
        let library = format!("/t/debug/libcountersign_ffi{DLL_SUFFIX}");
        let files = ["/t/debug/libcountersign_ffi.a", &library];
        let message = serde_json::json!({"target": {"name": "countersign_ffi"}, "filenames": files});
        let found = Built::from_messages(&message.to_string()).library("countersign_ffi").unwrap();
        assert_eq!(found, PathBuf::from(library));
    }

    #[test]
    fn what_was_not_built_is_an_error() {
        let built = Built::from_messages(MESSAGES);
        let error = built.program("countersign-demo").unwrap_err();
        assert!(matches!(error, XtaskError::NotBuilt { name, .. } if name == "countersign-demo"));
        assert!(built.library("countersign_ffi").is_err());
    }
}
