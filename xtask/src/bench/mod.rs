//! `cargo xtask bench`: the measurements of docs/benchmarks.md.

mod programs;

use std::{fs, process::Command};

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
    /// Measure these parts only and print them; the report is left as it is (`-- --help` lists them)
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<String>,
    /// What the benchmark program is told
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let wants = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == part);
    let built = Built::new(workspace, Profile::Release, &["countersign-server", "countersign-tests"])?;
    let programs = workspace.target().join("bench-programs.json");
    let named = programs::build(workspace, wants("languages"), wants("app"))?;
    fs::write(&programs, named.to_string()).map_err(XtaskError::file(&programs))?;
    let mut bench = Command::new(built.program("bench")?);
    bench.arg("--server").arg(built.program("countersign-server")?).arg("--programs").arg(programs);
    if !arguments.only.is_empty() {
        bench.arg("--only").arg(arguments.only.join(","));
    }
    command::run(bench.args(&arguments.rest).current_dir(workspace.root()))
}
