//! `cargo xtask bench`: the measurements of docs/benchmarks.md.

use crate::{command, error::XtaskError, workspace::Workspace};

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
    command::run(workspace.cargo().args(["build", "--release", "--package=countersign-server"]))?;
    command::run(
        workspace
            .cargo()
            .args(["run", "--release", "--package=countersign-tests", "--bin=bench", "--"])
            .args(&arguments.rest),
    )
}
