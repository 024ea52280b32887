//! `kubectl modelselection`: see the answer of a `ModelSelection`, share it, act on it.
//!
//! A verb is a file of [`verbs`]: it asks the API server, has `view` say what that means, and prints it. Standard output has
//! the data, standard error the progress and what is wrong.

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

/// Parses, runs, and maps the result to an exit code. Who closes the pipe has seen enough: that is success.
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

/// The words of the command line. Under the name `kubectl_complete-msel`, by which kubectl asks for completions, they are the
/// words to complete.
fn words(words: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut words: Vec<_> = words.collect();
    let program = words.first().map(std::path::Path::new).and_then(|program| program.file_name());
    if program.is_some_and(|program| program.to_string_lossy().starts_with("kubectl_complete-")) {
        words.insert(1, "__complete".into());
    }
    words
}

fn run(args: Args) -> Outcome {
    // kube brings TLS without a choice of the cryptography.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(verbs::run(args))
}
