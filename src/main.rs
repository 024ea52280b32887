//! Parses, runs and maps to an exit code; everything else is in the library.

use std::process::ExitCode;

use modelselection_operator::process::{self, End, args::Args};

/// Distinct from a fault (1) and from invalid arguments (2).
const LEADERSHIP_LOST: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    match process::run(Args::read()).await {
        Ok(End::Stopped) => ExitCode::SUCCESS,
        Ok(End::LeadershipLost) => ExitCode::from(LEADERSHIP_LOST),
        // The missing parts are already printed.
        Ok(End::Unready) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!(error, "cannot run");
            ExitCode::FAILURE
        }
    }
}
