//! The Swift toolchain: Debian's, in a root of its own beside the system, which may be too old to have it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{command, error::XtaskError, once::once, workspace::Workspace};

/// The first Debian that has Swift 6.
const SUITE: &str = "trixie";
const PACKAGES: &[&str] = &["swiftlang", "libc6-dev", "libstdc++-14-dev", "gcc", "ca-certificates"];
/// A change here makes the root anew.
const VERSION: &str = "1";
/// Where the programs of an administrator are; not every PATH has them.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A Debian with Swift in it. Commands run there see this checkout and its target folder, where they are outside.
pub(crate) struct Root {
    folder: PathBuf,
    source: PathBuf,
    target: PathBuf,
}

/// Why there can be no Swift on this machine, if so.
pub(crate) fn impossible() -> Result<Option<&'static str>, XtaskError> {
    if !Path::new("/etc/debian_version").exists() || command::find("apt-get").is_none() {
        return Ok(Some("the toolchain comes from Debian's packages, and this is no Debian"));
    }
    if command::capture(Command::new("id").arg("-u"))?.trim() != "0" {
        return Ok(Some("only root can set up a Debian root, and run programs in it"));
    }
    if !program("debootstrap").is_file() || !program("bwrap").is_file() {
        return Ok(Some("debootstrap and bubblewrap are missing; `cargo xtask setup` installs them"));
    }
    let sandbox = command::quietly(Command::new(program("bwrap")).args([
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "true",
    ]))?;
    Ok((!sandbox.status.success()).then_some("this machine does not allow mounts, which a root needs"))
}

impl Root {
    /// The root, made on first use. What broke off goes on where it stopped.
    pub(crate) fn ready(workspace: &Workspace) -> Result<Self, XtaskError> {
        let root = Self {
            folder: workspace.cache().join("swift"),
            source: workspace.root().to_path_buf(),
            target: workspace.target(),
        };
        // Inside, so that what is made anew is so in whole.
        let (base, tools) = (root.folder.join("base-done.txt"), root.folder.join("tools-done.txt"));
        once(&base, &format!("{SUITE} {VERSION}"), || root.bootstrap())?;
        once(&tools, &PACKAGES.join(" "), || root.install())?;
        fs::create_dir_all(&root.target).map_err(XtaskError::file(&root.target))?;
        Ok(root)
    }

    /// The bare system.
    fn bootstrap(&self) -> Result<(), XtaskError> {
        println!("Making a root with Debian {SUITE} for Swift (half a minute, once)");
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(XtaskError::file(&self.folder))?;
        }
        fs::create_dir_all(&self.folder).map_err(XtaskError::file(&self.folder))?;
        // In a mount namespace of its own: what debootstrap mounts is gone with it, however it ends.
        command::run(
            Command::new("unshare")
                .args(["--mount", "--propagation", "private"])
                .arg(program("debootstrap"))
                .args(["--variant=minbase", "--include=ca-certificates", SUITE])
                .arg(&self.folder)
                .arg(mirror()?)
                .env("PATH", SYSTEM_PATH),
        )
    }

    /// The compiler.
    fn install(&self) -> Result<(), XtaskError> {
        println!("Installing Swift in it (500 MB to download, once)");
        let apt = |arguments: &[&str]| {
            let mut apt = self.sandbox();
            apt.args(["--cap-add", "ALL", "--setenv", "DEBIAN_FRONTEND", "noninteractive"])
                .args(["--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"])
                .args(arguments);
            command::run(&mut apt)
        };
        apt(&["dpkg", "--configure", "-a"])?;
        let retries = "Acquire::Retries=5";
        apt(&["apt-get", "--quiet", "-o", retries, "update"])?;
        let install = ["apt-get", "--quiet", "-o", retries, "install", "--yes", "--no-install-recommends"];
        apt(&[install.as_slice(), PACKAGES].concat())?;
        apt(&["apt-get", "clean"])
    }

    /// A program of the root. It ends with this one, and its mounts with it.
    pub(crate) fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = self.sandbox();
        command
            .args(["--tmpfs", "/tmp", "--ro-bind"])
            .args([&self.source, &self.source])
            .arg("--bind")
            .args([&self.target, &self.target])
            .arg("--chdir")
            .arg(folder)
            .arg(program);
        command
    }

    fn sandbox(&self) -> Command {
        let mut bwrap = Command::new(self::program("bwrap"));
        bwrap
            .arg("--bind")
            .arg(&self.folder)
            .args(["/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run"]);
        // When the program ends, so does all that it started.
        bwrap.args(["--unshare-pid", "--die-with-parent"]);
        bwrap.args(["--unsetenv", "TMPDIR", "--setenv", "LC_ALL", "C.UTF-8"]);
        bwrap.args(["--setenv", "HOME", "/root", "--setenv", "PATH", SYSTEM_PATH]);
        bwrap
    }
}

/// Where this machine takes its Debian packages. It is told by the lists of these, which may still have to be fetched.
fn mirror() -> Result<String, XtaskError> {
    let listed = || {
        let mut targets = Command::new("apt-get");
        targets.args(["indextargets", "--format", "$(SITE)", "Origin: Debian", "Label: Debian"]);
        Ok(command::capture(&mut targets)?.lines().next().map(str::to_owned))
    };
    if let Some(site) = listed()? {
        return Ok(site);
    }
    command::run(Command::new("apt-get").args(["--quiet", "update"]))?;
    listed()?.ok_or(XtaskError::NoMirror)
}

/// A program, also where only an administrator's PATH leads.
pub(crate) fn program(name: &str) -> PathBuf {
    command::find(name).unwrap_or_else(|| Path::new("/usr/sbin").join(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_program_of_the_root_sees_the_checkout_and_may_write_to_the_target_folder_alone() {
        let root = Root { folder: "/cache/root".into(), source: "/a".into(), target: "/a/target".into() };
        let command = root.command("swift", Path::new("/a/target/bindings/swift"));
        let line: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        let line = line.join(" ");
        assert!(line.starts_with("--bind /cache/root / "), "{line}");
        assert!(line.contains("--ro-bind /a /a --bind /a/target /a/target --chdir"), "{line}");
        assert!(line.ends_with(" swift"), "{line}");
    }
}
