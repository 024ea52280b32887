//! `kubectl modelselection`: shows, exports and changes a `ModelSelection`.
//!
//! Each verb is a file of [`verbs`]: it queries the API server, interprets the response with `view`, and prints it.
//! Standard output has the data, standard error has progress and errors.

pub mod args;
mod clock;
mod cluster;
mod draft;
mod draw;
mod failure;
mod hub;
mod manifest;
mod notebook;
mod output;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

pub use args::Args;
pub use failure::Failure;
use failure::Outcome;

/// Parses, runs, and maps the result to an exit code. A closed pipe counts as success.
pub fn main() -> ExitCode {
    let args = Args::parse_from(words(std::env::args_os()));
    match run(args) {
        Ok(code) => code,
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The arguments of the command line. Under the name `kubectl_complete-msel`, which kubectl calls for completions,
/// they are the words to complete.
fn words(words: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut words: Vec<_> = words.collect();
    let program = words.first().map(std::path::Path::new).and_then(|program| program.file_name());
    if program.is_some_and(|program| program.to_string_lossy().starts_with("kubectl_complete-")) {
        words.insert(1, "__complete".into());
    }
    words
}

fn run(args: Args) -> Outcome {
    // kube enables TLS without selecting a cryptography provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(verbs::run(args))
}
