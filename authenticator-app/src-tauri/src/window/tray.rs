//! The icon in the tray: open, lock, quit, and how many sign-ins wait.

use tauri::{
    AppHandle, Manager,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::TrayIconBuilder,
};

use super::show;
use crate::desk::Desk;

const OPEN: &str = "open";
const LOCK: &str = "lock";
const QUIT: &str = "quit";

/// What changes while the app runs.
pub(super) struct Tray {
    waiting: MenuItem<tauri::Wry>,
}

pub(super) fn set_up(app: &AppHandle) -> tauri::Result<()> {
    let waiting = MenuItem::new(app, words(0), false, None::<&str>)?;
    let menu = Menu::with_items(
        app,
        &[
            &waiting,
            &PredefinedMenuItem::separator(app)?,
            &MenuItem::with_id(app, OPEN, "Open Countersign", true, None::<&str>)?,
            &MenuItem::with_id(app, LOCK, "Lock now", true, None::<&str>)?,
            &MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?,
        ],
    )?;
    let mut tray =
        TrayIconBuilder::with_id("main").menu(&menu).tooltip("Countersign").on_menu_event(|app, event| {
            match event.id().as_ref() {
                OPEN => show(app),
                LOCK => lock(app),
                QUIT => app.exit(0),
                _ => {}
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    app.manage(Tray { waiting });
    Ok(())
}

impl Tray {
    /// Tells how many sign-ins wait.
    pub(super) fn tell(&self, waiting: usize) {
        // Without a tray there is nobody to be told.
        let _ = self.waiting.set_text(words(waiting));
    }
}

fn lock(app: &AppHandle) {
    let desk = app.state::<Desk>().inner().clone();
    tauri::async_runtime::spawn(async move { desk.lock().await });
}

fn words(waiting: usize) -> String {
    match waiting {
        0 => "Nothing is waiting".to_owned(),
        1 => "1 sign-in is waiting".to_owned(),
        more => format!("{more} sign-ins are waiting"),
    }
}
