//! On a real Secret Service: gnome-keyring on a bus of its own, with nothing of the machine's user in reach. Each test
//! runs itself a second time there, because a process looks for its keyring once.

#![allow(clippy::unwrap_used)]

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use super::*;
use crate::testing::storage_conformance;

const INSIDE: &str = "COUNTERSIGN_TEST_KEYRING";
const APPLICATION: &str = "com.example.keyring-test";
/// The name of a value from an earlier session.
const KEPT: &str = "kept";
const UNLOCKED: &str = "printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
/// A keyring that was made in an earlier session, and that nobody has unlocked in this one.
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null";

/// A user's folders, empty at first.
struct User(tempfile::TempDir);

impl User {
    /// Nobody where gnome-keyring is not installed: the tests say so then, and fail on CI.
    fn new() -> Option<Self> {
        let installed = |program: &str| {
            env::split_paths(&env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
        };
        if installed("dbus-run-session") && installed("gnome-keyring-daemon") {
            return Some(Self(tempfile::tempdir().unwrap()));
        }
        assert!(
            !env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false")),
            "gnome-keyring and dbus are needed; `cargo xtask setup` installs them"
        );
        eprintln!("skipped: gnome-keyring or dbus is not installed");
        None
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = |name: &str| {
            let folder = self.0.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            folder
        };
        command
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", folder("home"))
            // One for each session: a daemon of an earlier one would be found through it.
            .env("XDG_RUNTIME_DIR", tempfile::tempdir_in(&self.0).unwrap().keep())
            .env("XDG_DATA_HOME", folder("share"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a test of this module in a session that was prepared so.
    fn run_in_session(&self, prepare: &str, test: &str) {
        let script = format!(
            "{prepare} && exec \"$0\" --exact ports::secure_storage::system::tests::{test} --nocapture"
        );
        let mut session = self.command("dbus-run-session");
        session.args(["--", "sh", "-c", &script]).arg(env::current_exe().unwrap());
        succeed(session.env(INSIDE, "1"));
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

#[test]
fn an_unlocked_keyring_is_ready_and_does_what_every_storage_does() {
    const NAME: &str = "an_unlocked_keyring_is_ready_and_does_what_every_storage_does";
    if is_inside() {
        assert_eq!(KeyringStorage::probe(APPLICATION), KeyringStatus::Ready);
        assert_eq!(KeyringStorage::new(APPLICATION).unwrap().get(PROBE).unwrap(), None, "nothing is left");
        storage_conformance::run(&|| Box::new(KeyringStorage::new(APPLICATION).unwrap()));
    } else if let Some(user) = User::new() {
        user.run_in_session(UNLOCKED, NAME);
    }
}

#[test]
fn a_locked_keyring_is_told_apart_from_none_and_hides_no_value() {
    const NAME: &str = "a_locked_keyring_is_told_apart_from_none_and_hides_no_value";
    if is_inside() {
        let status = KeyringStorage::probe(APPLICATION);
        assert!(matches!(status, KeyringStatus::Locked { .. }), "{status:?}");
        let keyring = KeyringStorage::new(APPLICATION).unwrap();
        assert!(matches!(keyring.set("a", "1"), Err(StorageError::Locked { .. })));
        let kept = keyring.get(KEPT);
        assert!(matches!(kept, Err(StorageError::Locked { .. })), "{kept:?}");
    } else if let Some(user) = User::new() {
        user.run_in_session(UNLOCKED, "a_value_is_put_into_the_keyring");
        assert!(has_keyring(&user.0.path().join("share/keyrings")));
        user.run_in_session(LOCKED, NAME);
    }
}

/// The first half of [`a_locked_keyring_is_told_apart_from_none_and_hides_no_value`], in the session before.
#[test]
fn a_value_is_put_into_the_keyring() {
    if is_inside() {
        KeyringStorage::new(APPLICATION).unwrap().set(KEPT, "1").unwrap();
    }
}

fn has_keyring(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
}

#[test]
fn without_a_bus_there_is_no_keyring() {
    const NAME: &str = "without_a_bus_there_is_no_keyring";
    if is_inside() {
        let status = KeyringStorage::probe(APPLICATION);
        assert!(matches!(status, KeyringStatus::Absent { .. }), "{status:?}");
        assert!(matches!(KeyringStorage::new(APPLICATION), Err(StorageError::Unsupported { .. })));
    } else {
        let user = User(tempfile::tempdir().unwrap());
        let test = format!("ports::secure_storage::system::tests::{NAME}");
        let mut alone = user.command(env::current_exe().unwrap().to_str().unwrap());
        succeed(alone.args(["--exact", &test, "--nocapture"]).env(INSIDE, "1"));
    }
}
