use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::{
    browser::{Browser, PATIENCE, PROGRAM},
    page,
    surroundings::Surroundings,
};

/// What the demo prints for people, line by line.
struct Told(Receiver<String>);

impl Told {
    /// Reads a pipe, in a thread that ends with it.
    fn from(pipe: PathBuf) -> Self {
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(File::open(pipe).unwrap()).lines().try_for_each(|line| told.send(line.unwrap()))
        });
        Self(lines)
    }

    fn next(&self) -> Result<String, RecvTimeoutError> {
        self.0.recv_timeout(Duration::from_millis(PATIENCE))
    }

    /// What follows this in the next line that has it.
    fn after(&self, wanted: &str) -> String {
        loop {
            let line = self.next().unwrap_or_else(|error| panic!("the demo did not say {wanted:?}: {error}"));
            if let Some((_, rest)) = line.split_once(wanted) {
                return rest.to_owned();
            }
        }
    }

    /// The demo has ended, and complains of nothing.
    fn end(&self) {
        loop {
            match self.next() {
                Ok(line) => assert!(!line.starts_with("countersign-demo:"), "{line}"),
                Err(error) => return assert_eq!(error, RecvTimeoutError::Disconnected),
            }
        }
    }
}

/// A program of this workspace that is built beside the authenticator.
fn built(name: &str) -> PathBuf {
    let path = Path::new(PROGRAM).with_file_name(name);
    assert!(path.is_file(), "build it first: `cargo build --package {name}`");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_opens_the_program_enrolled_and_ends_with_it() {
    let surroundings = Surroundings::without_keyring();
    let pipe = surroundings.home().join("told");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let told = Told::from(pipe.clone());
    let (demo, server) = (built("countersign-demo"), built("countersign-server"));
    let script = r#"told="$1"; shift; exec "$@" 2>"$told""#;
    let [pipe, demo, server] = [&pipe, &demo, &server].map(|path| path.to_str().unwrap());
    let line = ["sh", "-c", script, "sh", pipe, demo, "--server", server, "--authenticator", PROGRAM];
    let browser = Browser::start(&surroundings, &line).await;

    page::unlock_by_passphrase(&browser, &told.after("Its passphrase: ")).await;
    // Where nobody can press Enter, a sign-in comes by itself.
    let number = told.after("shows the number ");
    page::approve(&browser, number.split_once(' ').unwrap().0).await;
    assert_eq!(told.after("is signed in as "), "Mia Kessler");
    assert_eq!(page::code(&browser).await.len(), 6);
    page::connection(&browser, "Connected to Kessler Books").await;
    browser.photograph("demo").await;

    browser.press("Settings").await;
    browser.press_last("Quit").await;
    told.end();
}
