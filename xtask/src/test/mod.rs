//! `cargo xtask test`: every test there is, in stages, with a closing table.

mod report;
mod stages;

use std::time::Instant;

use crate::{
    error::{self, XtaskError},
    setup,
    workspace::Workspace,
};
pub(crate) use report::Counts;
use report::{Report, Row};

/// Sets up what is missing and runs every test there is.
///
/// Stages run one after the other, the rest also when one fails. The end is a table of the stages, what could not be
/// run and why, and the sum of the tests. With CI set in the environment nothing may be left out.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The inner loop: format, house rules, clippy and the Rust tests; installs nothing
    ///
    /// Tests on PostgreSQL are in it where PostgreSQL is installed.
    #[arg(long)]
    quick: bool,

    /// Only the stages whose names contain this, in any case
    #[arg(long, value_name = "STAGE", conflicts_with = "quick")]
    only: Option<String>,
}

/// One line of the closing table.
struct Stage {
    name: &'static str,
    quick: bool,
    run: fn(&Workspace) -> Result<Report, XtaskError>,
}

/// All there is to run, cheapest first. A new kind of test is a line here and a function in `stages`.
const STAGES: &[Stage] = &[
    Stage { name: "format", quick: true, run: stages::format },
    Stage { name: "house rules", quick: true, run: stages::house_rules },
    Stage { name: "clippy", quick: true, run: stages::clippy },
    Stage { name: "Rust tests", quick: true, run: stages::rust_tests },
    Stage { name: "doc tests", quick: false, run: stages::doc_tests },
    Stage { name: "features", quick: false, run: stages::features },
    Stage { name: "documentation", quick: false, run: stages::documentation },
    Stage { name: "dependencies", quick: false, run: stages::dependencies },
    Stage { name: "generated files", quick: false, run: stages::generated },
    Stage { name: "Python tests", quick: false, run: stages::python_tests },
    Stage { name: "Kotlin tests", quick: false, run: stages::kotlin_tests },
    Stage { name: "Swift tests", quick: false, run: stages::swift_tests },
    Stage { name: "App pages", quick: false, run: stages::app_pages },
    Stage { name: "App core", quick: false, run: stages::app_core },
    Stage { name: "App window", quick: false, run: stages::app_window },
    Stage { name: "demo", quick: false, run: stages::demo },
    Stage { name: "mutants apply", quick: false, run: stages::mutants },
];

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let wanted = |stage: &&Stage| match &arguments.only {
        Some(only) => stage.name.to_lowercase().contains(&only.to_lowercase()),
        None => stage.quick || !arguments.quick,
    };
    if let (Some(name), None) = (&arguments.only, STAGES.iter().find(wanted)) {
        let stages: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(XtaskError::NoStage { name: name.clone(), stages: stages.join(", ") });
    }
    if !arguments.quick {
        // Not the end: the stages that miss something say so.
        setup::system_packages().unwrap_or_else(|error| println!("Not installed: {}", error::chain(&error)));
    }
    let mut rows = Vec::new();
    for stage in STAGES.iter().filter(wanted) {
        println!("\n── {} ──", stage.name);
        let started = stopwatch();
        let report = (stage.run)(workspace).unwrap_or_else(|error| Report::failed(error::chain(&error)));
        let report = if workspace.ci() { report.on_ci() } else { report };
        let row = Row { stage: stage.name, report, took: started.elapsed() };
        println!("── {} ──", row.summary());
        rows.push(row);
    }
    println!("\n{}", report::table(&rows));
    match rows.iter().filter(|row| row.report.failure.is_some()).count() {
        0 => Ok(()),
        count => Err(XtaskError::Findings { count, what: "stages failed" }),
    }
}

/// How long a stage takes is told to the person; no test depends on it.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the person at the terminal is no port of the product"
)]
fn stopwatch() -> Instant {
    Instant::now()
}
