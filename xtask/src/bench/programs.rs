//! The programs that are measured from outside, each with an empty one of its kind, as the benchmark program reads them.

use std::{ffi::OsStr, fs, process::Command};

use serde_json::{Value, json};

use crate::{
    app, bindings,
    built::{Built, Profile},
    command, desktop,
    error::XtaskError,
    python, swift,
    workspace::Workspace,
};

/// Builds those that are wanted, and names them; of what cannot be built here it tells why.
pub(crate) fn build(workspace: &Workspace, languages: bool, app: bool) -> Result<Value, XtaskError> {
    let mut named = json!({ "languages": {} });
    if languages {
        let built = Built::new(workspace, Profile::Release, bindings::PACKAGES)?;
        named["languages"] = json!({
            "Kotlin": kotlin(workspace, &built)?,
            "Python": python(workspace, &built)?,
            "Swift": swift(workspace, &built)?,
        });
    }
    if app {
        named["app"] = authenticator(workspace)?;
    }
    Ok(named)
}

fn kotlin(workspace: &Workspace, built: &Built) -> Result<Value, XtaskError> {
    if !bindings::kotlin_can_be_built() {
        return Ok(left_out("there is no JDK or no Maven"));
    }
    let project = bindings::kotlin(workspace, built)?;
    let tests = bindings::KOTLIN_TESTS;
    command::run(
        Command::new("mvn")
            .args(["--batch-mode", "--no-transfer-progress", "--quiet", "--also-make", "-DskipTests"])
            .args(["--projects", tests, "--file"])
            .arg(&project)
            .arg("package"),
    )?;
    let target = project.join(tests).join("target");
    let list = target.join("classpath.txt");
    let jars = fs::read_to_string(&list).map_err(XtaskError::file(&list))?;
    let classes = format!("{}:{}", target.join("test-classes").display(), jars.trim());
    let java = |class: &str| {
        let mut java = Command::new("java");
        java.args(["-cp", &classes, class]);
        java
    };
    Ok(pair(&java("Cost"), &java("Empty")))
}

fn python(workspace: &Workspace, built: &Built) -> Result<Value, XtaskError> {
    if command::find("python3").is_none() {
        return Ok(left_out("there is no python3"));
    }
    let package = bindings::python(workspace, built)?;
    let interpreter = python::environment(workspace)?;
    // As pip does when it installs.
    command::run(Command::new(&interpreter).args(["-m", "compileall", "-q"]).arg(&package))?;
    let mut cost = Command::new(&interpreter);
    cost.arg(workspace.path("bindings/python/tests/cost.py")).env("PYTHONPATH", package.join("src"));
    Ok(pair(&cost, Command::new(interpreter).args(["-c", "print(flush=True)"])))
}

fn swift(workspace: &Workspace, built: &Built) -> Result<Value, XtaskError> {
    if let Some(why) = swift::impossible()? {
        return Ok(left_out(why));
    }
    let root = swift::Root::ready(workspace)?;
    let package = bindings::swift(workspace, built)?;
    let swift_build = || {
        let mut command = bindings::swift_command(&root, workspace, &package, "build");
        command.args(["-c", "release"]);
        command
    };
    for name in ["Cost", "Empty"] {
        command::run(swift_build().args(["--product", name]))?;
    }
    let folder = command::capture(swift_build().arg("--show-bin-path"))?;
    let program = |name| {
        let mut program = root.command(&format!("{}/{name}", folder.trim()), &package);
        program.env("LD_LIBRARY_PATH", package.join("lib"));
        program
    };
    Ok(pair(&program("Cost"), &program("Empty")))
}

fn authenticator(workspace: &Workspace) -> Result<Value, XtaskError> {
    if !app::npm_is_there() {
        return Ok(left_out(app::NO_NPM));
    }
    if !desktop::can_run() {
        return Ok(left_out(desktop::CANNOT_RUN));
    }
    let built = desktop::build_to_measure(workspace)?;
    let program = |name| Ok::<_, XtaskError>(Command::new(built.program(name)?));
    Ok(pair(&program(desktop::PACKAGE)?, &program(desktop::EMPTY_WINDOW)?))
}

fn left_out(why: &str) -> Value {
    json!({ "left_out": why })
}

fn pair(measured: &Command, empty: &Command) -> Value {
    json!({ "measured": invocation(measured), "empty": invocation(empty) })
}

fn invocation(command: &Command) -> Value {
    let text = |text: &OsStr| text.to_string_lossy().into_owned();
    json!({
        "program": text(command.get_program()),
        "arguments": command.get_args().map(text).collect::<Vec<_>>(),
        "environment": command
            .get_envs()
            .filter_map(|(name, value)| Some((text(name), value.map(text)?.into())))
            .collect::<serde_json::Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_with_its_arguments_and_environment() {
        let mut command = Command::new("java");
        command.args(["-cp", "a:b"]).env("LANG", "C").env_remove("HOME");
        let named = json!({ "program": "java", "arguments": ["-cp", "a:b"], "environment": { "LANG": "C" } });
        assert_eq!(invocation(&command), named);
    }
}
