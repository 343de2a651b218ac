//! Writes the other languages' side of the library, from what `UniFFI` left in it. Run by `cargo xtask bindings`.
//!
//! A program of its own, so that neither the library nor `xtask` is built with the generator.

use std::process::ExitCode;

use clap::Parser;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

/// Writes the other languages' side of the library.
#[derive(Parser)]
struct Arguments {
    /// The library, built and not stripped
    #[arg(long)]
    library: String,
    /// The settings of the generator
    #[arg(long)]
    config: String,
    /// For which language
    #[arg(long)]
    language: Language,
    /// Where to write
    #[arg(long)]
    out_dir: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Kotlin,
    Python,
    Swift,
}

impl From<Language> for TargetLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::Kotlin => Self::Kotlin,
            Language::Python => Self::Python,
            Language::Swift => Self::Swift,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = GenerateOptions {
        languages: vec![arguments.language.into()],
        source: arguments.library.into(),
        out_dir: arguments.out_dir.into(),
        config_override: Some(arguments.config.into()),
        ..GenerateOptions::default()
    };
    match generate(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
