//! Where things are, and whether this is a CI run.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{command, error::XtaskError};

/// The checkout that the command works on.
pub(crate) struct Workspace {
    root: PathBuf,
    cache: PathBuf,
    ci: bool,
}

impl Workspace {
    /// Found through what cargo sets when it runs this program, not at compile time: a target folder may be shared or
    /// copied between checkouts.
    pub(crate) fn find() -> Result<Self, XtaskError> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").ok_or(XtaskError::Outside)?;
        let root = Path::new(&manifest).parent().ok_or(XtaskError::Outside)?.to_path_buf();
        let cache = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")))
            .ok_or(XtaskError::NoCache)?
            .join("countersign");
        // The tests that can be left out ask the same.
        let ci = env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
        Ok(Self { root, cache, ci })
    }

    /// A file or folder of the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where tools and environments are kept between runs and between checkouts.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// On CI nothing may be left out: what cannot run is a failure.
    pub(crate) fn ci(&self) -> bool {
        self.ci
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    /// A cargo command in the root of the checkout.
    ///
    /// `cargo run` tells the program which package it is; without those variables build scripts that watch them (that
    /// of `ring` does) find nothing changed between this and a plain `cargo test`.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let about_this_package = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_")
                    || name.starts_with("CARGO_MANIFEST_")
                    || name == "CARGO_BIN_NAME"
            });
            if about_this_package {
                cargo.env_remove(name);
            }
        }
        cargo
    }

    /// Every file that is, or with the next commit would be, in the repository; relative to its root.
    pub(crate) fn files(&self) -> Result<Vec<String>, XtaskError> {
        let listing = command::capture(
            Command::new("git")
                .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
                .current_dir(&self.root),
        )?;
        Ok(listing
            .split('\0')
            .filter(|name| !name.is_empty() && self.root.join(name).is_file())
            .map(str::to_owned)
            .collect())
    }
}
