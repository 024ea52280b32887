//! The arguments of `logs`.

use std::time::Duration;

use super::aws::AwsArgs;
use super::duration::duration;

/// Which logs.
#[derive(clap::Args, Debug, Clone)]
pub struct LogsArgs {
    /// Name or unique prefix; optional if the namespace has only one
    pub name: Option<String>,
    /// Run: CANDIDATE or CANDIDATE/DATASET, or a unique prefix; optional if the selection has only one
    pub run: Option<String>,
    /// Follow the logs until the training job ends
    #[arg(long, short)]
    pub follow: bool,
    /// Training job of the run; default: the best; for a failed run, the one that failed; for an active run, the newest
    #[arg(long, value_name = "JOB")]
    pub training_job: Option<String>,
    /// Print only the last LINES lines of each instance
    #[arg(long, value_name = "LINES")]
    pub tail: Option<usize>,
    /// Print only lines newer than this, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub since: Option<Duration>,
    /// How to reach AWS
    #[command(flatten)]
    pub aws: AwsArgs,
}
