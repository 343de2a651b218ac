use std::collections::HashSet;

use countersign_tests::windows;
use x11rb::{
    NONE,
    connection::Connection as _,
    protocol::{
        Event,
        damage::{ConnectionExt as _, Damage, ReportLevel},
        xproto::{ConnectionExt as _, ImageFormat, Window},
    },
    rust_connection::RustConnection,
};

use crate::error::BenchError;

/// More colours than a plain area has, its edges included. Text has as many by its smooth outlines.
const COLOURS: usize = 12;
/// How much of the middle is looked at, in pixels.
const WIDTH: u16 = 240;

/// A screen as it is seen.
pub(super) struct Screen {
    connection: RustConnection,
    root: Window,
    left: i16,
    height: u16,
    damage: Damage,
}

impl Screen {
    pub(super) fn open(display: &str) -> Result<Self, BenchError> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let screen = connection.setup().roots.get(number);
        let screen = screen.ok_or_else(|| BenchError::surprise("the display has no screen"))?;
        let (root, height) = (screen.root, screen.height_in_pixels);
        let left = i16::try_from(screen.width_in_pixels.saturating_sub(WIDTH) / 2).unwrap_or_default();
        connection.damage_query_version(1, 1)?.reply()?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY)?;
        connection.flush()?;
        Ok(Self { connection, root, left, height, damage })
    }

    /// Whether something was drawn since this was asked last.
    pub(super) fn has_changed(&self) -> Result<bool, BenchError> {
        let mut changed = false;
        while let Some(event) = self.connection.poll_for_event()? {
            changed |= matches!(event, Event::DamageNotify(_));
        }
        if changed {
            self.connection.damage_subtract(self.damage, NONE, NONE)?;
            self.connection.flush()?;
        }
        Ok(changed)
    }

    /// Whether there is no window.
    pub(super) fn is_blank(&self) -> Result<bool, BenchError> {
        Ok(self.colours()? == 1)
    }

    /// Whether a window shows more than a plain area.
    pub(super) fn is_painted(&self) -> Result<bool, BenchError> {
        Ok(self.colours()? >= COLOURS)
    }

    /// Asks each window to close, as its frame would.
    pub(super) fn close_windows(&self) -> Result<(), BenchError> {
        Ok(windows::close(&self.connection, self.root)?)
    }

    /// How many colours its middle has, from top to bottom.
    fn colours(&self) -> Result<usize, BenchError> {
        let image = self.connection.get_image(
            ImageFormat::Z_PIXMAP,
            self.root,
            self.left,
            0,
            WIDTH,
            self.height,
            !0,
        )?;
        Ok(image.reply()?.data.chunks_exact(4).map(|pixel| pixel.get(..3)).collect::<HashSet<_>>().len())
    }
}
