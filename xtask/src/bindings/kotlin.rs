//! The Kotlin package: a Maven build of the jars, with the library where JNA looks for it.

use std::{
    env::consts::{ARCH, OS},
    fs,
    path::PathBuf,
};

use super::{LIBRARY, gather, generate};
use crate::{built::Built, command, error::XtaskError, workspace::Workspace};

/// The module that holds the library and the code around it.
const MODULE: &str = "countersign";
/// The module whose tests run the quick start of the README, and which has what is measured.
pub(crate) const TESTS: &str = "countersign-tests";

/// Puts the build together, its tests included, and tells where it is.
pub(crate) fn kotlin(workspace: &Workspace, built: &Built) -> Result<PathBuf, XtaskError> {
    let package = gather(workspace, "kotlin", |_| true)?;
    let module = package.join(MODULE).join("src/generated");
    generate(workspace, built, "kotlin", &module.join("kotlin"))?;
    built.carry(LIBRARY, &module.join("resources").join(platform(OS, ARCH)))?;
    let readme = package.join("README.md");
    let text = fs::read_to_string(&readme).map_err(XtaskError::file(&readme))?;
    let program = package.join(TESTS).join("src/generated/kotlin");
    fs::create_dir_all(&program).map_err(XtaskError::file(&program))?;
    let program = program.join("QuickStart.kt");
    fs::write(&program, quick_start(&text)).map_err(XtaskError::file(&program))?;
    Ok(package)
}

/// Whether the tools of its build are there.
pub(crate) fn kotlin_can_be_built() -> bool {
    ["javac", "mvn"].iter().all(|program| command::find(program).is_some())
}

/// The first block of Kotlin: a program, which the tests compile and run.
fn quick_start(readme: &str) -> &str {
    let block = readme.split_once("```kotlin\n").and_then(|(_, rest)| rest.split_once("```\n"));
    block.map_or("", |(program, _)| program)
}

/// The folder of a jar in which JNA looks for libraries of a system, such as `linux-x86-64`.
fn platform(os: &str, arch: &str) -> String {
    let os = match os {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    format!("{os}-{}", arch.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_start_is_the_first_block_of_kotlin() {
        let readme =
            "# Title\n```xml\n<a/>\n```\n```kotlin\nfun main() {\n}\n```\n```kotlin\nval other = 1\n```\n";
        assert_eq!(quick_start(readme), "fun main() {\n}\n");
        assert_eq!(quick_start("none"), "");
    }

    #[test]
    fn the_library_goes_where_jna_looks() {
        assert_eq!(platform("linux", "x86_64"), "linux-x86-64");
        assert_eq!(platform("macos", "aarch64"), "darwin-aarch64");
        assert_eq!(platform("windows", "x86_64"), "win32-x86-64");
    }
}
