//! The webview shows the pages of this app and nothing else.

use tauri::{
    Url, Wry,
    plugin::{self, TauriPlugin},
};

/// Refuses to go anywhere else: a dropped file, a link or a redirect never takes the place of the app, where it would
/// be beside its commands.
pub(super) fn stay_at_home() -> TauriPlugin<Wry> {
    plugin::Builder::new("stay-at-home").on_navigation(|_, to| is_home(to)).build()
}

/// Where Tauri serves the pages that are built into the program. Windows has no schemes of its own in a webview.
fn is_home(to: &Url) -> bool {
    let host = if cfg!(windows) { "tauri.localhost" } else { "localhost" };
    let scheme = if cfg!(windows) { "http" } else { "tauri" };
    to.scheme() == scheme && to.host_str() == Some(host)
}

#[cfg(test)]
#[cfg(not(windows))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_pages_of_the_app_are_home() {
        for home in ["tauri://localhost", "tauri://localhost/", "tauri://localhost/index.html?scene=1#codes"]
        {
            assert!(is_home(&home.parse().unwrap()), "{home}");
        }
        for away in [
            "https://example.com/",
            "http://localhost/",
            "http://tauri.localhost/",
            "tauri://localhost.example.com/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "javascript:alert(1)",
        ] {
            assert!(!is_home(&away.parse().unwrap()), "{away}");
        }
    }
}
