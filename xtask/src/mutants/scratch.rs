//! A copy of the tree that may be broken, with a target folder of its own that stays warm between runs.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::{self, Finished},
    error::XtaskError,
    test::Counts,
    workspace::Workspace,
};

/// How a run of named tests ended.
pub(crate) enum Run {
    Green,
    Red(String),
    /// The arguments name no test.
    Empty(String),
    /// Nothing could be run: the tree does not build.
    Broken(String),
}

pub(crate) struct Scratch<'w> {
    workspace: &'w Workspace,
    tree: PathBuf,
    target: PathBuf,
}

impl<'w> Scratch<'w> {
    /// Brings the copy up to date with the tree as it is, uncommitted changes and all.
    pub(crate) fn prepare(workspace: &'w Workspace) -> Result<Self, XtaskError> {
        let folder = workspace.target().join("mutants");
        let scratch = Self { workspace, tree: folder.join("tree"), target: folder.join("target") };
        fs::create_dir_all(&scratch.tree).map_err(XtaskError::file(&scratch.tree))?;
        if !scratch.target.exists() {
            scratch.seed()?;
        }
        let files: BTreeSet<_> = workspace.files()?.into_iter().collect();
        for file in &files {
            update(&workspace.path(file), &scratch.tree.join(file)).map_err(XtaskError::file(file))?;
        }
        scratch.remove_others(&scratch.tree, &files).map_err(XtaskError::file(&scratch.tree))?;
        Ok(scratch)
    }

    /// Begins with what the tree has built already, times and all: minutes of compiling dependencies less.
    fn seed(&self) -> Result<(), XtaskError> {
        let built = self.workspace.target().join("debug");
        let seeded = self.target.join("debug");
        fs::create_dir_all(&seeded).map_err(XtaskError::file(&seeded))?;
        for part in ["deps", "build", ".fingerprint"].map(|part| built.join(part)) {
            if part.exists() {
                command::run(Command::new("cp").arg("-a").arg(part).arg(&seeded))?;
            }
        }
        Ok(())
    }

    /// Applies a patch to the copy; the inner error is git's reason for not doing so.
    pub(crate) fn apply(&self, patch: &Path) -> Result<Result<(), String>, XtaskError> {
        let Finished { status, stdout, .. } = command::quietly(self.git_apply().arg(patch))?;
        Ok(if status.success() { Ok(()) } else { Err(stdout) })
    }

    /// Takes a patch back.
    pub(crate) fn restore(&self, patch: &Path) -> Result<(), XtaskError> {
        command::quietly(self.git_apply().arg("--reverse").arg(patch))?.success().map(drop)
    }

    /// Runs `cargo test` with the given arguments, having built first, so that a build that fails is told apart from
    /// a test that does.
    pub(crate) fn test(&self, arguments: &[String]) -> Result<Run, XtaskError> {
        let cargo = |first: &[&str]| {
            let mut cargo = self.workspace.cargo();
            cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).args(first).args(arguments);
            command::quietly(&mut cargo)
        };
        let built = cargo(&["test", "--quiet", "--no-run"])?;
        if !built.status.success() {
            return Ok(Run::Broken(built.stdout));
        }
        let ran = cargo(&["test", "--no-fail-fast"])?;
        // A test that takes its process down prints no closing line; it is red all the same.
        Ok(if !ran.status.success() {
            Run::Red(ran.stdout)
        } else if Counts::of_libtest(&ran.stdout).passed == 0 {
            Run::Empty(ran.stdout)
        } else {
            Run::Green
        })
    }

    /// The copy lies inside the repository's target folder; git must not find that repository and skip what it ignores.
    fn git_apply(&self) -> Command {
        let mut git = Command::new("git");
        git.args(["apply", "--whitespace=nowarn"]).current_dir(&self.tree);
        if let Some(parent) = self.tree.parent() {
            git.env("GIT_CEILING_DIRECTORIES", parent);
        }
        git
    }

    /// Deletes what is no longer in the tree.
    fn remove_others(&self, folder: &Path, files: &BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.remove_others(&path, files)?;
            } else if !path
                .strip_prefix(&self.tree)
                .is_ok_and(|file| files.contains(&*file.to_string_lossy()))
            {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Copies a file if it differs. A new copy keeps the time of the original, a changed one takes the present: cargo
/// builds again what is younger than its output, so a break left behind by an interrupted run does not stay built.
fn update(from: &Path, to: &Path) -> io::Result<()> {
    let wanted = fs::read(from)?;
    match fs::read(to) {
        Ok(there) if there == wanted => Ok(()),
        Ok(_) => fs::write(to, wanted),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(to, wanted)?;
            fs::set_permissions(to, fs::metadata(from)?.permissions())?;
            File::options().write(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn modified(path: &Path) -> SystemTime {
        fs::metadata(path).unwrap().modified().unwrap()
    }

    #[test]
    fn a_new_copy_keeps_its_time_and_a_changed_one_is_young() {
        let folder = tempfile::tempdir().unwrap();
        let (original, copy) = (folder.path().join("a.rs"), folder.path().join("tree/src/a.rs"));
        let old = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        fs::write(&original, "good").unwrap();
        File::options().write(true).open(&original).unwrap().set_modified(old).unwrap();

        update(&original, &copy).unwrap();
        assert_eq!((fs::read_to_string(&copy).unwrap().as_str(), modified(&copy)), ("good", old));

        // What an interrupted run leaves behind, built already.
        fs::write(&copy, "broken").unwrap();
        File::options().write(true).open(&copy).unwrap().set_modified(old).unwrap();
        update(&original, &copy).unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "good");
        assert!(modified(&copy) > old);
    }
}
