//! `cargo xtask generate`: the files of the repository that are made from others.

use std::fs;

use crate::{command, desktop, error::XtaskError, workspace::Workspace};

/// Makes the files that are made from others: the test vectors of the protocol, the OpenAPI document and
/// the types of the authenticator's pages.
///
/// Run it after a change of the wire contract, and read what it changed before you commit it.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Change nothing; fail when a file is stale
    #[arg(long)]
    pub(crate) check: bool,
}

/// A kind of file, and how it is made or checked.
struct Generator {
    what: &'static str,
    run: fn(&Workspace, Mode) -> Result<(), XtaskError>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Write,
    Check,
}

const GENERATORS: &[Generator] = &[
    Generator { what: "docs/openapi.json", run: openapi },
    Generator { what: "protocol/vectors", run: vectors },
    Generator { what: "authenticator-app/src/lib/ipc.generated.ts", run: ipc },
];

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    for generator in GENERATORS {
        (generator.run)(workspace, mode)?;
        println!("{}: {}", generator.what, if arguments.check { "up to date" } else { "written" });
    }
    Ok(())
}

/// One test makes every vector, and compares or writes it.
fn vectors(workspace: &Workspace, mode: Mode) -> Result<(), XtaskError> {
    let mut test = workspace.cargo();
    test.args([
        "test",
        "--quiet",
        "--package=countersign",
        "--test=it",
        "vectors::the_files_are_those_that_are_made_now",
    ]);
    if mode == Mode::Write {
        test.env("COUNTERSIGN_WRITE_VECTORS", "1");
    }
    command::run(&mut test)
}

/// What the authenticator and its pages say to each other.
fn ipc(workspace: &Workspace, mode: Mode) -> Result<(), XtaskError> {
    desktop::generate(workspace, mode == Mode::Write)
}

/// As the server describes itself, set out so that a change reads well in a diff.
fn openapi(workspace: &Workspace, mode: Mode) -> Result<(), XtaskError> {
    let printed = command::capture(workspace.cargo().args([
        "run",
        "--quiet",
        "--package=countersign-server",
        "--",
        "openapi",
    ]))?;
    let document = serde_json::from_str(&printed)
        .and_then(|document: serde_json::Value| serde_json::to_string_pretty(&document))
        .map_err(|source| XtaskError::NoJson { program: "countersign-server openapi", source })?
        + "\n";
    let path = workspace.path("docs/openapi.json");
    match mode {
        Mode::Write => fs::write(&path, document).map_err(XtaskError::file(path)),
        Mode::Check if fs::read_to_string(&path).is_ok_and(|there| there == document) => Ok(()),
        Mode::Check => Err(XtaskError::Stale { path }),
    }
}
