//! The documentation says what the tree holds: its links lead somewhere, its lists are whole, its drawings are those of
//! the code, and the tests that it names are there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use countersign_server::http::routes::{self, Access};

const ROOT: &str = "..";

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).expect("a file of the repository is text")
}

/// All files of the repository with this ending, none that were built.
fn files(ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let built = name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.');
            if path.is_dir() && !built {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(ROOT), ending, &mut found);
    assert!(!found.is_empty(), "no .{ending} file");
    found
}

#[test]
fn every_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for file in files("md") {
        let text = read(&file);
        let folder = file.parent().expect("a file lies in a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains(':') && !folder.join(path).exists() {
                broken.push(format!("{}: {target}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_map_has_every_module_and_no_other() {
    // A module may be a file or a folder.
    fn stem(path: &str) -> &str {
        path.strip_suffix(".rs").unwrap_or(path)
    }
    let map = read(Path::new(ROOT).join("docs/ARCHITECTURE.md"));
    let (_, modules) = map.split_once("\n## Modules\n").expect("the modules are listed");
    let modules = modules.split("\n## ").next().unwrap_or_default();
    let rows = modules.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<&str> = rows.map(stem).collect();
    let is_there = |path: &str| Path::new(ROOT).join(path).exists();
    let gone: Vec<_> =
        listed.iter().filter(|path| !is_there(path) && !is_there(&format!("{path}.rs"))).collect();
    assert!(gone.is_empty(), "listed and not there: {gone:?}");

    let sources = [
        "protocol/src",
        "sdk-core/src",
        "server-stub/src",
        "bindings/src",
        "authenticator-app/src-tauri/src",
    ];
    for source in sources {
        for entry in fs::read_dir(Path::new(ROOT).join(source)).expect("a crate has sources").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{source}/{name}");
            let is_module = name != "lib.rs" && !name.ends_with("tests.rs");
            assert!(!is_module || listed.contains(stem(&path)), "{path} is not listed");
        }
    }
}

/// The Mermaid drawings of a text.
fn drawings(text: &str) -> Vec<String> {
    let parts = text.split("```mermaid\n").skip(1);
    parts.filter_map(|part| Some(part.split("\n```").next()?.to_owned())).collect()
}

/// What the comments of a source file say.
fn comments(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let line = line.trim_start();
        if let Some(comment) = line.strip_prefix("//!").or_else(|| line.strip_prefix("///")) {
            text.push_str(comment.strip_prefix(' ').unwrap_or(comment));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_state_machines_are_drawn_as_in_the_code() {
    let map = read(Path::new(ROOT).join("docs/ARCHITECTURE.md"));
    let (_, section) = map.split_once("\n## State machines\n").expect("the state machines are drawn");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut count = 0;
    for machine in section.split("\n### ").skip(1) {
        let path = machine.split('`').nth(1).expect("a machine names its file");
        let documented = drawings(machine);
        let drawn = drawings(&comments(&read(Path::new(ROOT).join(path))));
        assert_eq!(documented.len(), 1, "{path}");
        assert!(drawn.contains(&documented[0]), "{path} draws it otherwise:\n{}", drawn.join("\n\n"));
        count += 1;
    }
    let machine = |path: &PathBuf| drawings(&comments(&read(path)));
    let sources = files("rs");
    let all = sources.iter().flat_map(machine).filter(|it| it.starts_with("stateDiagram"));
    // That of the outcomes on the wire is the server's, seen from outside.
    assert_eq!(count, all.count() - 1, "a state machine is in the code and not in the map");
}

#[test]
fn the_routes_are_those_of_the_table() {
    let protocol = read(Path::new(ROOT).join("docs/protocol.md"));
    let (_, section) = protocol.split_once("\n## Routes\n").expect("the routes are listed");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows.map(str::to_owned).collect();
    let row = |route: &routes::Route| {
        let who = match route.access {
            Access::Anybody => "anybody",
            Access::Login => "login",
            Access::Session => "session",
            Access::Key => "key",
            Access::Device => "device",
            Access::SessionOrDevice => "session or device",
            Access::Qa => "QA",
        };
        format!("| `{} {}` | {who} | {} |", route.method, route.path, route.summary)
    };
    let table: BTreeSet<String> = routes::table(true).iter().map(row).collect();
    let missing: Vec<_> = table.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&table).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not documented: {missing:#?}\nnot there: {gone:#?}");
}

#[test]
fn the_threat_model_names_tests_that_are_there() {
    let sources: String = files("rs").iter().chain(&files("py")).map(read).collect();
    let model = read(Path::new(ROOT).join("docs/threat-model.md"));
    let mut count = 0;
    let rows = model.lines().filter(|line| line.starts_with('|'));
    for cell in rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next()) {
        for name in cell.split('`').skip(1).step_by(2) {
            let there = match name.strip_suffix(".patch") {
                Some(_) => Path::new(ROOT).join("tests/mutations").join(name).exists(),
                None => sources.contains(&format!("fn {name}(")) || sources.contains(&format!("def {name}(")),
            };
            assert!(there, "the threat model names {name}, which is not there");
            count += 1;
        }
    }
    assert!(count > 50, "only {count} tests are named");
}
