//! The Python environment of the tests.

use std::{fs, path::PathBuf, process::Command};

use crate::{command, error::XtaskError, once::once, workspace::Workspace};

/// What the Python tests import. A change here makes a new environment.
const REQUIREMENTS: &str = "tests/python-requirements.txt";

/// The interpreter of the environment, made on first use and again when the requirements change.
pub(crate) fn environment(workspace: &Workspace) -> Result<PathBuf, XtaskError> {
    let requirements = workspace.path(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).map_err(XtaskError::file(&requirements))?;
    let folder = workspace.cache().join("venv");
    let interpreter = folder.join("bin/python");
    once(&folder.join("requirements-installed.txt"), &wanted, || {
        println!("Making the Python environment of the tests (half a minute, once)");
        command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        command::run(
            Command::new(&interpreter)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
                .arg(&requirements),
        )
    })?;
    Ok(interpreter)
}
