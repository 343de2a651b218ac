//! `cargo xtask package`: what is given to app developers, as far as this machine can make it.

use std::fs;

use crate::{
    bindings,
    built::{Built, Profile},
    command,
    error::XtaskError,
    workspace::Workspace,
};

/// Makes the packages to publish, in target/packages, and says what could not be made here and why.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// The platforms of an `XCFramework`: what it calls them, and Rust's names of what is in each.
const APPLE: &[(&str, &[&str])] = &[
    ("ios-arm64", &["aarch64-apple-ios"]),
    ("ios-arm64_x86_64-simulator", &["aarch64-apple-ios-sim", "x86_64-apple-ios"]),
    ("macos-arm64_x86_64", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];

pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), XtaskError> {
    let built = Built::new(workspace, Profile::Release, bindings::PACKAGES)?;
    let package = bindings::swift(workspace, &built)?;
    let made = workspace.target().join("packages/swift");
    if made.exists() {
        fs::remove_dir_all(&made).map_err(XtaskError::file(&made))?;
    }
    fs::create_dir_all(workspace.target().join("packages")).map_err(XtaskError::file(&made))?;
    fs::rename(&package, &made).map_err(XtaskError::file(&package))?;
    println!("{}: Swift package with the library of this machine", made.display());
    if command::find("xcodebuild").is_none() {
        let slices: Vec<_> =
            APPLE.iter().map(|(slice, targets)| format!("{slice} ({})", targets.join(", "))).collect();
        println!(
            "Not made: CountersignFFI.xcframework with {}: it needs a Mac with Xcode",
            slices.join("; ")
        );
    }
    Ok(())
}
