//! `cargo xtask size`: how large the library is that ships inside apps.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::{built::Built, command, error::XtaskError, workspace::Workspace};

/// Builds the library as mobile apps ship it, strips it, and tells its size with more and with less of its own.
///
/// A size above its target is a finding, never a failure. The first run takes minutes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// One way to build the library. Its target is that of docs/benchmarks.md.
struct Build {
    what: &'static str,
    features: &'static str,
    most_bytes: u64,
}

const BUILDS: &[Build] = &[
    Build { what: "with network and keyring", features: "client,keyring", most_bytes: 5_000_000 },
    Build { what: "with network, the host brings storage", features: "client", most_bytes: 5_000_000 },
    Build { what: "the host brings both", features: "", most_bytes: 2_500_000 },
];

const LIBRARY: &str = "countersign_ffi";

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let mut found = Vec::new();
    for build in BUILDS {
        found.push((build, measure(workspace, build)?));
    }
    if arguments.json {
        println!(
            "{}",
            json!({ "profile": "mobile", "builds": found.iter().map(as_json).collect::<Vec<_>>() })
        );
        return Ok(());
    }
    for (build, bytes) in found {
        let verdict = if bytes <= build.most_bytes { "yes" } else { "no" };
        let (size, target) = (megabytes(bytes), megabytes(build.most_bytes));
        println!("{:<46} {size} MB, target {target} MB, met: {verdict}", build.what);
    }
    Ok(())
}

/// The size of the stripped library, in bytes.
fn measure(workspace: &Workspace, build: &Build) -> Result<u64, XtaskError> {
    let mut cargo = workspace.cargo();
    cargo.args(["rustc", "--profile=mobile", "--package=countersign-ffi", "--crate-type=cdylib"]);
    cargo.args(["--no-default-features", "--features", build.features]);
    cargo.arg("--message-format=json-render-diagnostics");
    if cfg!(target_os = "linux") {
        // As the NDK links for the oldest Android that there is an adapter for.
        cargo.args(["--", "-Clink-arg=-Wl,--pack-dyn-relocs=relr"]);
    }
    let library = Built::from_messages(&command::capture(&mut cargo)?).library(LIBRARY)?;
    let stripped = library.with_extension("stripped");
    strip(&library, &stripped)?;
    let size = fs::metadata(&stripped).map_err(XtaskError::file(&stripped))?.len();
    fs::remove_file(&stripped).map_err(XtaskError::file(stripped))?;
    Ok(size)
}

/// Leaves only the symbols that a loader needs.
fn strip(library: &Path, stripped: &Path) -> Result<(), XtaskError> {
    let how_much = if cfg!(target_os = "macos") { "-x" } else { "--strip-all" };
    command::run(Command::new("strip").arg(how_much).arg("-o").arg(stripped).arg(library))
}

fn as_json((build, bytes): &(&Build, u64)) -> serde_json::Value {
    json!({
        "what": build.what,
        "features": build.features,
        "bytes": bytes,
        "most_bytes": build.most_bytes,
        "met": *bytes <= build.most_bytes,
    })
}

/// In millions of bytes, to two places.
fn megabytes(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_two_places() {
        assert_eq!(megabytes(2_500_000), "2.50");
        assert_eq!(megabytes(4_194_999), "4.19");
        assert_eq!(megabytes(4_195_000), "4.20");
        assert_eq!(megabytes(9_999), "0.01");
    }

    #[test]
    fn the_json_tells_whether_the_target_is_met() {
        let build = &BUILDS[1];
        assert_eq!(as_json(&(build, build.most_bytes))["met"], true);
        assert_eq!(as_json(&(build, build.most_bytes + 1))["met"], false);
    }
}
