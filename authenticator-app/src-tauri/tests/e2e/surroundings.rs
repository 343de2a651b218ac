//! A display, a bus, a home and a driver that nobody else uses. All of it ends with the value.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use countersign_tests::windows;
use tempfile::TempDir;
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window},
    rust_connection::RustConnection,
};

use crate::browser::{PATIENCE, PROGRAM};

const HOME: &str = "home";
const RUN: &str = "run";
/// The file that tells the address of the bus.
const BUS: &str = "bus-address";

pub(crate) struct Surroundings {
    folder: TempDir,
    display: Child,
    screen: String,
    driver: Child,
    pub(crate) port: u16,
}

impl Surroundings {
    /// A Secret Service that is unlocked.
    pub(crate) fn with_keyring() -> Self {
        Self::new("printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null")
    }

    /// A bus on which no Secret Service can be started.
    pub(crate) fn without_keyring() -> Self {
        Self::new("export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent")
    }

    /// `script` prepares the bus, for the driver, which starts the program.
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in [HOME, RUN] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
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
        let screen = format!(":{}", number.trim());

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = format!(
            r#"{script}; printf %s "$DBUS_SESSION_BUS_ADDRESS" >"$XDG_RUNTIME_DIR/{BUS}"; exec "$@""#
        );
        let driver = within(folder.path(), &screen, "dbus-run-session")
            .args(["--", "sh", "-c", &script, "sh", "WebKitWebDriver", &format!("--port={port}")])
            // The program lets itself be driven only where this is said.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .process_group(0)
            .spawn()
            .expect("dbus-run-session starts");
        Self { folder, display, screen, driver, port }
    }

    /// The folder of the person.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join(HOME)
    }

    /// Starts the program a second time, with a link, as another program does. It ends at once.
    pub(crate) fn hand_over(&self, link: &str) {
        let bus = fs::read_to_string(self.folder.path().join(RUN).join(BUS)).unwrap();
        let mut second = within(self.folder.path(), &self.screen, PROGRAM);
        let ended = second.arg(link).env("DBUS_SESSION_BUS_ADDRESS", bus).status().unwrap();
        assert!(ended.success(), "{ended}");
    }

    /// Closes the window, as its frame would, and waits until it is gone.
    pub(crate) fn close_window(&self) {
        let (display, root) = self.look();
        windows::close(&display, root).unwrap();
        until(display, move |display| windows::seen(display, root).unwrap().is_empty());
    }

    /// Waits until the window is seen.
    pub(crate) fn see_window(&self) {
        let (display, root) = self.look();
        until(display, move |display| !windows::seen(display, root).unwrap().is_empty());
    }

    /// The display, which tells of its windows from now on.
    fn look(&self) -> (RustConnection, Window) {
        let (display, screen) = x11rb::connect(Some(&self.screen)).unwrap();
        let root = display.setup().roots[screen].root;
        let mask = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        display.change_window_attributes(root, &mask).unwrap().check().unwrap();
        (display, root)
    }

    /// Kills what the driver started last.
    pub(crate) fn kill(&self) {
        let process = fs::read_to_string(self.folder.path().join(RUN).join("process")).unwrap();
        assert!(Command::new("kill").args(["-KILL", process.trim()]).status().unwrap().success());
    }

    /// Where pictures of the pages go.
    pub(crate) fn pictures() -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("app-pages");
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}

/// Looks again whenever something has happened on the display.
fn until(display: RustConnection, is_so: impl Fn(&RustConnection) -> bool + Send + 'static) {
    let (told, hears) = mpsc::channel();
    thread::spawn(move || {
        while !is_so(&display) {
            display.wait_for_event().unwrap();
        }
        told.send(())
    });
    hears.recv_timeout(Duration::from_millis(PATIENCE)).expect("the window does as it is asked");
}

/// A program on this display, at home in this folder.
fn within(folder: &Path, screen: &str, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("DISPLAY", screen)
        .env("HOME", folder.join(HOME))
        .env("XDG_RUNTIME_DIR", folder.join(RUN))
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("WAYLAND_DISPLAY");
    // The one of a test is told to the program alone.
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
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
