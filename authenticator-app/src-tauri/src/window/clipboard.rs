use countersign::protocol::Secret;
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::{ClipboardExt as _, Error};

use crate::desk::{Clipboard, ClipboardError};

/// The clipboard of the desktop.
pub(super) struct SystemClipboard(pub(super) AppHandle);

impl Clipboard for SystemClipboard {
    fn text(&self) -> Result<Option<Secret<String>>, ClipboardError> {
        let text = if_there(self.0.clipboard().read_text())?;
        Ok(text.filter(|text| !text.is_empty()).map(Secret::new))
    }

    fn image(&self) -> Result<Option<Vec<u8>>, ClipboardError> {
        let Some(image) = if_there(self.0.clipboard().read_image())? else { return Ok(None) };
        in_png(image.rgba(), image.width(), image.height()).map(Some).map_err(|error| told(&error))
    }

    fn put(&self, text: &str) -> Result<(), ClipboardError> {
        self.0.clipboard().write_secret(text).map_err(|error| told(&error))
    }

    fn clear(&self) -> Result<(), ClipboardError> {
        self.0.clipboard().clear().map_err(|error| told(&error))
    }
}

/// `None` where something else is on it, or nothing. Of what went wrong the plugin keeps only the words.
fn if_there<T>(read: Result<T, Error>) -> Result<Option<T>, ClipboardError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.to_string() == arboard::Error::ContentNotAvailable.to_string() => Ok(None),
        Err(error) => Err(told(&error)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_something_else_on_the_clipboard_is_nothing() {
        let refused = |error: arboard::Error| if_there::<()>(Err(error.into()));
        assert_eq!(if_there(Ok(())), Ok(Some(())));
        assert_eq!(refused(arboard::Error::ContentNotAvailable), Ok(None));
        for error in [arboard::Error::ClipboardOccupied, arboard::Error::ClipboardNotSupported] {
            assert!(refused(error).is_err());
        }
    }
}
