//! `cargo xtask rules`: the house rules that a program can check. The crate graph has its own test in `tests/`.

use std::fs;

use crate::{error::XtaskError, workspace::Workspace};

/// Checks the house rules that need no judgement: length of files, empty names, ignored tests, machine paths and
/// package hosts.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// One place that breaks a rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Breach {
    /// 1-based; 0 is the file itself.
    line: usize,
    rule: String,
}

const SOURCES: &[&str] = &["rs", "py", "kt", "swift", "ts", "svelte"];
const MAX_LINES: usize = 400;
/// Endings that say nothing about what a thing is.
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Service", "Data", "Info"];
const DECLARATIONS: &[&str] = &["struct", "enum", "trait", "type", "class", "interface", "protocol", "actor"];

// The patterns are put together here, so that this file does not break its own rules.
const IGNORED_TEST: &str = concat!("#[ig", "nore");
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
const PACKAGE_HOSTS: &[&str] = &[
    concat!("deb.", "debian.org"),
    concat!("registry.", "npmjs.org"),
    concat!("static.", "crates.io"),
    concat!("files.", "pythonhosted.org"),
    concat!("pypi.", "org/simple"),
    concat!("repo.", "maven.apache.org"),
    concat!("repo1.", "maven.org"),
];

pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), XtaskError> {
    let mut count = 0;
    for file in workspace.files()? {
        let path = workspace.path(&file);
        let bytes = fs::read(&path).map_err(XtaskError::file(&path))?;
        // Pictures and databases have no lines.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for breach in breaches(&file, &text) {
            println!("{file}:{}: {}", breach.line, breach.rule);
            count += 1;
        }
    }
    if count == 0 { Ok(()) } else { Err(XtaskError::Findings { count, what: "breaches of the house rules" }) }
}

/// What a file breaks, by its path and its text.
fn breaches(path: &str, text: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    let is_source = path.rsplit_once('.').is_some_and(|(_, ending)| SOURCES.contains(&ending));
    let lines = text.lines().count();
    // What is generated is as long as what it is made from.
    if is_source && !path.contains(".generated.") && lines > MAX_LINES {
        found.push(Breach {
            line: 0,
            rule: format!("{lines} lines: split it by what it holds ({MAX_LINES} at most)"),
        });
    }
    // Lock files name where packages came from; cargo wrote this one.
    let is_lock = path.ends_with("Cargo.lock");
    for (number, line) in (1..).zip(text.lines()) {
        let mut breach = |rule: String| found.push(Breach { line: number, rule });
        if is_source {
            if let Some(name) = empty_name(line) {
                breach(format!("the name {name} says nothing: call it what it is"));
            }
            if line.contains(IGNORED_TEST) {
                breach("an ignored test: mend it or delete it".to_owned());
            }
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            breach(format!("a path of one machine ({path}…)"));
        }
        if let Some(host) = PACKAGE_HOSTS.iter().find(|host| line.contains(**host)).filter(|_| !is_lock) {
            breach(format!("a package host ({host}): take it from the system configuration"));
        }
    }
    found
}

/// The name declared on a line, if it ends in a word that says nothing.
fn empty_name(line: &str) -> Option<&str> {
    if line.trim_start().starts_with(['/', '#', '*']) {
        return None;
    }
    let mut words = line.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.find(|word| DECLARATIONS.contains(word))?;
    let name = words.next()?;
    EMPTY_NAMES.iter().any(|ending| name.ends_with(ending)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<usize> {
        breaches(path, text).into_iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn a_source_of_400_lines_passes_and_one_of_401_does_not() {
        assert!(rules("src/lib.rs", &"//\n".repeat(400)).is_empty());
        assert_eq!(rules("src/lib.rs", &"//\n".repeat(401)), [0]);
        assert_eq!(rules("App.svelte", &"//\n".repeat(401)), [0]);
        assert!(rules("types.generated.ts", &"//\n".repeat(401)).is_empty());
        assert!(rules("data.json", &"1\n".repeat(401)).is_empty());
    }

    #[test]
    fn names_that_say_nothing_are_found_where_they_are_declared() {
        let declared =
            concat!("pub(crate) struct Key", "Manager;\nenum Colour {}\nstruct Device", "Info<T>(T);");
        assert_eq!(rules("a.rs", declared), [1, 3]);
        assert_eq!(rules("a.kt", concat!("class Push", "Helper {")), [1]);
        assert!(
            rules("a.rs", concat!("let x: KeyManager = y;\n// the struct Key", "Manager\nstruct Metadata;"))
                .is_empty()
        );
        assert!(rules("a.md", concat!("struct Key", "Manager")).is_empty());
    }

    #[test]
    fn ignored_tests_machine_paths_and_package_hosts_are_found() {
        assert_eq!(rules("a.rs", &format!("\n{IGNORED_TEST} = \"slow\"]")), [2]);
        assert_eq!(rules("README.md", &format!("see {}me/x", MACHINE_PATHS[0])), [1]);
        assert_eq!(rules("setup.sh", &format!("curl https://{}/x", PACKAGE_HOSTS[0])), [1]);
        assert!(rules("Cargo.lock", PACKAGE_HOSTS[2]).is_empty());
    }

    #[test]
    fn this_file_keeps_its_own_rules() {
        assert_eq!(breaches("xtask/src/rules.rs", include_str!("rules.rs")), []);
    }
}
