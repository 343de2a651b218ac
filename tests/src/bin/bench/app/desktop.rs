use std::{fs, io, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::screen::Screen;
use crate::{
    error::BenchError,
    processes::Tree,
    programs::Invocation,
    timing::{Stopwatch, pass},
};

/// Prepares the bus with an unlocked keyring, tells its address, and stays until its input ends.
const BUS: &str = "printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null; \
                   echo \"$DBUS_SESSION_BUS_ADDRESS\"; exec cat";
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(1);
/// What takes longer than this does not work at all.
const LIMIT: Duration = Duration::from_secs(30);

/// A screen, a bus with a keyring and a home that nobody else uses. All of it ends with the value.
pub(super) struct Desktop {
    screen: Screen,
    address: String,
    display: String,
    // In the order in which they end: the bus when its input does.
    _bus: Child,
    _server: Child,
    folder: TempDir,
}

/// A program that has painted.
pub(super) struct Running {
    process: Child,
    /// From before it was started to its first paint.
    pub(super) painted: Duration,
}

impl Desktop {
    pub(super) async fn start() -> Result<Self, BenchError> {
        let folder = tempfile::tempdir()?;
        let home = folder.path().join("home");
        fs::create_dir(&home).map_err(BenchError::file(&home))?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let display = format!(":{}", first_line(&mut server).await?);
        let mut bus = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", BUS])
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let address = first_line(&mut bus).await?;
        Ok(Self { screen: Screen::open(&display)?, address, display, _bus: bus, _server: server, folder })
    }

    /// Starts a program and waits until it has painted.
    pub(super) async fn run(&self, program: &Invocation) -> Result<Running, BenchError> {
        until("the screen is not empty", || self.screen.is_blank()).await?;
        let mut command = program.command();
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.folder.path().join("home"))
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        for outside in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "WAYLAND_DISPLAY"] {
            command.env_remove(outside);
        }
        let watch = Stopwatch::default();
        let before = watch.read();
        let process = command.spawn()?;
        until("the program paints nothing", || Ok(self.screen.has_changed()? && self.screen.is_painted()?))
            .await?;
        Ok(Running { process, painted: watch.since(before) })
    }

    /// Closes what windows there are, as a person does, and waits until they are gone.
    pub(super) async fn close_windows(&self) -> Result<(), BenchError> {
        self.screen.close_windows()?;
        until("the window is still there", || self.screen.is_blank()).await
    }
}

impl Running {
    /// Its processes as they are now.
    pub(super) fn tree(&self) -> Result<Tree, BenchError> {
        let id = self.process.id().ok_or_else(|| BenchError::surprise("the program has ended"))?;
        Ok(Tree::of(id))
    }

    /// Ends it, and waits for what it started.
    pub(super) async fn end(mut self) -> Result<(), BenchError> {
        let tree = self.tree()?;
        self.process.kill().await?;
        until("the program leaves others behind", || Ok(tree.has_ended())).await
    }
}

async fn until(otherwise: &str, holds: impl Fn() -> Result<bool, BenchError>) -> Result<(), BenchError> {
    let watch = Stopwatch::default();
    let before = watch.read();
    while !holds()? {
        if watch.since(before) > LIMIT {
            return Err(BenchError::surprise(otherwise));
        }
        pass(LOOK).await;
    }
    Ok(())
}

async fn first_line(process: &mut Child) -> io::Result<String> {
    let mut line = String::new();
    if let Some(stdout) = process.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).await?;
    }
    Ok(line.trim().to_owned())
}
