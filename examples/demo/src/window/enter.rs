use std::{future, io, mem, thread};

use tokio::sync::mpsc;

/// The key Enter on the terminal.
pub(super) struct Enter {
    lines: mpsc::UnboundedReceiver<()>,
    /// Nobody can press it any more.
    ended: bool,
}

impl Enter {
    /// Listens in a thread of its own, which ends with the program: nothing interrupts the reading of a line.
    pub(super) fn listen() -> Self {
        let (told, lines) = mpsc::unbounded_channel();
        thread::spawn(move || io::stdin().lines().map_while(Result::ok).try_for_each(|_| told.send(())));
        Self { lines, ended: false }
    }

    /// It was pressed. Where there is no terminal it counts as pressed once.
    pub(super) async fn pressed(&mut self) {
        if self.lines.recv().await.is_none() && mem::replace(&mut self.ended, true) {
            future::pending::<()>().await;
        }
    }
}
