//! The program as a supervisor meets it.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

#[test]
fn sigterm_ends_it_cleanly() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_countersign-server"))
        .args(["--port", "0", "--ready-json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut ready = String::new();
    BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut ready).expect("it is readable");
    assert!(ready.contains("http://localhost:"), "{ready}");
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    let ended = server.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
}
