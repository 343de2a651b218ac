//! The Python package: what can be imported is in its `src`.

use std::{fs, path::PathBuf};

use super::{LIBRARY, gather, generate};
use crate::{built::Built, error::XtaskError, workspace::Workspace};

/// Puts the package together and tells where it is.
pub(crate) fn python(workspace: &Workspace, built: &Built) -> Result<PathBuf, XtaskError> {
    let package = gather(workspace, "python", is_packaged)?;
    let module = package.join("src/countersign");
    generate(workspace, built, "python", &module)?;
    let (generated, wanted) = (module.join("countersign_ffi.py"), module.join("_native.py"));
    fs::rename(&generated, &wanted).map_err(XtaskError::file(&generated))?;
    built.carry(LIBRARY, &module)?;
    Ok(package)
}

/// Whether one of its files goes into the package.
fn is_packaged(name: &str) -> bool {
    !name.starts_with("tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_not_packaged() {
        assert!(is_packaged("src/countersign/__init__.py"));
        assert!(is_packaged("README.md"));
        assert!(!is_packaged("tests/test_path.py"));
    }
}
