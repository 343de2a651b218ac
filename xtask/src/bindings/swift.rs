//! The Swift package. It is built and tested in the root of `crate::swift`, or on a Mac.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{LIBRARY, gather, generate};
use crate::{built::Built, error::XtaskError, swift::Root, workspace::Workspace};

/// Puts the package together and tells where it is. The library is in its `lib`.
pub(crate) fn swift(workspace: &Workspace, built: &Built) -> Result<PathBuf, XtaskError> {
    let package = gather(workspace, "swift", |_| true)?;
    let sources = package.join("Sources");
    let generated = sources.join("CountersignBindings");
    generate(workspace, built, "swift", &generated)?;
    let header = generated.join("CountersignFFI.h");
    fs::rename(&header, sources.join("CountersignFFI/CountersignFFI.h"))
        .map_err(XtaskError::file(&header))?;
    built.carry(LIBRARY, &package.join("lib"))?;
    Ok(package)
}

/// `swift test` or `swift build` of the package. What it builds is kept between runs.
pub(crate) fn swift_command(root: &Root, workspace: &Workspace, package: &Path, what: &str) -> Command {
    let libraries = package.join("lib");
    let mut swift = root.command("swift", package);
    swift
        .args([what, "--scratch-path"])
        .arg(workspace.target().join("swift-build"))
        .args(["--disable-sandbox", "-Xlinker"])
        .arg(format!("-L{}", libraries.display()))
        .env("LD_LIBRARY_PATH", libraries);
    swift
}
