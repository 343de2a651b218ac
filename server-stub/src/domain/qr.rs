//! Links as QR codes.

use countersign_protocol::Secret;
use qrcode::{EcLevel, QrCode, render::svg};

use super::answer::Fault;

/// The text as a QR code: an SVG document with a quiet zone, black on white.
///
/// # Errors
/// [`Fault::Stored`] if the text is too long for a QR code (2,331 bytes).
pub fn svg(text: &Secret<String>) -> Result<Secret<String>, Fault> {
    // EXPOSE: drawn for the one who is to scan it.
    let code = QrCode::with_error_correction_level(text.expose(), EcLevel::M)
        .map_err(|_| Fault::Stored("a link that is too long for a QR code".to_owned()))?;
    Ok(Secret::new(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build()))
}
