//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

use crate::events::sender::Target;
use crate::logs::models::Table;
use crate::operations::call::Settings;
use crate::operations::quotas::Quotas;
use crate::operations::view::{self, Lag, Since, Time};
use crate::service::emulator::{Options, Snapshot};
use crate::service::faults::Order;
use crate::service::rates::Rate;

/// An emulated SageMaker on loopback, for tests and for trying a manifest without an account.
///
/// Prints its URL on the first line of its output and "ready: ..." on the second. Logs go to standard error.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "these comments are the help text, where backticks would show")]
#[command(name = "sagemaker-emulator", version)]
pub struct Args {
    /// Address to listen on; only loopback is accepted. Port 0 lets the system choose.
    #[arg(long, env = "SAGEMAKER_EMULATOR_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    pub listen: SocketAddr,

    /// Account id in every ARN.
    #[arg(long, env = "SAGEMAKER_EMULATOR_ACCOUNT", value_name = "ID", default_value = "111122223333", value_parser = account)]
    pub account: String,

    /// Virtual seconds per real second; 0 stops the clock, which then only advances with POST /_emulator/clock.
    #[arg(long, env = "SAGEMAKER_EMULATOR_SPEED", value_name = "X", default_value_t = 60.0, value_parser = not_negative)]
    pub speed: f64,

    /// Table of models to use instead of the embedded one (JSON: {"models": [{"match": ..., "accuracy": ...}]}).
    #[arg(long, env = "SAGEMAKER_EMULATOR_MODELS", value_name = "FILE")]
    pub models: Option<PathBuf>,

    /// Number of generated models of other tasks and frameworks to add to the hub; 838 make it a thousand.
    #[arg(long, env = "SAGEMAKER_EMULATOR_EXTRA_MODELS", value_name = "N")]
    pub extra_models: Option<usize>,

    /// Add a few models of other tasks to the hub: tabular data, text classification, object detection.
    #[arg(long, env = "SAGEMAKER_EMULATOR_OTHER_TASKS")]
    pub other_tasks: bool,

    /// Limit of concurrent tuning jobs, per region.
    #[arg(long, env = "SAGEMAKER_EMULATOR_MAX_TUNING_JOBS", value_name = "N", default_value_t = 100)]
    pub max_tuning_jobs: u32,

    /// Limit of parallel training jobs of a tuning job.
    #[arg(long, env = "SAGEMAKER_EMULATOR_MAX_PARALLEL_TRAINING_JOBS", value_name = "N", default_value_t = 10)]
    pub max_parallel_training_jobs: u32,

    /// Limit of training instances of a type, for example ml.p3.2xlarge=4; other types have no limit.
    #[arg(long, env = "SAGEMAKER_EMULATOR_INSTANCE_LIMIT", value_name = "TYPE=N", value_delimiter = ',', value_parser = instance_limit)]
    pub instance_limit: Vec<(String, u32)>,

    /// Rate limit of an operation in real time, for example Search=2:5 or '*=10'; calls above it get
    /// ThrottlingException.
    #[arg(long, env = "SAGEMAKER_EMULATOR_RATE", value_name = "OPERATION=PERSECOND[:BURST]", value_delimiter = ',')]
    pub rate: Vec<Rate>,

    /// Real seconds until List and Search show a new job.
    #[arg(long, env = "SAGEMAKER_EMULATOR_LIST_LAG", value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative)]
    pub list_lag: f64,

    /// Virtual seconds by which the index of Search lags: new jobs and changes become visible that much later.
    #[arg(long, env = "SAGEMAKER_EMULATOR_SEARCH_LAG", value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative)]
    pub search_lag: f64,

    /// Stale reads, for example ListTags:Untagged:5 or "*:Missing:20,since=now,contains=a".
    #[arg(
        long,
        env = "SAGEMAKER_EMULATOR_LAG",
        value_name = "OPERATION:KIND:SECONDS[,since=now][,time=real][,contains=TEXT][,every=N]",
        value_delimiter = ' '
    )]
    pub lag: Vec<Lag>,

    /// Virtual seconds from the first use of an execution role until the service can assume it.
    #[arg(long, env = "SAGEMAKER_EMULATOR_ROLE_DELAY", value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative)]
    pub role_delay: f64,

    /// A tuning job that reaches its MaxRuntimeInSeconds ends as Stopped, not Completed.
    #[arg(long, env = "SAGEMAKER_EMULATOR_STOPPED_AT_LIMIT")]
    pub stopped_at_limit: bool,

    /// Execution role that the service cannot assume.
    #[arg(long, env = "SAGEMAKER_EMULATOR_UNASSUMABLE_ROLE", value_name = "ARN", value_delimiter = ' ')]
    pub unassumable_role: Vec<String>,

    /// Fault to inject from the start, for example CreateHyperParameterTuningJob:DropAnswer:1 or "*:Delay,delay=200".
    #[arg(
        long,
        env = "SAGEMAKER_EMULATOR_FAULT",
        value_name = "OPERATION:KIND[:COUNT][,contains=TEXT][,delay=MILLIS]",
        value_delimiter = ' '
    )]
    pub fault: Vec<Order>,

    /// Sends state changes like EventBridge: to an SQS queue (http://HOST:PORT/ACCOUNT/NAME) or to any HTTP endpoint.
    #[arg(long, env = "SAGEMAKER_EMULATOR_EVENTS_URL", value_name = "URL")]
    pub events_url: Option<Target>,

    /// Sends no events of training jobs, like EventBridge with a rule for tuning jobs.
    #[arg(long, env = "SAGEMAKER_EMULATOR_NO_TRAINING_JOB_EVENTS")]
    pub no_training_job_events: bool,

    /// Number of requests kept for GET /_emulator/requests.
    #[arg(long, env = "SAGEMAKER_EMULATOR_LOG_SIZE", value_name = "N", default_value_t = 100_000)]
    pub log_size: usize,

    /// Snapshot file, written at the end and read at the start, so that a restarted emulator keeps its jobs.
    #[arg(long, env = "SAGEMAKER_EMULATOR_STATE", value_name = "FILE")]
    pub state: Option<PathBuf>,
}

/// Why the emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Listening on anything but loopback would let others use it as a service without authentication.
    #[error(
        "{0} is not a loopback address; the emulator accepts any signature and must not be reachable from elsewhere"
    )]
    NotLoopback(SocketAddr),
    /// The file of models cannot be used.
    #[error("cannot read the models in {path}: {reason}")]
    Models {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The snapshot cannot be used.
    #[error("cannot use the snapshot {path}: {reason}")]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Listening on the address failed, or output cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Args {
    /// The configuration of the emulator.
    pub fn options(self) -> Result<Options, StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.listen));
        }
        let mut table = match self.models {
            None => Table::embedded(),
            Some(path) => {
                let text = std::fs::read_to_string(&path);
                let table = text.map_err(|error| error.to_string()).and_then(|text| Table::parse(&text));
                table.map_err(|reason| StartError::Models { path, reason })?
            }
        };
        table.other_tasks = table.other_tasks.or(self.other_tasks.then_some(true));
        table.extra_models = self.extra_models.or(table.extra_models);
        let mut lags = self.lag;
        let late = |operation: &str, kind, seconds, time| Lag {
            operation: operation.to_owned(),
            kind,
            seconds,
            since: Since::Created,
            time,
            name_contains: None,
            every: None,
        };
        if self.list_lag > 0.0 {
            let lists = ["ListHyperParameterTuningJobs", "ListTrainingJobs", "Search"];
            lags.extend(lists.map(|operation| late(operation, view::Kind::Missing, self.list_lag, Time::Real)));
        }
        if self.search_lag > 0.0 {
            lags.push(late("Search", view::Kind::Behind, self.search_lag, Time::Virtual));
        }
        Ok(Options {
            settings: Settings {
                account: self.account,
                quotas: Quotas {
                    tuning_jobs: self.max_tuning_jobs,
                    parallel_training_jobs: self.max_parallel_training_jobs,
                    instances: self.instance_limit.into_iter().collect(),
                },
                unassumable_roles: self.unassumable_role,
                role_delay: self.role_delay,
                stopped_at_limit: self.stopped_at_limit,
            },
            speed: self.speed,
            table,
            rates: self.rate,
            faults: self.fault,
            lags,
            log_size: self.log_size,
        })
    }

    /// The snapshot to resume from; a missing file counts as an empty one.
    pub fn snapshot(&self) -> Result<Snapshot, StartError> {
        let Some(path) = self.state.as_ref().filter(|path| path.exists()) else { return Ok(Snapshot::default()) };
        let text = std::fs::read_to_string(path);
        let snapshot = text
            .map_err(|error| error.to_string())
            .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        snapshot.map_err(|reason| StartError::Snapshot { path: path.clone(), reason })
    }
}

fn account(text: &str) -> Result<String, String> {
    let twelve_digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if twelve_digits { Ok(text.to_owned()) } else { Err("an account id has 12 digits".to_owned()) }
}

fn not_negative(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|n| n.is_finite() && *n >= 0.0)
        .ok_or_else(|| "expected a number from 0 up".to_owned())
}

fn instance_limit(text: &str) -> Result<(String, u32), String> {
    let (kind, n) = text.split_once('=').ok_or("expected TYPE=N, for example ml.p3.2xlarge=4")?;
    Ok((kind.to_owned(), n.parse().map_err(|_| format!("{n} is not a number of instances"))?))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_valid_and_every_flag_has_its_variable() {
        let command = Args::command();
        command.clone().debug_assert();
        for argument in
            command.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
        {
            let expected = format!("SAGEMAKER_EMULATOR_{}", argument.get_id().as_str().to_uppercase());
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()));
        }
    }

    #[test]
    fn only_loopback_is_accepted() {
        for (address, accepted) in
            [("127.0.0.1:0", true), ("[::1]:0", true), ("0.0.0.0:0", false), ("10.0.0.1:80", false)]
        {
            let args = Args::parse_from(["sagemaker-emulator", "--listen", address]);
            assert_eq!(args.options().is_ok(), accepted, "{address}");
        }
    }
}
