//! A deliberate break, as a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::XtaskError;

const EXPECT: &str = "# expect:";

/// A diff, and the tests that must fail under it.
#[derive(Debug)]
pub(crate) struct Patch {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Arguments for `cargo test`, one list for each `# expect:` line. Never empty.
    pub(crate) expectations: Vec<Vec<String>>,
}

impl Patch {
    pub(crate) fn read(path: &Path) -> Result<Self, XtaskError> {
        let text = fs::read_to_string(path).map_err(XtaskError::file(path))?;
        let expectations =
            expectations(&text).map_err(|reason| XtaskError::Patch { path: path.to_path_buf(), reason })?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, path: path.to_path_buf(), expectations })
    }
}

/// The header ends where the diff begins: an `# expect:` inside a diff is the patched file's own text.
fn expectations(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
    let header = text.lines().take_while(|line| !line.starts_with("diff ") && !line.starts_with("--- "));
    let found: Vec<Vec<String>> = header
        .filter_map(|line| line.strip_prefix(EXPECT))
        .map(|arguments| arguments.split_whitespace().map(str::to_owned).collect())
        .collect();
    if found.is_empty() {
        return Err("it names no test: begin it with a line `# expect: -p <crate> <test>`");
    }
    if found.iter().any(Vec::is_empty) {
        return Err("an empty `# expect:` would run every test: name the one that must fail");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_expect_line_is_one_list_of_arguments() {
        let text = "# The code is never compared.\n# expect: -p xtask of_libtest\n# expect:  -p xtask rules -- --exact\ndiff --git a/x b/x\n";
        assert_eq!(
            expectations(text).unwrap(),
            [vec!["-p", "xtask", "of_libtest"], vec!["-p", "xtask", "rules", "--", "--exact"]]
        );
    }

    #[test]
    fn a_patch_that_names_no_test_is_refused() {
        assert!(expectations("diff --git a/x b/x\n").unwrap_err().contains("names no test"));
        assert!(expectations("# expect:  \n--- a/x\n").unwrap_err().contains("would run every test"));
    }

    #[test]
    fn the_header_ends_where_the_diff_begins() {
        assert!(expectations("--- a/x\n+++ b/x\n# expect: -p xtask\n").is_err());
    }
}
