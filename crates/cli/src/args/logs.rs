//! What may be said of `logs`.

use std::time::Duration;

use super::aws::AwsArgs;
use super::duration::duration;

/// Which logs.
#[derive(clap::Args, Debug, Clone)]
pub struct LogsArgs {
    /// Name, or the beginning of it; may be left out when the namespace has one
    pub name: Option<String>,
    /// Run: CANDIDATE or CANDIDATE/DATASET, or the beginning of it; may be left out when the selection has one
    pub run: Option<String>,
    /// Go on until the training job has ended
    #[arg(long, short)]
    pub follow: bool,
    /// Training job of the run; default: the best, of a failed run the one that failed, of one that runs the newest
    #[arg(long, value_name = "JOB")]
    pub training_job: Option<String>,
    /// Only so many of the last lines, of each instance
    #[arg(long, value_name = "LINES")]
    pub tail: Option<usize>,
    /// Only what is newer than this, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub since: Option<Duration>,
    /// How AWS is reached
    #[command(flatten)]
    pub aws: AwsArgs,
}
