//! The dependency rule: `protocol ← sdk-core ← {bindings, authenticator-app, examples}` and `protocol ← server-stub`, nothing else.
//! The server and the SDK share the wire contract alone, so that when they agree, two implementations agree.

#![allow(clippy::expect_used, reason = "a test may stop at what it cannot read")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const PROTOCOL: &str = "countersign-protocol";
const SDK: &str = "countersign";
const SERVER: &str = "countersign-server";

/// The members that a member, named by its folder and package, may depend on; `None` is any.
fn allowed(folder: &str, package: &str) -> Option<&'static [&'static str]> {
    match (folder.split('/').next(), package) {
        (Some("tests"), _) => None,
        (Some("bindings" | "examples" | "authenticator-app"), _) => Some(&[SDK, PROTOCOL]),
        (_, SDK | SERVER) => Some(&[PROTOCOL]),
        _ => Some(&[]),
    }
}

/// What is wrong with the edges of a member, one sentence each.
fn forbidden_edges<'a>(
    folder: &str,
    package: &str,
    members: &[&str],
    dependencies: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let Some(allowed) = allowed(folder, package) else { return Vec::new() };
    dependencies
        .filter(|dependency| members.contains(dependency) && !allowed.contains(dependency))
        .map(|dependency| {
            format!("{package} ({folder}) depends on {dependency}, but of the workspace it may use only {allowed:?}")
        })
        .collect()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .other_options(vec!["--frozen".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// Declared dependencies, for every platform and every feature; those of tests alone are free.
fn shipped(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
}

#[test]
fn no_member_depends_on_one_it_must_not_know() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let members: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert!(
        members.contains(&SDK) && members.contains(&SERVER) && members.contains(&PROTOCOL),
        "{members:?}"
    );
    let broken: Vec<String> = packages
        .iter()
        .flat_map(|package| {
            let folder =
                package.manifest_path.strip_prefix(&metadata.workspace_root).expect("a member is inside");
            forbidden_edges(folder.as_str(), package.name.as_str(), &members, shipped(package))
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_rule_names_the_edge_it_forbids() {
    let members = [PROTOCOL, SDK, SERVER, "xtask"];
    let edges = |folder, package, dependency| {
        forbidden_edges(folder, package, &members, [dependency, "serde"].into_iter())
    };
    assert!(edges("server-stub", SERVER, PROTOCOL).is_empty());
    assert!(edges("tests", "countersign-tests", SERVER).is_empty());
    assert!(edges("examples/demo", "countersign-demo", SDK).is_empty());
    for (folder, package, dependency) in [
        ("server-stub", SERVER, SDK),
        ("sdk-core", SDK, SERVER),
        ("protocol", PROTOCOL, SDK),
        ("bindings", "countersign-ffi", SERVER),
        ("examples/demo", "countersign-demo", SERVER),
        ("authenticator-app/src-tauri", "countersign-authenticator", SERVER),
        ("xtask", "xtask", PROTOCOL),
    ] {
        let sentences = edges(folder, package, dependency);
        assert_eq!(sentences.len(), 1, "{package} → {dependency}");
        assert!(
            sentences[0].starts_with(&format!("{package} ({folder}) depends on {dependency},")),
            "{sentences:?}"
        );
    }
}

/// The names of all that a crate is built from, itself first, with every feature.
fn closure(package: &str) -> Vec<String> {
    let tree = Command::new(std::env::var_os("CARGO").expect("cargo runs this test"))
        .args([
            "tree",
            "--frozen",
            "--all-features",
            "--edges=normal,build",
            "--prefix=none",
            "--format={p}",
            "--package",
        ])
        .arg(package)
        .output()
        .expect("cargo tree");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8_lossy(&tree.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_path_leads_where_it_must_not() {
    for (package, unwanted) in
        [(SDK, ["uniffi", "uniffi_core", "tauri"]), (SERVER, [SDK, "uniffi_core", "tauri"])]
    {
        let closure = closure(package);
        assert_eq!(closure.first().map(String::as_str), Some(package), "the tree begins with its root");
        for name in unwanted {
            let found = closure.iter().any(|found| found == name);
            assert!(
                !found,
                "a path leads from {package} to {name}; `cargo tree -p {package} --all-features` shows it"
            );
        }
    }
}

#[test]
fn the_domain_knows_neither_http_nor_sql() {
    let domain = Path::new("../server-stub/src/domain");
    let files = rust_files(domain);
    assert!(!files.is_empty(), "the server's rules live in {}", domain.display());
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is text");
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let mut words = code.split(|character: char| !character.is_alphanumeric() && character != '_');
            let unwanted = words.find(|word| ["axum", "http", "sqlx"].contains(word));
            let place = format!("{}:{number}", file.display());
            assert_eq!(unwanted, None, "{place}: the domain knows neither HTTP nor SQL");
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}
