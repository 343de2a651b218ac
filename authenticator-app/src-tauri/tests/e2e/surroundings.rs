//! A display, a bus, a home and a driver that nobody else uses. All of it ends with the value.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

pub(crate) struct Surroundings {
    _folder: TempDir,
    display: Child,
    driver: Child,
    pub(crate) port: u16,
}

impl Surroundings {
    /// A Secret Service that is unlocked.
    pub(crate) fn with_keyring() -> Self {
        Self::new("printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec \"$@\"")
    }

    /// A bus on which no Secret Service can be started.
    pub(crate) fn without_keyring() -> Self {
        Self::new("export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; exec \"$@\"")
    }

    /// `script` prepares the bus and becomes the driver, which starts the program.
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (home, run) = (folder.path().join("home"), folder.path().join("run"));
        for path in [&home, &run] {
            fs::create_dir(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let mut display = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        BufReader::new(display.stdout.take().unwrap()).read_line(&mut number).unwrap();

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script, "sh", "WebKitWebDriver", &format!("--port={port}")])
            .env("DISPLAY", format!(":{}", number.trim()))
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", &run)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            // The program lets itself be driven only where this is said.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .process_group(0)
            .spawn()
            .expect("dbus-run-session starts");
        Self { _folder: folder, display, driver, port }
    }

    /// Where pictures of the pages go.
    pub(crate) fn pictures() -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("app-pages");
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        // The whole group: bus, keyring, driver and what is left of the program.
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["--", &group]).status();
        let _ = self.driver.wait();
        let _ = self.display.kill();
        let _ = self.display.wait();
    }
}
