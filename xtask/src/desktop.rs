//! The authenticator as a program (`authenticator-app/src-tauri`): its own build, as it needs the libraries of a
//! desktop, and its run under a display of its own.

use std::{env, path::Path, process::Command};

use crate::{
    app,
    built::Built,
    command::{self, Finished},
    demo,
    error::XtaskError,
    setup,
    workspace::Workspace,
};

/// The package that the stages for everything leave out.
pub(crate) const PACKAGE: &str = "countersign-authenticator";
/// The program beside which it is measured, and the feature that builds it.
pub(crate) const EMPTY_WINDOW: &str = "empty-window";

/// What is tested without a window: the desk, and what crosses to the pages.
pub(crate) fn test_core(workspace: &Workspace) -> Result<Finished, XtaskError> {
    let without_window = ["--package", PACKAGE, "--no-default-features", "--all-targets"];
    command::run(workspace.cargo().arg("clippy").args(without_window).args(["--", "-D", "warnings"]))?;
    command::tee(workspace.cargo().args(["test", "--package", PACKAGE, "--no-default-features", "--lib"]))
}

/// The whole program, under clippy and then in use: its pages are built before.
pub(crate) fn test_window(workspace: &Workspace) -> Result<Finished, XtaskError> {
    app::build(workspace)?;
    // One test runs it, and looks for it beside the program.
    demo::program(workspace)?;
    command::run(workspace.cargo().args([
        "clippy",
        "--package",
        PACKAGE,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    command::run(
        workspace
            .cargo()
            .args(["doc", "--package", PACKAGE, "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    command::tee(workspace.cargo().args([
        "test",
        "--package",
        PACKAGE,
        "--test",
        "e2e",
        "--",
        "--test-threads=1",
    ]))
}

/// The program as it ships, and the empty window beside it. Its pages are built before.
pub(crate) fn build_to_measure(workspace: &Workspace) -> Result<Built, XtaskError> {
    app::build(workspace)?;
    let mut build = workspace.cargo();
    build.args(["build", "--message-format=json-render-diagnostics", "--release"]);
    build.args(["--package", PACKAGE, "--features", EMPTY_WINDOW]);
    Ok(Built::from_messages(&command::capture(&mut build)?))
}

/// Writes or checks the TypeScript of what crosses to the pages; one test does either.
pub(crate) fn generate(workspace: &Workspace, write: bool) -> Result<(), XtaskError> {
    let mut test = workspace.cargo();
    test.args(["test", "--quiet", "--package", PACKAGE, "--no-default-features", "--lib"]);
    test.arg("ipc::typescript::tests::the_file_is_the_one_that_is_made_now");
    if write {
        test.env("COUNTERSIGN_WRITE_IPC", "1");
    }
    command::run(&mut test)
}

/// The libraries that the window is linked with.
pub(crate) fn libraries_are_there() -> bool {
    Command::new("pkg-config")
        .args(["--exists", "webkit2gtk-4.1", "ayatana-appindicator3-0.1", "librsvg-2.0"])
        .status()
        .is_ok_and(|status| status.success())
}

/// A library without a pkg-config file.
pub(crate) fn xdo_is_there() -> bool {
    Path::new("/usr/include/xdo.h").is_file()
}

/// Whether a window has where to open.
pub(crate) fn display_is_there() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Why the program cannot be built and opened for a person here, if so.
pub(crate) fn cannot_open() -> Option<&'static str> {
    if !display_is_there() {
        Some("there is no display")
    } else if !app::npm_is_there() {
        Some(app::NO_NPM)
    } else if !libraries_are_there() || !xdo_is_there() {
        Some("no WebKitGTK, appindicator, librsvg or xdo to build with")
    } else {
        None
    }
}

/// Whether the program can be built and driven here.
pub(crate) fn can_run() -> bool {
    let programs = ["WebKitWebDriver", "Xvfb"];
    libraries_are_there()
        && xdo_is_there()
        && setup::keyring_is_there()
        && programs.iter().all(|program| command::find(program).is_some())
}

/// What is said where it cannot.
pub(crate) const CANNOT_RUN: &str =
    "no WebKitGTK, driver, Xvfb or keyring; `cargo xtask setup` installs them";
