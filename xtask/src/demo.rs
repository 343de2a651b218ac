//! `cargo xtask demo`: the whole path, from sign-up to logout, through the SDK against a running stub; then, where there
//! is a display, the authenticator.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    app,
    built::{Built, Profile},
    command, desktop,
    error::XtaskError,
    setup,
    workspace::Workspace,
};

/// Starts the stub and drives one sign-in through the SDK, from sign-up to logout, over real HTTP.
///
/// Needs Rust and a C compiler, nothing else. Prints a table of the steps and their times. Where there is a display, it
/// then opens the authenticator, enrolled, for you to approve sign-ins with: that needs npm too, and desktop libraries,
/// which it installs as root on a Debian.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Open no window and ask nothing
    #[arg(long)]
    headless: bool,
    /// Print one JSON object instead of progress and a table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let mut demo = program(workspace)?;
    if arguments.json {
        demo.arg("--json");
    }
    if arguments.json || arguments.headless {
        return command::run(&mut demo);
    }
    match authenticator(workspace)? {
        Ok(program) => command::run(demo.arg("--authenticator").arg(program)),
        Err(missing) => {
            command::run(&mut demo)?;
            println!("No window: {missing}.");
            Ok(())
        }
    }
}

/// The authenticator, built with what is missing installed before, or why it cannot be opened here.
fn authenticator(workspace: &Workspace) -> Result<Result<PathBuf, &'static str>, XtaskError> {
    if desktop::display_is_there() && app::npm_is_there() {
        setup::window_packages()?;
    }
    if let Some(missing) = desktop::cannot_open() {
        return Ok(Err(missing));
    }
    app::build(workspace)?;
    Built::new(workspace, Profile::Debug, &[desktop::PACKAGE])?.program(desktop::PACKAGE).map(Ok)
}

/// The demo, built and told where the server is.
pub(crate) fn program(workspace: &Workspace) -> Result<Command, XtaskError> {
    let built = Built::new(workspace, Profile::Debug, &["countersign-server", "countersign-demo"])?;
    let mut demo = Command::new(built.program("countersign-demo")?);
    demo.arg("--server").arg(built.program("countersign-server")?);
    Ok(demo)
}

/// The names of the steps in the demo's JSON, if there are any and each is `ok`; else what is wrong.
pub(crate) fn steps(output: &str) -> Result<Vec<String>, String> {
    let object: Value =
        serde_json::from_str(output).map_err(|error| format!("the demo printed no JSON object: {error}"))?;
    let steps = object["steps"].as_array().filter(|steps| !steps.is_empty()).ok_or("the demo ran no step")?;
    steps
        .iter()
        .map(|step| match (step["name"].as_str(), step["status"].as_str()) {
            (Some(name), Some("ok")) => Ok(name.to_owned()),
            _ => Err(format!("a step of the demo is not ok: {step}")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_demo_must_be_ok() {
        let good =
            r#"{"steps":[{"name":"sign-up","status":"ok","ms":3},{"name":"logout","status":"ok","ms":1}]}"#;
        assert_eq!(steps(good).unwrap(), ["sign-up", "logout"]);
        assert!(steps(&good.replacen("ok", "failed", 1)).unwrap_err().contains("sign-up"));
        assert!(steps(r#"{"steps":[]}"#).is_err());
        assert!(steps("Sign-up … done").is_err());
    }
}
