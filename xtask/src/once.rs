//! Work that is done once for each version of what it makes.

use std::{fs, path::Path};

use crate::error::XtaskError;

/// Does the work unless the file says that it was done for what is wanted. The file is written last, so that work that
/// broke off starts anew.
pub(crate) fn once(
    file: &Path,
    wanted: &str,
    work: impl FnOnce() -> Result<(), XtaskError>,
) -> Result<(), XtaskError> {
    if fs::read_to_string(file).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    work()?;
    fs::write(file, wanted).map_err(XtaskError::file(file))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;

    use super::*;

    #[test]
    fn work_is_done_once_for_each_version_and_again_after_a_failure() {
        let folder = std::env::temp_dir().join(format!("countersign-once-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (file, runs) = (folder.join("done.txt"), Cell::new(0));
        let work = |wanted: &str, good: bool| {
            once(&file, wanted, || {
                runs.set(runs.get() + 1);
                if good { Ok(()) } else { Err(XtaskError::NoCache) }
            })
        };
        assert!(work("1", false).is_err());
        work("1", true).unwrap();
        work("1", true).unwrap();
        assert_eq!(runs.get(), 2);
        work("2", true).unwrap();
        assert_eq!(runs.get(), 3);
        fs::remove_dir_all(&folder).unwrap();
    }
}
