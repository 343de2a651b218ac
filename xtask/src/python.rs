//! The Python environment of the tests.

use std::{fs, path::PathBuf, process::Command};

use crate::{command, error::XtaskError, workspace::Workspace};

/// What the Python tests import. A change here makes a new environment.
const REQUIREMENTS: &str = "tests/python-requirements.txt";

/// The interpreter of the environment, made on first use and again when the requirements change.
pub(crate) fn environment(workspace: &Workspace) -> Result<PathBuf, XtaskError> {
    let requirements = workspace.path(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).map_err(XtaskError::file(&requirements))?;
    let folder = workspace.cache().join("venv");
    let interpreter = folder.join("bin/python");
    // Written last, so that an installation that broke off starts anew.
    let stamp = folder.join("requirements-installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    println!("Making the Python environment of the tests (half a minute, once)");
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    command::run(
        Command::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).map_err(XtaskError::file(&stamp))?;
    Ok(interpreter)
}
