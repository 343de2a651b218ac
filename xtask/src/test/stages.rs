//! The stages of `cargo xtask test`, one function each.

use std::{env, process::Command};

use super::report::{Counts, Report};
use crate::{
    app, bindings,
    built::{Built, Profile},
    command, demo as demonstration, desktop,
    error::XtaskError,
    generate, mutants as mutations, python, rules, setup, swift,
    workspace::Workspace,
};

/// How often the tests run each race; once without it.
const RACE_RUNS: &str = "COUNTERSIGN_RACE_RUNS";

type Outcome = Result<Report, XtaskError>;

/// Everything but the authenticator's window, which needs the libraries of a desktop and has stages of its own.
const NO_DESKTOP: [&str; 3] = ["--workspace", "--exclude", desktop::PACKAGE];

pub(crate) fn format(workspace: &Workspace) -> Outcome {
    command::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Report::passed())
}

pub(crate) fn house_rules(workspace: &Workspace) -> Outcome {
    rules::run(workspace, &rules::Arguments {})?;
    Ok(Report::passed())
}

pub(crate) fn clippy(workspace: &Workspace) -> Outcome {
    command::run(workspace.cargo().arg("clippy").args(NO_DESKTOP).args([
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Report::passed())
}

/// Unit and integration tests. Those on PostgreSQL start a cluster of their own.
pub(crate) fn rust_tests(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    let all = ["--lib", "--bins", "--tests", "--examples", "--no-fail-fast"];
    cargo.arg("test").args(NO_DESKTOP).args(all);
    if workspace.ci() && env::var_os(RACE_RUNS).is_none() {
        cargo.env(RACE_RUNS, "3");
    }
    let finished = command::tee(&mut cargo)?;
    let mut report = Report::of_run(&finished, Counts::of_libtest);
    if !setup::postgres_is_there() {
        report = report
            .leaving_out("tests on PostgreSQL: no initdb found; `cargo xtask setup` installs it on Debian");
    }
    if !setup::keyring_is_there() {
        report =
            report.leaving_out("tests of the keyring: no gnome-keyring; `cargo xtask setup` installs it");
    }
    Ok(report)
}

pub(crate) fn doc_tests(workspace: &Workspace) -> Outcome {
    let finished = command::tee(workspace.cargo().arg("test").args(NO_DESKTOP).arg("--doc"))?;
    Ok(Report::of_run(&finished, Counts::of_libtest))
}

/// The builds that leave something out: an SDK with the host's own HTTP, bindings that leave network and storage to the
/// host, a server without its QA control plane, which is tested too.
pub(crate) fn features(workspace: &Workspace) -> Outcome {
    // The tests of the SDK are left out: they turn on its default features, and with them those of the library.
    let builds: [(&str, &[&str]); 4] = [
        ("countersign-protocol", &["--all-targets"]),
        ("countersign", &[]),
        ("countersign-ffi", &["--all-targets"]),
        ("countersign-server", &["--all-targets"]),
    ];
    for (package, targets) in builds {
        command::run(
            workspace
                .cargo()
                .args(["clippy", "--no-default-features", "--package", package])
                .args(targets)
                .args(["--", "-D", "warnings"]),
        )?;
    }
    let without = ["--package", "countersign-server", "--no-default-features", "--lib", "a_build_without"];
    let finished = command::tee(workspace.cargo().arg("test").args(without))?;
    Ok(Report::of_run(&finished, Counts::of_libtest))
}

pub(crate) fn documentation(workspace: &Workspace) -> Outcome {
    command::run(
        workspace.cargo().arg("doc").args(NO_DESKTOP).arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    Ok(Report::passed())
}

/// Licences, sources and banned crates. Crates that come in two versions are a warning, and those are not shown.
pub(crate) fn dependencies(workspace: &Workspace) -> Outcome {
    let program = setup::cargo_deny(workspace)?;
    command::run(
        Command::new(program)
            .args(["--log-level=error", "check", "bans", "licenses", "sources"])
            .current_dir(workspace.root()),
    )?;
    Ok(Report::passed())
}

/// The demo, read as a script would read it: every step is `ok`.
pub(crate) fn demo(workspace: &Workspace) -> Outcome {
    let output = command::capture(demonstration::program(workspace)?.arg("--json"))?;
    Ok(match demonstration::steps(&output) {
        Ok(steps) => {
            println!("{} steps: {}", steps.len(), steps.join(", "));
            Report::passed()
        }
        Err(reason) => Report::failed(reason),
    })
}

/// Files made from others are as they would be made now.
pub(crate) fn generated(workspace: &Workspace) -> Outcome {
    generate::run(workspace, &generate::Arguments { check: true })?;
    Ok(Report::passed())
}

/// Folders with tests in Python.
const PYTHON: &[&str] = &["protocol/python", "bindings/python/tests"];

pub(crate) fn python_tests(workspace: &Workspace) -> Outcome {
    let interpreter = python::environment(workspace)?;
    let crates = [bindings::PACKAGES, &["countersign-server"]].concat();
    let built = Built::new(workspace, Profile::Debug, &crates)?;
    let package = bindings::python(workspace, &built)?;
    let finished = command::tee(
        Command::new(interpreter)
            .args(["-m", "pytest", "--color=no", "-p", "no:cacheprovider"])
            .args(PYTHON)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", package.join("src"))
            .env("COUNTERSIGN_SERVER", built.program("countersign-server")?)
            .current_dir(workspace.root()),
    )?;
    Ok(Report::of_run(&finished, Counts::of_pytest))
}

/// The Kotlin build with all its modules, Android's among them. Maven fetches what it needs.
pub(crate) fn kotlin_tests(workspace: &Workspace) -> Outcome {
    if !bindings::kotlin_can_be_built() {
        return Ok(Report::passed()
            .leaving_out("no JDK or no Maven found; `cargo xtask setup` installs them on Debian"));
    }
    let crates = [bindings::PACKAGES, &["countersign-server"]].concat();
    let built = Built::new(workspace, Profile::Debug, &crates)?;
    let package = bindings::kotlin(workspace, &built)?;
    let finished = command::tee(
        Command::new("mvn")
            .args(["--batch-mode", "--no-transfer-progress", "--fail-at-end", "--file"])
            .arg(&package)
            .arg("test")
            .env("COUNTERSIGN_SERVER", built.program("countersign-server")?)
            .env("COUNTERSIGN_VECTORS", workspace.path("protocol/vectors")),
    )?;
    Ok(Report::of_run(&finished, Counts::of_surefire))
}

/// The Swift package, built and tested in a Debian that has Swift.
pub(crate) fn swift_tests(workspace: &Workspace) -> Outcome {
    if let Some(why) = swift::impossible()? {
        return Ok(Report::passed().leaving_out(why));
    }
    let root = swift::Root::ready(workspace)?;
    let crates = [bindings::PACKAGES, &["countersign-server"]].concat();
    let built = Built::new(workspace, Profile::Debug, &crates)?;
    let package = bindings::swift(workspace, &built)?;
    let finished = command::tee(
        bindings::swift_command(&root, workspace, &package, "test")
            .arg("--disable-xctest")
            .env("COUNTERSIGN_SERVER", built.program("countersign-server")?)
            .env("COUNTERSIGN_VECTORS", workspace.path("protocol/vectors")),
    )?;
    Ok(Report::of_run(&finished, Counts::of_swift_testing))
}

/// The authenticator's pages: types, logic, and every page in a browser, light, dark and on a phone.
pub(crate) fn app_pages(workspace: &Workspace) -> Outcome {
    if !app::npm_is_there() {
        return Ok(Report::passed().leaving_out(app::NO_NPM));
    }
    let in_browser = app::chromium_is_there();
    let finished = app::test(workspace, in_browser)?;
    let report = Report::of_run(&finished, Counts::of_vitest);
    Ok(if in_browser {
        report
    } else {
        report.leaving_out("pages in a browser: no Chromium found; `cargo xtask setup` installs it on Debian")
    })
}

/// The authenticator without its window: what its pages ask for, on fakes and against the server.
pub(crate) fn app_core(workspace: &Workspace) -> Outcome {
    Ok(Report::of_run(&desktop::test_core(workspace)?, Counts::of_libtest))
}

/// The authenticator as people have it, driven through its webview on a display without a screen.
pub(crate) fn app_window(workspace: &Workspace) -> Outcome {
    if !app::npm_is_there() {
        return Ok(Report::passed().leaving_out(app::NO_NPM));
    }
    if !desktop::can_run() {
        return Ok(Report::passed().leaving_out(desktop::CANNOT_RUN));
    }
    Ok(Report::of_run(&desktop::test_window(workspace)?, Counts::of_libtest))
}

/// Each deliberate break still fits the code. That each turns its test red is for `cargo xtask mutants`.
pub(crate) fn mutants(workspace: &Workspace) -> Outcome {
    mutations::run(workspace, &mutations::Arguments { filter: None, applies: true })?;
    Ok(Report::passed())
}
