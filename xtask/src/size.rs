//! `cargo xtask size`: how large the library is that ships inside apps.

use std::fs;

use serde_json::json;

use crate::{bindings, built::Built, error::XtaskError, workspace::Workspace};

/// Builds the library as apps carry it, strips it, and tells its size with more and with less of its own.
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
    link: &'static [&'static str],
    most_bytes: u64,
}

const BUILDS: &[Build] = &[
    // That of the packages.
    Build { what: "with network and keyring", features: bindings::DESKTOP, link: &[], most_bytes: 5_000_000 },
    Build {
        what: "with network, the host brings storage",
        features: "client",
        link: AS_THE_NDK,
        most_bytes: 5_000_000,
    },
    Build { what: "the host brings both", features: "", link: AS_THE_NDK, most_bytes: 2_500_000 },
];

/// As the NDK links for the oldest Android that there is an adapter for. Older loaders of Linux cannot read this.
const AS_THE_NDK: &[&str] =
    if cfg!(target_os = "linux") { &["-Clink-arg=-Wl,--pack-dyn-relocs=relr"] } else { &[] };

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
    let library = Built::for_apps(workspace, bindings::PACKAGE, build.features, build.link)?;
    let stripped = library.carry(bindings::LIBRARY, &workspace.target().join("size"))?;
    Ok(fs::metadata(&stripped).map_err(XtaskError::file(stripped))?.len())
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
