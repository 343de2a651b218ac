//! One sign-in from sign-up to logout, through the SDK, over real HTTP, against a server of its own.
//!
//! Read [`story`] first: it has the steps in their order. `steps/` shows what an app does in each of them,
//! [`device`] what an app gives to the SDK before. [`window`] opens the authenticator where there is a display. The rest
//! starts the server ([`stub`]) and shows what happens ([`screen`], [`report`]).

mod cast;
mod device;
mod error;
mod report;
mod screen;
mod steps;
mod story;
mod stub;
mod window;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use countersign::{
    client::{HttpConfig, ReqwestHttp},
    ports::{Http, SystemClock},
};

use crate::{
    cast::Cast, error::DemoError, report::Report, screen::Screen, story::Storyteller, stub::Stub,
    window::Programs,
};

/// Drives one sign-in through the SDK against a server of its own: from sign-up to logout, with a code generator, a
/// trusted device and an approval on a phone.
///
/// `cargo xtask demo` builds what this needs and runs it. Progress goes to standard error, the closing table to
/// standard output. After it the authenticator opens, if it is named. The status is 0 if every step is ok.
#[derive(Parser)]
#[command(name = "countersign-demo", version)]
struct Options {
    /// The program `countersign-server`
    #[arg(long, value_name = "PATH", env = "COUNTERSIGN_SERVER")]
    server: PathBuf,

    /// The program `countersign-authenticator`, to be opened at the end
    #[arg(long, value_name = "PATH")]
    authenticator: Option<PathBuf>,

    /// Print one JSON object and nothing else: `{"steps":[{"name":"sign_up","status":"ok","ms":31},…]}`
    #[arg(long, conflicts_with = "authenticator")]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("countersign-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every step is ok.
async fn run(options: Options) -> Result<bool, DemoError> {
    // The server is on this machine, so a proxy that the system may have set up is left out.
    let http: Arc<dyn Http> = Arc::new(ReqwestHttp::new(HttpConfig::default().without_proxy())?);
    let mut storyteller = Storyteller::new(Screen::new(options.json), Arc::new(SystemClock::new()));
    let played = play(&options.server, http.clone(), &mut storyteller).await;
    let report = storyteller.finish();
    played?;
    print(&report, options.json)?;
    if let (true, Some(authenticator)) = (report.is_ok(), options.authenticator) {
        window::play(&Programs { server: options.server, authenticator }, http).await?;
    }
    Ok(report.is_ok())
}

/// Plays the story on a server of its own. A step that fails is in the report; an error is one around the steps.
async fn play(server: &Path, http: Arc<dyn Http>, storyteller: &mut Storyteller) -> Result<(), DemoError> {
    let stub = Stub::start(server, http.clone()).await?;
    let cast = Cast::new(stub.url(), &http)?;
    story::tell(&cast, &stub, storyteller).await;
    stub.stop().await
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn print(report: &Report, json: bool) -> Result<(), DemoError> {
    println!("{}", if json { report.json()? } else { report.table() });
    Ok(())
}
