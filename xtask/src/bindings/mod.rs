//! `cargo xtask bindings`: the library and its packages for other languages, one file a language.

mod kotlin;
mod python;
mod swift;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;

use crate::{
    built::{Built, Profile},
    command,
    error::XtaskError,
    workspace::Workspace,
};
pub(crate) use {
    kotlin::{TESTS as KOTLIN_TESTS, kotlin, kotlin_can_be_built},
    python::python,
    swift::{swift, swift_command},
};

/// Builds the library and the packages around it, ready to be installed.
///
/// A package is put together in the target folder, under `bindings`, from the sources in this repository, the
/// generated code and the library. None of the latter two is ever committed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For which language; without it, for all
    #[arg(long)]
    language: Option<Language>,
    /// Build the library as apps carry it, which takes minutes
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Kotlin,
    Python,
    Swift,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let built = if arguments.release {
        shipped(workspace)?
    } else {
        Built::new(workspace, Profile::Debug, PACKAGES)?
    };
    let languages = arguments.language.map_or_else(|| Language::value_variants().to_vec(), |one| vec![one]);
    for language in languages {
        match language {
            Language::Kotlin => {
                let package = kotlin(workspace, &built)?;
                println!("{0}: install it by `mvn -f {0} install -DskipTests`", package.display());
            }
            Language::Python => {
                let package = python(workspace, &built)?;
                println!(
                    "{0}: install it into an environment by `python3 -m pip install {0}`",
                    package.display()
                );
            }
            Language::Swift => {
                let package = swift(workspace, &built)?;
                println!(
                    "{}: depend on it by its path, and link with its lib, as its README shows",
                    package.display()
                );
            }
        }
    }
    Ok(())
}

/// The library and its package.
pub(crate) const LIBRARY: &str = "countersign_ffi";
pub(crate) const PACKAGE: &str = "countersign-ffi";
const GENERATOR: &str = "countersign-bindgen";
/// What is to be built before a package can be put together: the library, and what writes the code around it.
pub(crate) const PACKAGES: &[&str] = &[PACKAGE, GENERATOR];
/// What the library of a desktop does by itself; that of a phone has no keyring.
pub(crate) const DESKTOP: &str = "client,keyring";

/// What packages for apps are put together from, on this machine.
pub(crate) fn shipped(workspace: &Workspace) -> Result<Built, XtaskError> {
    let generator = Built::new(workspace, Profile::Debug, &[GENERATOR])?;
    Ok(Built::for_apps(workspace, PACKAGE, DESKTOP, &[])?.and(generator))
}

/// The licences, which every package has.
pub(crate) const LICENCES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT"];

/// A folder under `target/bindings` with the sources of one language, and nothing of an earlier time.
///
/// `packaged` says of a file's name, relative to the sources, whether it belongs there.
fn gather(
    workspace: &Workspace,
    language: &str,
    packaged: impl Fn(&str) -> bool,
) -> Result<PathBuf, XtaskError> {
    let package = workspace.target().join("bindings").join(language);
    if package.exists() {
        fs::remove_dir_all(&package).map_err(XtaskError::file(&package))?;
    }
    let sources = format!("bindings/{language}/");
    for file in workspace.files()? {
        if let Some(name) = file.strip_prefix(&sources).filter(|name| packaged(name)) {
            copy(&workspace.path(&file), &package.join(name))?;
        }
    }
    for licence in LICENCES {
        copy(&workspace.path(licence), &package.join(licence))?;
    }
    let readme = package.join("README.md");
    let text = fs::read_to_string(&readme).map_err(XtaskError::file(&readme))?;
    fs::write(&readme, from_anywhere(&text)).map_err(XtaskError::file(&readme))?;
    Ok(package)
}

/// A README whose links out of its package lead to the repository.
fn from_anywhere(readme: &str) -> String {
    readme.replace("](../../", concat!("](", env!("CARGO_PKG_REPOSITORY"), "/blob/main/"))
}

/// Writes the code around the library into a folder.
fn generate(workspace: &Workspace, built: &Built, language: &str, into: &Path) -> Result<(), XtaskError> {
    // It lists the files that it writes, which are few and known.
    command::capture(
        Command::new(built.program(GENERATOR)?)
            .args(["--language", language, "--library"])
            .arg(built.library(LIBRARY)?)
            .arg("--config")
            .arg(workspace.path("uniffi.toml"))
            .arg("--out-dir")
            .arg(into),
    )
    .map(drop)
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), XtaskError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(XtaskError::file(folder))?;
    }
    fs::copy(from, to).map(drop).map_err(XtaskError::file(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_a_package_lead_to_the_repository() {
        let readme = "[Countersign](../../README.md), [ports](#ports)";
        let wanted = "[Countersign](https://github.com/countersign-mfa/countersign/blob/main/README.md), [ports](#ports)";
        assert_eq!(from_anywhere(readme), wanted);
    }
}
