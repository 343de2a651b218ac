//! `cargo xtask mutants`: each patch in `tests/mutations` breaks one defence on purpose, and a named test must notice.

mod patch;
mod scratch;

use std::{fs, process::Command};

use crate::{error::XtaskError, workspace::Workspace};
use patch::Patch;
use scratch::{Run, Scratch};

/// Breaks one defence at a time, in a copy of the tree, and expects the tests named in the patch to fail.
///
/// A patch in tests/mutations starts with one or more lines `# expect: <arguments for cargo test>`, each naming at
/// least one test that must turn red; the rest is a diff for git apply. The source tree is never touched.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only patches whose file name contains this
    pub(crate) filter: Option<String>,

    /// Only check that every patch still applies; `cargo xtask test` does that
    #[arg(long)]
    pub(crate) applies: bool,
}

/// What became of a deliberate break.
enum Verdict {
    /// Every expectation turned red.
    Caught,
    /// The tests passed with the defence broken.
    Survived(String),
    /// The tests fail on the unbroken tree too, or there are none by that name.
    BadExpectation(String),
    DoesNotApply(String),
    DoesNotCompile(String),
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Survived(_) => "SURVIVED",
            Self::BadExpectation(_) => "BAD EXPECTATION",
            Self::DoesNotApply(_) => "DOES NOT APPLY",
            Self::DoesNotCompile(_) => "DOES NOT COMPILE",
        }
    }

    fn detail(&self) -> Option<&str> {
        match self {
            Self::Caught => None,
            Self::Survived(text)
            | Self::BadExpectation(text)
            | Self::DoesNotApply(text)
            | Self::DoesNotCompile(text) => Some(text),
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), XtaskError> {
    let patches = read(workspace, arguments.filter.as_deref())?;
    if arguments.applies {
        return check_that_all_apply(workspace, &patches);
    }
    println!("{} mutants; first their tests on the unbroken tree", patches.len());
    let scratch = Scratch::prepare(workspace)?;
    // All on the unbroken tree first: one build serves them all.
    let sound = patches.iter().map(|patch| sound(&scratch, patch)).collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for (patch, sound) in patches.iter().zip(sound) {
        let verdict = match sound {
            Ok(()) => judge(&scratch, patch)?,
            Err(bad) => bad,
        };
        println!("{:<40} {}", patch.name, verdict.word());
        if let Some(detail) = verdict.detail() {
            println!("{detail}");
        }
        rows.push(verdict);
    }
    let missed = rows.iter().filter(|verdict| !matches!(verdict, Verdict::Caught)).count();
    println!("{} of {} mutants caught", rows.len() - missed, rows.len());
    if missed == 0 {
        Ok(())
    } else {
        Err(XtaskError::Findings { count: missed, what: "mutants were not caught" })
    }
}

/// Building and testing each takes minutes in all, applying none.
fn check_that_all_apply(workspace: &Workspace, patches: &[Patch]) -> Result<(), XtaskError> {
    let mut stale = 0;
    for patch in patches {
        let check = Command::new("git")
            .args(["apply", "--check"])
            .arg(&patch.path)
            .current_dir(workspace.root())
            .output();
        let check = check.map_err(XtaskError::file(&patch.path))?;
        if !check.status.success() {
            println!("{} no longer applies:\n{}", patch.name, String::from_utf8_lossy(&check.stderr));
            stale += 1;
        }
    }
    println!("{} of {} mutants apply", patches.len() - stale, patches.len());
    if stale == 0 { Ok(()) } else { Err(XtaskError::Findings { count: stale, what: "mutants do not apply" }) }
}

fn read(workspace: &Workspace, filter: Option<&str>) -> Result<Vec<Patch>, XtaskError> {
    let folder = workspace.path("tests/mutations");
    let mut paths = fs::read_dir(&folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
        .map_err(XtaskError::file(&folder))?;
    paths.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        name.ends_with(".patch") && filter.is_none_or(|filter| name.contains(filter))
    });
    if paths.is_empty() {
        return Err(XtaskError::Patch { path: folder, reason: "no patch here has that in its name" });
    }
    paths.sort();
    paths.iter().map(|path| Patch::read(path)).collect()
}

/// Whether the named tests pass as long as nothing is broken; else their being red would mean nothing.
fn sound(scratch: &Scratch<'_>, patch: &Patch) -> Result<Result<(), Verdict>, XtaskError> {
    for expectation in &patch.expectations {
        match scratch.test(expectation)? {
            Run::Green => {}
            Run::Red(output) | Run::Empty(output) | Run::Broken(output) => {
                return Ok(Err(Verdict::BadExpectation(output)));
            }
        }
    }
    Ok(Ok(()))
}

fn judge(scratch: &Scratch<'_>, patch: &Patch) -> Result<Verdict, XtaskError> {
    if let Err(reason) = scratch.apply(&patch.path)? {
        return Ok(Verdict::DoesNotApply(reason));
    }
    let verdict = judge_broken(scratch, patch);
    scratch.restore(&patch.path)?;
    verdict
}

fn judge_broken(scratch: &Scratch<'_>, patch: &Patch) -> Result<Verdict, XtaskError> {
    for expectation in &patch.expectations {
        match scratch.test(expectation)? {
            Run::Red(_) => {}
            Run::Green => return Ok(Verdict::Survived(format!("cargo test {}", expectation.join(" ")))),
            Run::Empty(output) => return Ok(Verdict::BadExpectation(output)),
            Run::Broken(output) => return Ok(Verdict::DoesNotCompile(output)),
        }
    }
    Ok(Verdict::Caught)
}
