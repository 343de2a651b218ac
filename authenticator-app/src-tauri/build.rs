//! What Tauri needs at build time: the permissions that the capability files may name.

#[cfg(feature = "window")]
use tauri_build::{AppManifest, Attributes};

/// Every command, in the order of the handler. Each has a permission of its own; what the capability does not name is
/// refused. A test holds handler, capability and this list together.
#[cfg(feature = "window")]
const COMMANDS: &[&str] = &[
    "status",
    "create_vault",
    "new_recovery_code",
    "confirm_recovery",
    "ways",
    "set_passphrase",
    "use_keyring",
    "stop_using_keyring",
    "unlock",
    "lock",
    "quit",
    "active",
    "codes",
    "show_code",
    "copy_code",
    "copy_text",
    "edit_code",
    "remove_code",
    "restore_code",
    "trash",
    "delete_code",
    "recognise",
    "recognise_typed",
    "add",
    "approvals",
    "approve",
    "deny",
    "history",
    "accounts",
    "remove_account",
    "set_settings",
];

#[cfg(feature = "window")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = AppManifest::new().commands(COMMANDS);
    Ok(tauri_build::try_build(Attributes::new().app_manifest(app))?)
}

#[cfg(not(feature = "window"))]
fn main() {}
