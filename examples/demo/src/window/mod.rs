//! The last act, where there is a display: the authenticator itself, enrolled for Mia, in the hands of whoever looks on.

mod enter;
mod folder;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use countersign::{client::LoginState, ports::Http, protocol::login::MethodKind};
use tokio::process::{Child, Command};

use self::enter::Enter;
use crate::{
    cast::{Browser, Cast, Person},
    error::DemoError,
    screen::Screen,
    steps::{
        account,
        states::{mfa_required, pending},
    },
    stub::Stub,
};

/// What opens the app. It is for this one evening.
const PASSPHRASE: &str = "four kettles on the stove";

/// The two programs that play.
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) authenticator: PathBuf,
}

/// Opens the authenticator on a server of its own, and signs in elsewhere whenever Enter is pressed, until the window is
/// closed. Nothing stays behind.
pub(crate) async fn play(programs: &Programs, http: Arc<dyn Http>) -> Result<(), DemoError> {
    let stub = Stub::start(&programs.server, http.clone()).await?;
    let Cast { mia, laptop, library, .. } = Cast::new(stub.url(), &http)?;
    let data = tempfile::tempdir()?;
    let unseen = &Screen::Silent;
    account::sign_up(&laptop, &mia, unseen).await?;
    account::activate(&laptop, &mia, &stub, unseen).await?;
    let session = account::log_in(&laptop, &mia, unseen).await?;
    folder::prepare(data.path(), PASSPHRASE, &laptop, &session, &http).await?;

    let said = data.path().join("said");
    let mut window = open(&programs.authenticator, data.path(), File::create(&said)?)?;
    let screen = Screen::Plain;
    screen.say(&format!("Now you are {}: a window opens with the authenticator, enrolled here.", mia.name));
    screen.say(&format!("  Its passphrase: {PASSPHRASE}"));
    screen.say("  Press Enter here, and somebody signs in as you elsewhere. Close the window to end.");
    let ended = tokio::select! {
        ended = until_closed(&mut window, &library, &mia, &screen) => Some(ended?),
        // Ctrl+C. What is in the folder goes too.
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| None)?,
    };
    stub.stop().await?;
    match ended {
        Some(ended) if !ended.success() => {
            let reason = format!("{ended}\n{}", fs::read_to_string(&said)?);
            Err(DemoError::Window { program: programs.authenticator.clone(), reason })
        }
        Some(_) => Ok(()),
        None => Ok(window.kill().await?),
    }
}

/// With folders of its own, and off the session's bus: it touches no keyring, and is not taken for a second start of an
/// authenticator that runs already.
fn open(program: &Path, data: &Path, said: File) -> Result<Child, DemoError> {
    let mut command = Command::new(program);
    command
        // Off the bus nothing would bring a hidden window back.
        .arg("--quit-on-close")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .env("XDG_DATA_HOME", data)
        .env("XDG_CONFIG_HOME", data)
        .env("XDG_CACHE_HOME", data)
        // The server is on this machine.
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stderr(said)
        .kill_on_drop(true);
    // Ctrl+C is for the demo.
    #[cfg(unix)]
    command.process_group(0);
    let started = command.spawn();
    started.map_err(|error| DemoError::Window { program: program.to_owned(), reason: error.to_string() })
}

async fn until_closed(
    window: &mut Child,
    elsewhere: &Browser,
    person: &Person,
    screen: &Screen,
) -> Result<ExitStatus, DemoError> {
    let mut enter = Enter::listen();
    loop {
        tokio::select! {
            ended = window.wait() => return Ok(ended?),
            () = enter.pressed() => {}
        }
        tokio::select! {
            ended = window.wait() => return Ok(ended?),
            // Asked too often, say: the person goes on.
            asked = sign_in(elsewhere, person, screen) => if let Err(error) = asked {
                screen.say(&error.to_string());
            },
        }
    }
}

/// Signs in, and says what came of it.
async fn sign_in(browser: &Browser, person: &Person, screen: &Screen) -> Result<(), DemoError> {
    let step = mfa_required(browser.login(person).await?)?;
    if !step.methods().iter().any(|offer| offer.method == MethodKind::Push) {
        screen.say("approvals are locked since “this wasn't me”; only the code would still do");
        return Ok(step.cancel().await?);
    }
    let waiting = pending(step.request_push(None, false).await?)?;
    // EXPOSE: this is where the person reads it.
    let number = waiting.number().expose();
    screen.say(&format!("“{}” shows the number {number} and waits: type it in the window", browser.name));
    match waiting.wait().await? {
        LoginState::Done(signed_in) => {
            screen.say(&format!("“{}” is signed in as {}", browser.name, signed_in.user.name));
        }
        LoginState::Denied { .. } => screen.say("the sign-in is refused"),
        LoginState::Expired => screen.say("nobody answered in time"),
        _ => screen.say("the sign-in has ended"),
    }
    Ok(())
}
