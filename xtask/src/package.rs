//! `cargo xtask package`: what is given to app developers, as far as this machine can make it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{bindings, built::Built, command, error::XtaskError, python, workspace::Workspace};

/// Makes the packages for apps, in target/packages, with the library of this machine, and says what is not in them.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// The modules of the Kotlin build that apps take.
const MODULES: &[&str] = &["countersign", ANDROID, "countersign-testing"];
const ANDROID: &str = "countersign-android";

pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), XtaskError> {
    let built = bindings::shipped(workspace)?;
    swift(workspace, &built)?;
    wheel(workspace, &built)?;
    jars(workspace, &built)
}

fn swift(workspace: &Workspace, built: &Built) -> Result<(), XtaskError> {
    let package = bindings::swift(workspace, built)?;
    let made = empty(workspace, "swift")?;
    // Onto the empty folder.
    fs::rename(&package, &made).map_err(XtaskError::file(&package))?;
    println!("{}: Swift package with the library of this machine", made.display());
    println!(
        "Not written yet: CountersignFFI.xcframework for iOS, its simulator and macOS; no command makes it, on a Mac \
         neither"
    );
    Ok(())
}

fn wheel(workspace: &Workspace, built: &Built) -> Result<(), XtaskError> {
    if command::find("python3").is_none() {
        println!("Not made: the Python wheel, because there is no python3");
        return Ok(());
    }
    let package = bindings::python(workspace, built)?;
    let made = empty(workspace, "python")?;
    command::run(
        Command::new(python::environment(workspace)?)
            .args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .arg("--wheel-dir")
            .arg(&made)
            .arg(package),
    )?;
    println!("{}: Python wheel for this platform", made.display());
    Ok(())
}

fn jars(workspace: &Workspace, built: &Built) -> Result<(), XtaskError> {
    if !bindings::kotlin_can_be_built() {
        println!(
            "Not made: the jars, because there is no JDK or no Maven; `cargo xtask setup` installs them"
        );
        return Ok(());
    }
    let project = bindings::kotlin(workspace, built)?;
    command::run(
        Command::new("mvn")
            .args(["--batch-mode", "--no-transfer-progress", "--quiet", "--also-make", "-DskipTests"])
            .arg("--projects")
            .arg(MODULES.join(","))
            .arg("--file")
            .arg(&project)
            .arg("package"),
    )?;
    let made = empty(workspace, "kotlin")?;
    for module in MODULES {
        for jar in jars_in(&project.join(module).join("target"))? {
            bindings::copy(&jar, &made.join(jar.file_name().unwrap_or_default()))?;
            if *module == ANDROID {
                aar(&project.join(module), &jar, &made)?;
            }
        }
    }
    println!(
        "{}: jars, with the library of this machine in that of countersign; AAR of {ANDROID}",
        made.display()
    );
    println!(
        "Not written yet: the AAR with the library for arm64-v8a and x86_64; no command makes it, with the NDK \
         neither; bindings/kotlin/README.md says how an app builds it"
    );
    Ok(())
}

/// The jar of an Android module with what the build of an app takes from it: the oldest system, and what R8 must keep.
fn aar(module: &Path, jar: &Path, made: &Path) -> Result<(), XtaskError> {
    let layout = module.join("target/aar");
    bindings::copy(jar, &layout.join("classes.jar"))?;
    for part in ["AndroidManifest.xml", "proguard.txt"] {
        bindings::copy(&module.join("src/main").join(part), &layout.join(part))?;
    }
    let archive = made.join(jar.with_extension("aar").file_name().unwrap_or_default());
    command::run(
        Command::new("jar")
            .args(["--create", "--no-manifest", "--file"])
            .arg(archive)
            .arg("-C")
            .arg(&layout)
            .arg("."),
    )
}

fn jars_in(folder: &Path) -> Result<Vec<PathBuf>, XtaskError> {
    let mut jars = Vec::new();
    for entry in fs::read_dir(folder).map_err(XtaskError::file(folder))? {
        let path = entry.map_err(XtaskError::file(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "jar") {
            jars.push(path);
        }
    }
    Ok(jars)
}

/// A folder of target/packages without what an earlier run made.
fn empty(workspace: &Workspace, language: &str) -> Result<PathBuf, XtaskError> {
    let folder = workspace.target().join("packages").join(language);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(XtaskError::file(&folder))?;
    }
    fs::create_dir_all(&folder).map_err(XtaskError::file(&folder))?;
    Ok(folder)
}
