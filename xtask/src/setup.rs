//! `cargo xtask setup`: what the tests need beyond Rust and a C compiler.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{app, command, desktop, error::XtaskError, python, swift, workspace::Workspace};

/// The release of cargo-deny that reads `deny.toml`.
const CARGO_DENY: &str = "0.20.2";

/// Installs what `cargo xtask test` needs and is not there: Debian packages, cargo-deny, a Python environment, Swift.
///
/// Packages come from where apt, cargo and pip of this machine are set to take them. Node.js is not among them: install
/// 20.19 or later for the authenticator. Tools and the environment are kept in the cache folder of the user
/// (XDG_CACHE_HOME), shared by all checkouts. `cargo xtask test` does this by itself.
#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "shown as plain text by --help")]
pub(crate) struct Arguments {}

pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), XtaskError> {
    system_packages()?;
    cargo_deny(workspace)?;
    python::environment(workspace)?;
    match swift::impossible()? {
        None => drop(swift::Root::ready(workspace)?),
        Some(why) => println!("No Swift: {why}"),
    }
    println!("Done. What is still missing is named above.");
    Ok(())
}

/// A Debian package, and how to see that what it brings is there already.
struct Package {
    name: &'static str,
    present: fn() -> bool,
}

/// What the authenticator is built with.
const WINDOW: &[Package] = &[
    Package { name: "libwebkit2gtk-4.1-dev", present: desktop::libraries_are_there },
    Package { name: "libayatana-appindicator3-dev", present: desktop::libraries_are_there },
    Package { name: "librsvg2-dev", present: desktop::libraries_are_there },
    Package { name: "libxdo-dev", present: desktop::xdo_is_there },
];

/// What the tests need besides.
const PACKAGES: &[Package] = &[
    Package { name: "postgresql", present: postgres_is_there },
    Package { name: "python3-venv", present: python_can_make_environments },
    Package { name: "webkit2gtk-driver", present: || command::find("WebKitWebDriver").is_some() },
    Package { name: "xvfb", present: || command::find("Xvfb").is_some() },
    Package { name: "dbus", present: || command::find("dbus-run-session").is_some() },
    Package { name: "gnome-keyring", present: || command::find("gnome-keyring-daemon").is_some() },
    Package { name: "default-jdk-headless", present: || command::find("javac").is_some() },
    Package { name: "maven", present: || command::find("mvn").is_some() },
    Package { name: "debootstrap", present: || swift::program("debootstrap").is_file() },
    Package { name: "bubblewrap", present: || swift::program("bwrap").is_file() },
    Package { name: "chromium", present: app::chromium_is_there },
];

/// Installs the missing packages where that is possible, else says which they are; the stages that need them then
/// report what they could not run.
pub(crate) fn system_packages() -> Result<(), XtaskError> {
    install(WINDOW.iter().chain(PACKAGES))
}

/// The same for what the authenticator is built with, alone.
pub(crate) fn window_packages() -> Result<(), XtaskError> {
    install(WINDOW)
}

fn install<'a>(packages: impl IntoIterator<Item = &'a Package>) -> Result<(), XtaskError> {
    let missing = packages.into_iter().filter(|package| !(package.present)());
    let missing: Vec<_> = missing.map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let root = command::capture(Command::new("id").arg("-u"))?.trim() == "0";
    if !root || command::find("apt-get").is_none() {
        println!("Missing, and only the administrator of this machine can install it: {}", missing.join(" "));
        return Ok(());
    }
    println!("Installing Debian packages: {}", missing.join(" "));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=5", "--quiet"])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        apt
    };
    command::run(apt().arg("update"))?;
    command::run(apt().args(["install", "--yes", "--no-install-recommends"]).args(missing))
}

/// The cargo-deny program, installed on first use.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf, XtaskError> {
    let folder = workspace.cache().join(format!("tools/cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        println!("Installing cargo-deny {CARGO_DENY} (a few minutes, once)");
        command::run(
            workspace
                .cargo()
                .args(["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--quiet", "--root"])
                .arg(&folder)
                .env_remove("CARGO_TARGET_DIR"),
        )?;
    }
    Ok(program)
}

/// Names a running PostgreSQL that the tests use instead of starting one.
const RUNNING_POSTGRES: &str = "COUNTERSIGN_TEST_POSTGRES";

/// Whether the tests will have a PostgreSQL: one that is named to them, or a cluster of their own by the `initdb` on PATH
/// or where Debian keeps it.
pub(crate) fn postgres_is_there() -> bool {
    env::var(RUNNING_POSTGRES).is_ok()
        || command::find("initdb").is_some()
        || fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
            versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
        })
}

/// Whether the tests will find a Secret Service. They start it on a bus of their own.
pub(crate) fn keyring_is_there() -> bool {
    ["dbus-run-session", "gnome-keyring-daemon"].iter().all(|program| command::find(program).is_some())
}

fn python_can_make_environments() -> bool {
    Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
