//! What Tauri needs at build time: the permissions that the capability files may name.

fn main() {
    #[cfg(feature = "window")]
    tauri_build::build();
}
