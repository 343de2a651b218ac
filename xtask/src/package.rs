//! `cargo xtask package`: what is given to app developers, as far as this machine can make it.

use std::{
    env::consts::DLL_SUFFIX,
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
/// That of all packages.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), XtaskError> {
    let built = bindings::shipped(workspace)?;
    swift(workspace, &built)?;
    wheel(workspace, &built)?;
    kotlin(workspace, &built)
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

/// The wheel, which is unpacked and imported: loading the library checks that it is the one of the code around it.
fn wheel(workspace: &Workspace, built: &Built) -> Result<(), XtaskError> {
    if command::find("python3").is_none() {
        println!("Not made: the Python wheel, because there is no python3");
        return Ok(());
    }
    let package = bindings::python(workspace, built)?;
    let interpreter = python::environment(workspace)?;
    let made = empty(workspace, "python")?;
    command::run(
        Command::new(&interpreter)
            .args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .arg("--wheel-dir")
            .arg(&made)
            .arg(package),
    )?;
    let wheel = only_file(&made)?;
    let zip = |what: &str| {
        let mut zip = Command::new(&interpreter);
        zip.args(["-m", "zipfile", what]).arg(&wheel);
        zip
    };
    holds(&wheel, &command::capture(&mut zip("--list"))?, &["_native.py", "py.typed", DLL_SUFFIX])?;
    let unpacked = workspace.target().join("packages/python-unpacked");
    command::run(zip("--extract").arg(&unpacked))?;
    command::run(Command::new(&interpreter).args(["-c", "import countersign"]).env("PYTHONPATH", &unpacked))?;
    fs::remove_dir_all(&unpacked).map_err(XtaskError::file(&unpacked))?;
    println!("{}: Python wheel for this platform and its C library", wheel.display());
    Ok(())
}

/// A Maven repository of the modules. Their tests load the library that is in it.
fn kotlin(workspace: &Workspace, built: &Built) -> Result<(), XtaskError> {
    if !bindings::kotlin_can_be_built() {
        println!(
            "Not made: the jars, because there is no JDK or no Maven; `cargo xtask setup` installs them"
        );
        return Ok(());
    }
    let project = bindings::kotlin(workspace, built)?;
    let made = empty(workspace, "kotlin")?;
    let maven = || {
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--no-transfer-progress", "--quiet", "--file"]).arg(&project);
        maven
    };
    command::run(
        maven()
            .args(["--also-make", "--projects", &MODULES.join(","), "-Dmaven.install.skip=true", "deploy"])
            .arg(format!("-DaltDeploymentRepository=packages::file://{}", made.display())),
    )?;
    let (archive, pom) = aar(&project.join(ANDROID))?;
    command::run(
        maven()
            .args(["--non-recursive", "deploy:deploy-file", "-DrepositoryId=packages", "-Dpackaging=aar"])
            .arg(format!("-Durl=file://{}", made.display()))
            .arg(format!("-Dfile={}", archive.display()))
            .arg(format!("-DpomFile={}", pom.display())),
    )?;
    let group = made.join("dev/countersign");
    let file = |module: &str, ending: &str| {
        group.join(module).join(VERSION).join(format!("{module}-{VERSION}.{ending}"))
    };
    for module in MODULES {
        let (ending, wanted): (_, &[&str]) = match *module {
            ANDROID => ("aar", &["classes.jar", "AndroidManifest.xml", "proguard.txt"]),
            "countersign" => ("jar", &[DLL_SUFFIX]),
            _ => ("jar", &[]),
        };
        let archive = file(module, ending);
        let listing = command::capture(Command::new("jar").args(["--list", "--file"]).arg(&archive))?;
        holds(&archive, &listing, wanted)?;
    }
    println!(
        "{}: Maven repository, with the library of this machine in the jar of countersign, and {ANDROID} as an AAR",
        made.display()
    );
    println!(
        "Not written yet: the AAR with the library for arm64-v8a and x86_64; no command makes it, with the NDK \
         neither; bindings/kotlin/README.md says how an app builds it"
    );
    Ok(())
}

/// The jar of an Android module with what the build of an app takes from it: the oldest system, and what R8 must keep.
/// And its POM, which says that it is none.
fn aar(module: &Path) -> Result<(PathBuf, PathBuf), XtaskError> {
    let target = module.join("target");
    let layout = target.join("aar");
    bindings::copy(&target.join(format!("{ANDROID}-{VERSION}.jar")), &layout.join("classes.jar"))?;
    for part in ["AndroidManifest.xml", "proguard.txt"] {
        bindings::copy(&module.join("src/main").join(part), &layout.join(part))?;
    }
    for licence in bindings::LICENCES {
        bindings::copy(&module.join("..").join(licence), &layout.join(licence))?;
    }
    let archive = target.join(format!("{ANDROID}-{VERSION}.aar"));
    command::run(
        Command::new("jar")
            .args(["--create", "--no-manifest", "--file"])
            .arg(&archive)
            .arg("-C")
            .arg(&layout)
            .arg("."),
    )?;
    let (pom, adapted) = (module.join("pom.xml"), target.join("aar.pom"));
    let text = fs::read_to_string(&pom).map_err(XtaskError::file(&pom))?;
    fs::write(&adapted, packaged_as_aar(&text)).map_err(XtaskError::file(&adapted))?;
    Ok((archive, adapted))
}

/// The POM of the module, so that builds of apps look for an AAR.
fn packaged_as_aar(pom: &str) -> String {
    let name = format!("<artifactId>{ANDROID}</artifactId>");
    pom.replacen(&name, &format!("{name}\n  <packaging>aar</packaging>"), 1)
}

/// Whether a package has these files, each told by the end of its name, and the licences.
fn holds(package: &Path, listing: &str, wanted: &[&'static str]) -> Result<(), XtaskError> {
    // The listing of a wheel has date and size behind each name.
    let names: Vec<_> = listing.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let lacking =
        wanted.iter().chain(bindings::LICENCES).find(|end| !names.iter().any(|name| name.ends_with(**end)));
    match lacking {
        Some(what) => Err(XtaskError::Lacks { package: package.to_path_buf(), what }),
        None => Ok(()),
    }
}

/// The file that was put into a folder that was empty.
fn only_file(folder: &Path) -> Result<PathBuf, XtaskError> {
    let mut files = fs::read_dir(folder).map_err(XtaskError::file(folder))?;
    let file = files.next().ok_or(XtaskError::Lacks { package: folder.to_path_buf(), what: "any file" })?;
    Ok(file.map_err(XtaskError::file(folder))?.path())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_of_the_android_module_says_that_it_is_an_aar() {
        let pom = include_str!("../../bindings/kotlin/countersign-android/pom.xml");
        let adapted = packaged_as_aar(pom);
        assert!(adapted.contains(
            "</parent>\n  <artifactId>countersign-android</artifactId>\n  <packaging>aar</packaging>"
        ));
        assert_eq!(adapted.matches("<packaging>").count(), 1);
    }

    #[test]
    fn a_package_without_what_belongs_there_is_an_error() {
        let listing = "x/libany.so 2026-01-01 00:00:00 1\nx/LICENSE-MIT\nx/LICENSE-APACHE\n";
        assert!(holds(Path::new("a.whl"), listing, &["libany.so"]).is_ok());
        let error = holds(Path::new("a.whl"), listing, &["py.typed"]).unwrap_err();
        assert!(error.to_string().starts_with("a.whl lacks py.typed"), "{error}");
        let unlicensed = holds(Path::new("a.jar"), "libany.so\nLICENSE-MIT\n", &[]).unwrap_err();
        assert!(unlicensed.to_string().contains("LICENSE-APACHE"), "{unlicensed}");
    }
}
