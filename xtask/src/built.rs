//! Building crates, and where cargo put what it built: right for every target folder and profile.

use std::{
    env::consts::DLL_SUFFIX,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{command, error::XtaskError, workspace::Workspace};

/// What a build said.
pub(crate) struct Built {
    messages: Vec<Value>,
    for_apps: bool,
}

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

    /// Builds a library as apps carry it, with these features and no other. It has its symbols still.
    pub(crate) fn for_apps(
        workspace: &Workspace,
        package: &str,
        features: &str,
        link: &[&str],
    ) -> Result<Self, XtaskError> {
        let mut build = workspace.cargo();
        build.args(["rustc", "--profile=mobile", "--crate-type=cdylib", "--package", package]);
        build.args(["--no-default-features", "--features", features]);
        build.arg("--message-format=json-render-diagnostics").arg("--").args(link);
        Ok(Self { for_apps: true, ..Self::from_messages(&command::capture(&mut build)?) })
    }

    /// What a build said that was run with `--message-format=json-render-diagnostics`.
    pub(crate) fn from_messages(messages: &str) -> Self {
        let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { messages, for_apps: false }
    }

    /// This build, and what another said.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.messages.extend(other.messages);
        self
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

    /// Puts a library into a folder: as it was built, or stripped to what a loader needs where it is for apps.
    pub(crate) fn carry(&self, name: &str, folder: &Path) -> Result<PathBuf, XtaskError> {
        let library = self.library(name)?;
        let carried = folder.join(library.file_name().unwrap_or_default());
        fs::create_dir_all(folder).map_err(XtaskError::file(folder))?;
        if self.for_apps {
            let how_much = if cfg!(target_os = "macos") { "-x" } else { "--strip-all" };
            command::run(Command::new("strip").args([how_much, "-o"]).arg(&carried).arg(&library))?;
        } else {
            fs::copy(&library, &carried).map_err(XtaskError::file(&library))?;
        }
        Ok(carried)
    }

    fn targets<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.messages.iter().filter(move |message| message["target"]["name"] == name)
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
    fn what_apps_carry_is_stripped_and_what_is_tested_is_as_it_was_built() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join(format!("libany{DLL_SUFFIX}"));
        fs::copy(std::env::current_exe().unwrap(), &library).unwrap();
        let message = serde_json::json!({"target": {"name": "any"}, "filenames": [library]}).to_string();
        let size = |for_apps| {
            let built = Built { for_apps, ..Built::from_messages(&message) };
            let carried = built.carry("any", &folder.path().join("package")).unwrap();
            fs::metadata(carried).unwrap().len()
        };
        let whole = fs::metadata(&library).unwrap().len();
        assert_eq!(size(false), whole);
        assert!(size(true) < whole);
    }

    #[test]
    fn what_was_not_built_is_an_error() {
        let built = Built::from_messages(MESSAGES);
        let error = built.program("countersign-demo").unwrap_err();
        assert!(matches!(error, XtaskError::NotBuilt { name, .. } if name == "countersign-demo"));
        assert!(built.library("countersign_ffi").is_err());
    }
}
