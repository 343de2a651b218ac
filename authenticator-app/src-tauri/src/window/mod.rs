//! What Tauri adds to the desk: one window, a tray, notifications, links, the clipboard.

mod clipboard;
mod keyring;
mod navigation;
mod notify;
mod tray;

use std::{env, error::Error, fs, path::Path, sync::Arc};

use countersign::{
    client::{HttpConfig, ReqwestHttp},
    crypto::kdf::Argon2Cost,
    ports::{OsFiles, SystemClock, SystemRandom, SystemSignals, TracingSink},
};
use tauri::{App, AppHandle, Manager, RunEvent, Window, WindowEvent};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tauri_plugin_window_state::StateFlags;

use self::{clipboard::SystemClipboard, keyring::SystemKeyring, notify::Pages};
use crate::{
    commands,
    desk::{Desk, DeskPorts},
};

/// Names the app to keyring and servers, as in `tauri.conf.json`.
const APP_ID: &str = "org.countersign.authenticator";
const MAIN: &str = "main";
/// Closing the window ends the app instead of hiding it: for desktops without a tray.
const QUIT_ON_CLOSE: &str = "--quit-on-close";

/// Runs the app until it is quit, from its tray or its window.
///
/// # Errors
/// What keeps it from starting: no display, or no folder of its own.
pub fn run() -> Result<(), Box<dyn Error>> {
    let size_and_place = StateFlags::all() & !StateFlags::VISIBLE;
    tauri::Builder::default()
        // The first, so that a second program ends before it has done anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(navigation::stay_at_home())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(size_and_place).build())
        .invoke_handler(tauri::generate_handler![
            commands::status,
            commands::create_vault,
            commands::new_recovery_code,
            commands::confirm_recovery,
            commands::ways,
            commands::set_passphrase,
            commands::use_keyring,
            commands::stop_using_keyring,
            commands::unlock,
            commands::lock,
            commands::quit,
            commands::active,
            commands::codes,
            commands::show_code,
            commands::copy_code,
            commands::copy_text,
            commands::edit_code,
            commands::remove_code,
            commands::restore_code,
            commands::trash,
            commands::delete_code,
            commands::recognise,
            commands::recognise_typed,
            commands::add,
            commands::approvals,
            commands::approve,
            commands::deny,
            commands::history,
            commands::accounts,
            commands::remove_account,
            commands::set_settings,
        ])
        .setup(|app| set_up(app))
        .on_window_event(hide_instead_of_closing)
        .build(tauri::generate_context!())?
        .run(|app, event| {
            if let RunEvent::Exit = event {
                // A copied code does not outlive the app.
                let desk = app.state::<Desk>().inner().clone();
                tauri::async_runtime::block_on(desk.lock());
            }
        });
    Ok(())
}

fn set_up(app: &mut App) -> Result<(), Box<dyn Error>> {
    // The webview keeps its own things beside it.
    let folder = app.path().app_data_dir()?.join("vault");
    make_private(&folder)?;
    let handle = app.handle().clone();
    let desk = Desk::new(DeskPorts {
        folder,
        clock: Arc::new(SystemClock::new()),
        random: Arc::new(SystemRandom::default()),
        http: Arc::new(ReqwestHttp::new(HttpConfig::default())?),
        signals: Arc::new(SystemSignals::new(APP_ID, env!("CARGO_PKG_VERSION"))),
        log: Arc::new(TracingSink),
        files: Arc::new(OsFiles),
        keyring: Arc::new(SystemKeyring),
        clipboard: Arc::new(SystemClipboard(handle.clone())),
        notify: Arc::new(Pages(handle.clone())),
        cost: Argon2Cost::default(),
    });
    app.manage(desk.clone());
    tray::set_up(&handle)?;
    take_links(&handle, &desk)?;
    let hidden = desk.settings().start_hidden;
    tauri::async_runtime::spawn(async move { desk.start().await });
    if !hidden {
        show(&handle);
    }
    Ok(())
}

/// Links that started the app, and those that a second program hands over.
fn take_links(app: &AppHandle, desk: &Desk) -> Result<(), Box<dyn Error>> {
    for link in app.deep_link().get_current()?.unwrap_or_default() {
        desk.hand_over(link.as_str());
    }
    let (app, desk) = (app.clone(), desk.clone());
    app.clone().deep_link().on_open_url(move |opened| {
        for link in opened.urls() {
            desk.hand_over(link.as_str());
        }
        show(&app);
    });
    Ok(())
}

/// Brings the window to the front.
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // A window that cannot be raised is there all the same.
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

fn hide_instead_of_closing(window: &Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event
        && env::args().all(|argument| argument != QUIT_ON_CLOSE)
    {
        api.prevent_close();
        let _ = window.hide();
    }
}

/// A folder that nobody else reads.
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
