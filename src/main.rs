//! Parses, runs and maps to an exit code; everything else is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use modelselection_operator::runtime::{self, args::Args};

#[tokio::main]
async fn main() -> ExitCode {
    match runtime::run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "cannot run");
            ExitCode::FAILURE
        }
    }
}
