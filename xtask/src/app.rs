//! The authenticator's pages (`authenticator-app/`): Svelte and TypeScript, installed, checked and tested with npm.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    command::{self, Finished},
    error::XtaskError,
    once::once,
    workspace::Workspace,
};

const FOLDER: &str = "authenticator-app";
/// Where Debian puts the browser that the page tests drive; CHROMIUM in the environment names another one.
const CHROMIUM: &str = "/usr/bin/chromium";

/// An npm command in the folder of the app.
fn npm(workspace: &Workspace) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(workspace.path(FOLDER)).stdin(Stdio::null());
    npm
}

/// Installs exactly what the lock file names, on first use and again when it changes.
fn install(workspace: &Workspace) -> Result<(), XtaskError> {
    let folder = workspace.path(FOLDER);
    let lock = folder.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(XtaskError::file(&lock))?;
    once(&folder.join("node_modules/.installed-lock.json"), &wanted, || {
        command::run(npm(workspace).args(["ci", "--no-audit", "--no-fund"]))
    })
}

/// Builds the pages as they ship: the program has them inside.
pub(crate) fn build(workspace: &Workspace) -> Result<(), XtaskError> {
    install(workspace)?;
    command::run(npm(workspace).args(["run", "--silent", "build"]))
}

/// Builds the pages as they ship, checks the types, and runs their tests: the logic alone, or also every page in a
/// browser.
pub(crate) fn test(workspace: &Workspace, in_browser: bool) -> Result<Finished, XtaskError> {
    build(workspace)?;
    command::run(npm(workspace).args(["run", "--silent", "check"]))?;
    let tests = if in_browser { "test" } else { "test:logic" };
    command::tee(npm(workspace).args(["run", "--silent", tests]).env("NO_COLOR", "1"))
}

/// Whether the pages can be built here. Node.js is the person's to install: Debian's own is too old.
pub(crate) fn npm_is_there() -> bool {
    command::find("npm").is_some()
}

/// What is said where they cannot.
pub(crate) const NO_NPM: &str = "no npm found; install Node.js 20.19 or later";

/// Whether the browser of the page tests is there.
pub(crate) fn chromium_is_there() -> bool {
    env::var_os("CHROMIUM").is_some_and(|program| Path::new(&program).is_file())
        || Path::new(CHROMIUM).is_file()
}
