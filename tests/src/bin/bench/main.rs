//! `cargo xtask bench`: measures what the project promises to be fast at, beside its peers and limits, and writes it
//! down as it is.
//!
//! [`functions`] has what runs in one process, [`server`] what runs against the server's own program, [`languages`] and
//! [`app`] what is measured of other programs from outside. All give [`report::Section`]s. A figure below its target is
//! a finding; only what does not work at all is an error.

mod app;
mod error;
mod functions;
mod languages;
mod machine;
mod processes;
mod programs;
mod report;
mod server;
mod timing;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};

use crate::{error::BenchError, machine::Machine, programs::Programs, report::Section, server::Bench};

/// Measures the SDK and the server beside their peers and limits.
///
/// `cargo xtask bench` builds what this needs and runs it. Close other programs first. A figure below its target is a
/// finding: the status is 0 all the same.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Options {
    /// The program `countersign-server`, if it is not beside this one
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,

    /// A file that names the programs of other languages and of the desktop; without it they are left out
    #[arg(long, value_name = "PATH")]
    programs: Option<PathBuf>,

    /// Where the whole report goes
    #[arg(long, value_name = "PATH", default_value = "docs/benchmarks.md")]
    output: PathBuf,

    /// Measure these parts only and print them; the report is left as it is
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
}

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// One-time codes
    Codes,
    /// Signatures, and proofs of possession
    Signatures,
    /// The vault
    Vault,
    /// Start of the server, and its memory
    Start,
    /// Reset of a realm
    Reset,
    /// Verifications of one-time codes under load
    Verifications,
    /// Approvals by push
    Approvals,
    /// Start and calls from other languages
    Languages,
    /// The authenticator beside an empty window
    App,
}

// On one thread, so that whatever drives the server takes no more of the machine than it needs.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), BenchError> {
    let bench = Bench::new(options.server.clone())?;
    let programs = Programs::read(options.programs.as_deref())?;
    let parts = if options.only.is_empty() { Part::value_variants() } else { &options.only };
    let mut sections = Vec::new();
    for part in parts {
        eprintln!("measuring: {}", described(*part));
        let section = measure(*part, &bench, &programs).await?;
        print(&section);
        sections.push(section);
    }
    if options.only.is_empty() {
        let before = match std::fs::read_to_string(&options.output) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(BenchError::file(&options.output))?,
        };
        let report = report::document(&Machine::read(), &sections, &before);
        std::fs::write(&options.output, report).map_err(BenchError::file(&options.output))?;
        eprintln!("written: {}", options.output.display());
    }
    Ok(())
}

async fn measure(part: Part, bench: &Bench, programs: &Programs) -> Result<Section, BenchError> {
    match part {
        Part::Codes => functions::codes::measure(),
        Part::Signatures => functions::signatures::measure(),
        Part::Vault => functions::vault::measure(bench.folder()).await,
        Part::Start => server::start::measure(bench).await,
        Part::Reset => server::reset::measure(bench).await,
        Part::Verifications => server::verifications::measure(bench).await,
        Part::Approvals => server::approvals::measure(bench).await,
        Part::Languages => languages::measure(programs, bench.folder()).await,
        Part::App => app::measure(&programs.app).await,
    }
}

fn described(part: Part) -> String {
    let value = part.to_possible_value();
    value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn print(section: &Section) {
    println!("{section}");
}
