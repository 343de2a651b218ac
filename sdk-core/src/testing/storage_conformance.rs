//! What every [`SecureStorage`] does.

#![expect(clippy::unwrap_used, reason = "these are tests: they fail by panicking")]

use crate::ports::SecureStorage;

/// Runs all cases on an empty storage, which `open` opens each time anew. Leaves it empty.
pub fn run(open: &dyn Fn() -> Box<dyn SecureStorage>) {
    what_was_set_is_there_when_opened_again(open);
    names_are_apart(open);
    every_value_that_is_allowed_comes_back_unchanged(open);
    removing_what_is_not_there_is_no_error(open);
}

fn what_was_set_is_there_when_opened_again(open: &dyn Fn() -> Box<dyn SecureStorage>) {
    assert_eq!(open().get("a").unwrap(), None);
    open().set("a", "1").unwrap();
    assert_eq!(open().get("a").unwrap().as_deref(), Some("1"));
    open().set("a", "2").unwrap();
    assert_eq!(open().get("a").unwrap().as_deref(), Some("2"));
    open().remove("a").unwrap();
    assert_eq!(open().get("a").unwrap(), None);
}

fn names_are_apart(open: &dyn Fn() -> Box<dyn SecureStorage>) {
    let storage = open();
    let names = ["a", "A", "a.b", "vault.0123456789abcdef.slot"];
    for name in names {
        storage.set(name, &format!("value of {name}")).unwrap();
    }
    storage.remove("a").unwrap();
    for name in &names[1..] {
        assert_eq!(storage.get(name).unwrap(), Some(format!("value of {name}")));
        storage.remove(name).unwrap();
    }
}

fn every_value_that_is_allowed_comes_back_unchanged(open: &dyn Fn() -> Box<dyn SecureStorage>) {
    let all: String = (b' '..=b'~').map(char::from).collect();
    for value in ["", " ", &all, &"x".repeat(2048)] {
        open().set("a", value).unwrap();
        assert_eq!(open().get("a").unwrap().as_deref(), Some(value));
    }
    open().remove("a").unwrap();
}

fn removing_what_is_not_there_is_no_error(open: &dyn Fn() -> Box<dyn SecureStorage>) {
    open().remove("a").unwrap();
    open().remove("a").unwrap();
}
