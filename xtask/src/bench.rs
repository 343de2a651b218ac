//! `cargo xtask bench`: the measurements of docs/benchmarks.md.

use std::process::Command;

use crate::{
    built::{Built, Profile},
    command,
    error::XtaskError,
    workspace::Workspace,
};

/// Builds in release mode, measures, and writes docs/benchmarks.md with machine, date and command.
///
/// A figure below its target is a finding, never a failure. Close other programs first.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the benchmark program is told (`-- --help` lists it)
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let built = Built::new(workspace, Profile::Release, &["countersign-server", "countersign-tests"])?;
    let mut bench = Command::new(built.program("bench")?);
    bench.arg("--server").arg(built.program("countersign-server")?).args(&arguments.rest);
    command::run(bench.current_dir(workspace.root()))
}
