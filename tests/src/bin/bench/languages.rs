//! From other languages: how long the SDK takes to its first code, and what a call costs.

use std::{hint::black_box, path::Path, process::Stdio, sync::Arc, time::Duration};

use countersign::{
    crypto::kdf::Argon2Cost,
    otp::{Algorithm, TotpEntry},
    ports::{Ports, SystemRandom},
    protocol::Timestamp,
    testing,
    vault::{Item, Passphrase, Vault, entries::CodeEntry},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{
    error::BenchError,
    programs::{Pair, Programs, Subject},
    report::{Row, Section, duration, time},
    timing::{Samples, Stopwatch, side_by_side, used},
};

const HOW: &str = "Start is from before the process is made to its line on standard output, beyond the same of an empty \
                   program on the same runtime, the two in turns: it loads the library, opens the vault of one entry \
                   and makes its code. The vault's passphrase costs next to nothing here. The call gives a record of \
                   three fields out; it is the median of 1,001 rounds of 100 calls, less what the same takes in Rust. \
                   Both go through the code that UniFFI makes.";
const STARTS: usize = 25;
const PASSPHRASE: &str = "correct horse battery staple";
/// The example of RFC 6238, appendix B: its secret, and its code at 59 s in six digits.
const URI: &str = "otpauth://totp/Acme:mia?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme";
const CODE: &str = "287082";

pub(crate) async fn measure(programs: &Programs, folder: &Path) -> Result<Section, BenchError> {
    let entry = TotpEntry::parse(URI).map_err(countersign::Error::from)?.entry;
    let vault = folder.join("start.vault");
    write(&vault, entry.clone()).await?;
    let [rust] = side_by_side([&mut || used(parameters(black_box(&entry)))]);

    let mut how = HOW.to_owned();
    let mut rows = Vec::new();
    for (language, subject) in &programs.languages {
        match subject {
            Subject::Built(pair) => {
                rows.push(start(language, pair, &vault).await?);
                rows.push(call(language, pair, rust).await?);
            }
            Subject::LeftOut { left_out } => {
                how.extend([" ", language, " is not measured: ", left_out, "."]);
            }
        }
    }
    Ok(Section::new("Languages", how, rows))
}

async fn start(language: &str, pair: &Pair, vault: &Path) -> Result<Row, BenchError> {
    let (mut whole, mut alone) = (Vec::with_capacity(STARTS), Vec::with_capacity(STARTS));
    // The first of each finds nothing in the caches of the system.
    for round in 0..=STARTS {
        let (empty, _) = first_line(&mut pair.empty.command()).await?;
        let mut program = pair.measured.command();
        let (taken, code) = first_line(program.arg("start").arg(vault).arg(PASSPHRASE)).await?;
        if code != CODE {
            return Err(BenchError::surprise(format!("the first code in {language} is {code:?}")));
        }
        if round > 0 {
            whole.push(taken);
            alone.push(empty);
        }
    }
    let (whole, alone) = (Samples::from(whole), Samples::from(alone));
    let beyond = whole.median().saturating_sub(alone.median());
    Ok(Row::new(format!("{language}: start to first code, beyond the runtime's (median)"), duration(beyond))
        .beside(format!(
            "the runtime alone {}; longest of {}: {} in all",
            duration(alone.median()),
            whole.count(),
            duration(whole.percentile(100))
        ))
        .target("< 40 ms", beyond < Duration::from_millis(40)))
}

async fn call(language: &str, pair: &Pair, rust: f64) -> Result<Row, BenchError> {
    let (_, line) = first_line(pair.measured.command().arg("call")).await?;
    let taken: f64 =
        line.parse().map_err(|_| BenchError::surprise(format!("a call in {language} takes {line:?}")))?;
    let over = taken - rust;
    Ok(Row::new(format!("{language}: a call with a small record, over the same in Rust"), time(over))
        .beside(format!("in Rust {rust:.1} ns"))
        .target("< 5 µs", over < 5e3))
}

/// How long a program takes to its first line, and the line.
async fn first_line(command: &mut Command) -> Result<(Duration, String), BenchError> {
    let watch = Stopwatch::default();
    let before = watch.read();
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(stdout) = process.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).await?;
    }
    let taken = watch.since(before);
    let status = process.wait().await?;
    if !status.success() {
        return Err(BenchError::surprise(format!("{command:?} ended with {status}")));
    }
    Ok((taken, line.trim().to_owned()))
}

/// A vault with this entry.
async fn write(path: &Path, entry: TotpEntry) -> Result<(), BenchError> {
    let random = Arc::new(SystemRandom::default());
    let ports = Ports { random: random.clone(), ..testing::ports() };
    let passphrase = Passphrase::new(&PASSPHRASE.into())?;
    let vault = Vault::create(path, &passphrase, Argon2Cost::new(8, 1, 1)?, ports).await?;
    vault.put(&Item::new(CodeEntry::new(entry, Timestamp::from_seconds(0)), &*random)?).await?;
    Ok(vault.lock().close().await?)
}

/// What the measured call gives out.
fn parameters(entry: &TotpEntry) -> (Algorithm, u8, u64) {
    let totp = entry.totp();
    (totp.algorithm(), totp.digits().get(), totp.period().as_seconds())
}
