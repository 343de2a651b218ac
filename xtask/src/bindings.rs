//! `cargo xtask bindings`: the library and its packages for other languages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    built::{Built, Profile},
    command,
    error::XtaskError,
    workspace::Workspace,
};

/// Builds the library and the package around it, ready to be installed.
///
/// A package is put together in the target folder, under `bindings`, from the sources in this repository, the
/// generated code and the library. None of the latter two is ever committed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For which language
    #[arg(long, default_value = "python")]
    language: Language,
    /// Build the library with optimisations
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Python,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    match arguments.language {
        Language::Python => {
            let profile = if arguments.release { Profile::Release } else { Profile::Debug };
            let package = python(workspace, &Built::new(workspace, profile, PACKAGES)?)?;
            println!("{}: install it by `python3 -m pip install {}`", package.display(), package.display());
        }
    }
    Ok(())
}

/// What is to be built before a package can be put together: the library, and what writes the code around it.
pub(crate) const PACKAGES: &[&str] = &["countersign-ffi", "countersign-bindgen"];

/// Where the sources of the Python package are.
const PYTHON: &str = "bindings/python";

/// Puts the Python package together and tells where it is; what can be imported is in `src` there.
pub(crate) fn python(workspace: &Workspace, built: &Built) -> Result<PathBuf, XtaskError> {
    let library = built.library("countersign_ffi")?;
    let package = workspace.target().join("bindings/python");
    if package.exists() {
        fs::remove_dir_all(&package).map_err(XtaskError::file(&package))?;
    }
    let sources = workspace.files()?.into_iter().filter(|name| is_packaged(name));
    for name in sources {
        copy(&workspace.path(&name), &package.join(name.trim_start_matches(PYTHON).trim_start_matches('/')))?;
    }
    let module = package.join("src/countersign");
    // It lists the files that it writes, which are few and known.
    command::capture(
        Command::new(built.program("countersign-bindgen")?)
            .args(["--language", "python", "--library"])
            .arg(&library)
            .arg("--config")
            .arg(workspace.path("uniffi.toml"))
            .arg("--out-dir")
            .arg(&module),
    )?;
    let (generated, wanted) = (module.join("countersign_ffi.py"), module.join("_native.py"));
    fs::rename(&generated, &wanted).map_err(XtaskError::file(&generated))?;
    if let Some(name) = library.file_name() {
        copy(&library, &module.join(name))?;
    }
    Ok(package)
}

/// Whether a file of the repository goes into the Python package.
fn is_packaged(name: &str) -> bool {
    name.strip_prefix(PYTHON).is_some_and(|name| name.starts_with('/') && !name.starts_with("/tests/"))
}

fn copy(from: &Path, to: &Path) -> Result<(), XtaskError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(XtaskError::file(folder))?;
    }
    fs::copy(from, to).map(drop).map_err(XtaskError::file(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_not_packaged() {
        assert!(is_packaged("bindings/python/src/countersign/__init__.py"));
        assert!(is_packaged("bindings/python/README.md"));
        assert!(!is_packaged("bindings/python/tests/test_path.py"));
        assert!(!is_packaged("bindings/pythonic/README.md"));
        assert!(!is_packaged("bindings/src/lib.rs"));
    }
}
