//! The golden vectors of `protocol/vectors`: one example of every signed message, of the enrolment link, and of pairs
//! of fingerprints.
//!
//! [`story`] says what they hold; [`maker`] signs them by RFC 6979, so that each run makes the same bytes, and spoils
//! them; [`check`] reads the files as any other implementation does.

mod check;
mod file;
mod likeness;
mod links;
mod maker;
mod story;

use std::{fs, path::PathBuf};

/// Set to write the files anew after a deliberate change of the protocol.
const WRITE: &str = "COUNTERSIGN_WRITE_VECTORS";
const LINKS: &str = "enroll-uri.json";
const LIKENESS: &str = "similarity.json";

#[test]
fn the_files_are_those_that_are_made_now() {
    let mut made = story::files();
    made.insert(LINKS.to_owned(), links::file());
    made.insert(LIKENESS.to_owned(), likeness::file());
    if std::env::var_os(WRITE).is_some() {
        for (name, text) in &made {
            fs::write(folder().join(name), text).unwrap();
        }
    }
    let (there, names) =
        (messages(), made.keys().filter(|name| ![LINKS, LIKENESS].contains(&name.as_str())).cloned());
    assert_eq!(there, names.collect::<Vec<_>>(), "signed messages in {}", folder().display());
    for (name, text) in made {
        assert!(read(&name) == text, "{name} is stale; run this test alone with {WRITE}=1, read the change");
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// The files that hold a signed message, in order of their names.
fn messages() -> Vec<String> {
    let names =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| read(name).contains(r#""jws": "#)).collect();
    names.sort();
    names
}
