//! `countersign-server`: the server side of Countersign for tests, demos and integration work.

mod audit;
mod signals;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{
    Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use countersign_server::{
    Config, Server,
    config::{ConfigError, MasterKey},
    domain::policy::Preset,
    store::Database,
};
use signals::Signals;

/// A server for multi-factor authentication that tests, demos and integration work can drive.
///
/// Without options it listens on port 8440 of localhost, keeps everything in memory and prints the bearer of its
/// control plane. Every route is described at /openapi.json.
#[derive(Parser)]
#[command(name = "countersign-server", version)]
struct Options {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8440, env = "COUNTERSIGN_PORT")]
    port: u16,

    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "COUNTERSIGN_BIND")]
    bind: IpAddr,

    /// Public address, if it is not http://localhost:PORT: origin, issuer and base of links
    #[arg(long, env = "COUNTERSIGN_PUBLIC_URL")]
    public_url: Option<String>,

    /// Where to keep data: "memory", a file path, or postgres://user:password@host:port/name
    #[arg(long, default_value = "memory", env = "COUNTERSIGN_DATABASE", hide_env_values = true)]
    database: String,

    /// Seals the server's keys in the database: 32 bytes in base64url. Needed with PostgreSQL; with a file, one is
    /// made beside it
    #[arg(long, env = "COUNTERSIGN_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,

    /// Rules to begin with
    #[arg(long, default_value = "standard", env = "COUNTERSIGN_PRESET", value_parser = preset())]
    preset: Preset,

    /// No control plane under /_stub
    #[cfg(feature = "stub-api")]
    #[arg(long)]
    no_stub_api: bool,

    /// Allow the control plane on an address that is not loopback
    #[cfg(feature = "stub-api")]
    #[arg(long)]
    stub_api_on_any_address: bool,

    /// Print one line of JSON when ready, with `url` and `stub_bearer`
    #[arg(long)]
    ready_json: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print the OpenAPI document
    Openapi,
    /// Look into the audit log
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Subcommand)]
enum Audit {
    /// Check the chain of each tenant and print a line for it; fails if one is not as it was written
    ///
    /// Opens the database as a start of the server does, which brings its tables up to date. A server may run
    /// meanwhile. No key is needed.
    Verify {
        /// Where the data is: a file path, or postgres://user:password@host:port/name
        #[arg(long, env = "COUNTERSIGN_DATABASE", hide_env_values = true)]
        database: String,
    },
}

fn main() -> ExitCode {
    let mut options = Options::parse();
    let command = options.command.take();
    if let Some(Command::Openapi) = command {
        return print(&countersign_server::openapi_document());
    }
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| match command {
            Some(Command::Audit(Audit::Verify { database })) => {
                runtime.block_on(audit::verify(&database_at(&database)))
            }
            Some(Command::Openapi) | None => runtime.block_on(serve(options)),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("countersign-server: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Its possible values are listed in the help.
fn preset() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::NAMES).try_map(|name| name.parse())
}

async fn serve(options: Options) -> Result<(), String> {
    let ready_json = options.ready_json;
    let config = config(options).map_err(|error| error.to_string())?;
    let bearer = config.stub_bearer.clone();
    // Before anybody is told that it is ready, so that from then on it ends in order.
    let signals = Signals::listen().map_err(|error| format!("cannot wait for signals: {error}"))?;
    let server = Server::start(config).await.map_err(|error| error.to_string())?;
    // EXPOSE: whoever starts the server drives its control plane.
    let bearer = bearer.as_ref().map(|bearer| bearer.expose().as_str());
    if ready_json {
        print(&serde_json::json!({"url": server.url(), "stub_bearer": bearer}));
    } else {
        banner(server.url(), bearer);
    }
    signals.told_to_end().await;
    server.stop().await;
    Ok(())
}

fn database_at(place: &str) -> Database {
    match place {
        "memory" => Database::Memory { name: "default_realm".to_owned() },
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Database::Postgres { url: url.into(), schema: "countersign".to_owned() }
        }
        path => Database::File(PathBuf::from(path)),
    }
}

fn config(options: Options) -> Result<Config, ConfigError> {
    let database = database_at(&options.database);
    let mut config =
        Config::for_database(database, options.master_key.map(MasterKey::from_text).transpose()?)?;
    config.listen = SocketAddr::new(options.bind, options.port);
    config.public_url = options.public_url;
    config.preset = options.preset;
    #[cfg(feature = "stub-api")]
    if options.no_stub_api || !(options.bind.is_loopback() || options.stub_api_on_any_address) {
        config.stub_bearer = None;
    }
    // Whoever may open realms by naming them may fill the memory: that is for tests, as the control plane is.
    config.realms = config.stub_bearer.is_some();
    Ok(config)
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn print(value: &serde_json::Value) -> ExitCode {
    println!("{value}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the program's greeting")]
fn banner(url: &str, bearer: Option<&str>) {
    println!("Countersign server at {url}");
    println!("  routes      {url}/openapi.json");
    match bearer {
        Some(bearer) => {
            println!("  control     {url}/_stub  with  Authorization: Bearer {bearer}");
            println!("  A server for tests: whoever holds this bearer reads every mail and moves the clock.");
        }
        None => println!("  control     off"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_lists_the_presets_and_each_is_taken() {
        let help = Options::command().render_long_help().to_string();
        for name in Preset::NAMES {
            assert!(help.contains(name), "{help}");
            Options::try_parse_from(["countersign-server", "--preset", name]).unwrap();
        }
        assert!(help.contains("possible values"), "{help}");
        assert!(Options::try_parse_from(["countersign-server", "--preset", "made-up"]).is_err());
    }
}
