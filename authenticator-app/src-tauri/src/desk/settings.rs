//! What the person chose, in a small file.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{
    ports::{Files, FilesError, Level, LogSink},
    protocol::InvalidField,
};

use crate::ipc::Settings;

const FILE: &str = "settings.json";

/// The settings were not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A number is outside of what makes sense.
    #[error(transparent)]
    OutOfRange(#[from] InvalidField),
    /// They cannot be put in words for the file; the former one is unchanged.
    #[error("the settings were not kept: {0}")]
    NotWritable(#[from] serde_json::Error),
    /// The file was not written; the former one is unchanged.
    #[error("the settings were not kept: {0}")]
    NotKept(#[from] FilesError),
}

/// Where settings are kept.
pub(super) struct SettingsFile {
    path: PathBuf,
    files: Arc<dyn Files>,
}

impl SettingsFile {
    pub(super) fn new(folder: &Path, files: Arc<dyn Files>) -> Self {
        Self { path: folder.join(FILE), files }
    }

    /// What was chosen, or the defaults where nothing was, or where it cannot be read: nobody is kept from their codes
    /// by a colour. A file that cannot be read stays until something else is chosen.
    pub(super) fn read(&self, log: &dyn LogSink) -> Settings {
        let warn = |problem: &str| {
            log.log(Level::Warning, super::LOG_TARGET, &format!("settings are the defaults: {problem}"));
            Settings::default()
        };
        match self.files.read(&self.path) {
            Ok(text) => match serde_json::from_slice::<Settings>(&text) {
                Ok(settings) => check(&settings).map_or_else(|error| warn(&error.to_string()), |()| settings),
                Err(error) => warn(&error.to_string()),
            },
            Err(error) if error.source.kind() == ErrorKind::NotFound => Settings::default(),
            Err(error) => warn(&error.to_string()),
        }
    }

    /// Keeps what was chosen, whole or not at all.
    pub(super) fn write(&self, settings: &Settings) -> Result<(), SettingsError> {
        check(settings)?;
        let text = serde_json::to_vec_pretty(settings)?;
        Ok(self.files.write(&self.path, &text)?)
    }
}

fn check(settings: &Settings) -> Result<(), InvalidField> {
    if settings.auto_lock_minutes.is_some_and(|minutes| !(1..=1440).contains(&minutes)) {
        return Err(InvalidField::new("time to lock", "is not 1 to 1,440 minutes", "choose another"));
    }
    if !(5..=300).contains(&settings.clear_clipboard_seconds) {
        return Err(InvalidField::new("time to clear", "is not 5 to 300 seconds", "choose another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use countersign::testing::{MemoryFiles, MemoryLog};

    use super::*;
    use crate::ipc::Theme;

    fn file() -> (Arc<MemoryFiles>, SettingsFile) {
        let files = Arc::new(MemoryFiles::default());
        (files.clone(), SettingsFile::new(Path::new("/app"), files))
    }

    #[test]
    fn what_is_written_is_read_and_nothing_written_is_the_default() {
        let ((_, file), log) = (file(), MemoryLog::default());
        assert_eq!(file.read(&log), Settings::default());
        let dark = Settings { theme: Theme::Dark, auto_lock_minutes: None, ..Settings::default() };
        file.write(&dark).unwrap();
        assert_eq!(file.read(&log), dark);
        assert!(log.lines().is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_read_gives_the_defaults_says_so_and_stays() {
        for text in ["", "{\"theme\":\"pink\"}", "{\"clearClipboardSeconds\":0}", "{\"newer\":1}"] {
            let ((files, file), log) = (file(), MemoryLog::default());
            files.write(&file.path, text.as_bytes()).unwrap();
            assert_eq!(file.read(&log), Settings::default(), "{text}");
            assert_eq!(log.lines().len(), 1, "{text}");
            assert_eq!(files.all()[&file.path], text.as_bytes());
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused_and_change_nothing() {
        let (files, file) = file();
        for settings in [
            Settings { auto_lock_minutes: Some(0), ..Settings::default() },
            Settings { auto_lock_minutes: Some(1441), ..Settings::default() },
            Settings { clear_clipboard_seconds: 4, ..Settings::default() },
        ] {
            assert!(matches!(file.write(&settings), Err(SettingsError::OutOfRange(_))));
        }
        assert!(files.all().is_empty());
    }
}
