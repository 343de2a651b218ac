//! Running other programs.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, ExitStatus, Output, Stdio},
};

use crate::error::XtaskError;

/// What a program that was run to its end left behind.
pub(crate) struct Finished {
    pub(crate) line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
}

impl Finished {
    /// The output of a program that ended well.
    pub(crate) fn success(self) -> Result<String, XtaskError> {
        if self.status.success() {
            Ok(self.stdout)
        } else {
            Err(XtaskError::Exit { line: self.line, status: self.status })
        }
    }
}

/// Runs a program in sight of the person; an unsuccessful end is an error.
pub(crate) fn run(command: &mut Command) -> Result<(), XtaskError> {
    let status = command.status().map_err(|source| not_started(command, source))?;
    if status.success() { Ok(()) } else { Err(XtaskError::Exit { line: line(command), status }) }
}

/// Runs a program for its standard output; what it says on standard error stays in sight.
pub(crate) fn capture(command: &mut Command) -> Result<String, XtaskError> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|source| not_started(command, source))?;
    finished(command, &output).success()
}

/// Runs a program silently, for its status and all that it printed, standard error first.
pub(crate) fn quietly(command: &mut Command) -> Result<Finished, XtaskError> {
    let output = command.output().map_err(|source| not_started(command, source))?;
    let mut finished = finished(command, &output);
    finished.stdout.insert_str(0, &String::from_utf8_lossy(&output.stderr));
    Ok(finished)
}

/// Runs a program in sight of the person, and keeps its standard output for counting.
pub(crate) fn tee(command: &mut Command) -> Result<Finished, XtaskError> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|source| not_started(command, source))?;
    let mut stdout = String::new();
    if let Some(pipe) = child.stdout.take() {
        copy(pipe, &mut io::stdout(), &mut stdout).map_err(|source| not_started(command, source))?;
    }
    let status = child.wait().map_err(|source| not_started(command, source))?;
    Ok(Finished { line: line(command), status, stdout })
}

/// Whether a program is on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn copy(from: impl io::Read, shown: &mut impl Write, kept: &mut String) -> io::Result<()> {
    let mut lines = BufReader::new(from);
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes)? > 0 {
        shown.write_all(&bytes)?;
        shown.flush()?;
        kept.push_str(&String::from_utf8_lossy(&bytes));
        bytes.clear();
    }
    Ok(())
}

fn finished(command: &Command, output: &Output) -> Finished {
    Finished {
        line: line(command),
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}

fn not_started(command: &Command, source: io::Error) -> XtaskError {
    XtaskError::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or_else(|| command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
