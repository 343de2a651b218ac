//! The golden vectors of `protocol/vectors`: one example of every signed message, and of the enrolment link.
//!
//! [`story`] says what they hold; [`maker`] signs them by RFC 6979, so that each run makes the same bytes, and spoils
//! them; [`check`] reads the files as any other implementation does.

mod check;
mod file;
mod links;
mod maker;
mod story;

use std::{collections::BTreeMap, fs, path::PathBuf};

/// Set to write the files anew after a deliberate change of the protocol.
const WRITE: &str = "COUNTERSIGN_WRITE_VECTORS";

#[test]
fn the_files_are_those_that_are_made_now() {
    let mut made = story::files();
    made.insert("enroll-uri.json".to_owned(), links::file());
    if std::env::var_os(WRITE).is_some() {
        for (name, text) in &made {
            fs::write(folder().join(name), text).unwrap();
        }
    }
    let there = read_all();
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&made), "files in {}", folder().display());
    for (name, text) in made {
        assert!(there[&name] == text, "{name} is stale; run this test alone with {WRITE}=1, read the change");
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// All vectors, by file name.
fn read_all() -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let vectors = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    vectors.map(name).map(|name| (name.clone(), read(&name))).collect()
}
