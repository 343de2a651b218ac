//! Everything a person runs in this repository: `cargo xtask <command>`. One file a command; what they share is in
//! `workspace` (where things are), `command` (running programs), `built` (building crates), `once` and `error`; what they
//! know of one part is in `app` (its pages), `desktop` (its program), `swift` and `python`.
#![expect(clippy::print_stdout, reason = "a command-line program answers on standard output")]

mod app;
mod bench;
mod bindings;
mod built;
mod command;
mod demo;
mod desktop;
mod error;
mod generate;
mod mutants;
mod once;
mod package;
mod python;
mod rules;
mod setup;
mod size;
mod swift;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{error::XtaskError, workspace::Workspace};

/// Builds, runs, tests and measures Countersign. Each command installs what it needs and says so.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Demo(demo::Arguments),
    Test(test::Arguments),
    Setup(setup::Arguments),
    Bench(bench::Arguments),
    Bindings(bindings::Arguments),
    Size(size::Arguments),
    Package(package::Arguments),
    Mutants(mutants::Arguments),
    Rules(rules::Arguments),
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), XtaskError> {
    let workspace = Workspace::find()?;
    match task {
        Task::Demo(arguments) => demo::run(&workspace, &arguments),
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Setup(arguments) => setup::run(&workspace, &arguments),
        Task::Bench(arguments) => bench::run(&workspace, &arguments),
        Task::Bindings(arguments) => bindings::run(&workspace, &arguments),
        Task::Size(arguments) => size::run(&workspace, &arguments),
        Task::Package(arguments) => package::run(&workspace, &arguments),
        Task::Mutants(arguments) => mutants::run(&workspace, &arguments),
        Task::Rules(arguments) => rules::run(&workspace, &arguments),
        Task::Generate(arguments) => generate::run(&workspace, &arguments),
    }
}
