use countersign::protocol::Secret;
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt as _;

use crate::desk::{Clipboard, ClipboardError};

/// The clipboard of the desktop.
pub(super) struct SystemClipboard(pub(super) AppHandle);

impl Clipboard for SystemClipboard {
    /// An error of the system also means that there is something else on it.
    fn text(&self) -> Result<Option<Secret<String>>, ClipboardError> {
        let text = self.0.clipboard().read_text().ok();
        Ok(text.filter(|text| !text.is_empty()).map(Secret::new))
    }

    fn image(&self) -> Result<Option<Vec<u8>>, ClipboardError> {
        let Ok(image) = self.0.clipboard().read_image() else { return Ok(None) };
        in_png(image.rgba(), image.width(), image.height()).map(Some).map_err(|error| told(&error))
    }

    fn put(&self, text: &str) -> Result<(), ClipboardError> {
        self.0.clipboard().write_secret(text).map_err(|error| told(&error))
    }

    fn clear(&self) -> Result<(), ClipboardError> {
        self.0.clipboard().clear().map_err(|error| told(&error))
    }
}

fn in_png(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(rgba)?;
    Ok(bytes)
}

fn told(error: &impl ToString) -> ClipboardError {
    ClipboardError { reason: error.to_string() }
}
