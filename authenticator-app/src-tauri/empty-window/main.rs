//! A window of Tauri with a page that shows a shade of grey and nothing else: what the app's start and memory are
//! measured against by `cargo xtask bench`. No part of the app.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("empty-window/tauri.conf.json"))
}
