//! `logs`: prints the logs of a training job of a run.

use std::process::ExitCode;
use std::time::Duration;

use api::{ModelSelection, RunStatus};
use aws::{Account, AwsError, Event, GROUP, JobLogs, Kind, Start};
use kube::ResourceExt as _;
use view::training_job;

use crate::args::LogsArgs;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{clock, output};

/// The interval between polls.
const POLL: Duration = Duration::from_secs(2);
/// Number of polls without new events after the end: `CloudWatch` shows lines some seconds after they were written.
const QUIET_POLLS: usize = 3;
/// Maximum number of lines per write.
const BATCH: usize = 500;

pub(crate) async fn run(cluster: &Cluster, args: &LogsArgs) -> Outcome {
    let selection = cluster.selection(args.name.as_deref()).await?;
    let run = training_job::run(&selection, args.run.as_deref()).map_err(Failure::Message)?;
    let account = account(args, &selection).await?;
    let watched = Watched { cluster, account: &account, selection: selection.name_any(), run: training_job::name(run) };
    let Some(job) = job(&watched, args, run).await? else {
        return Err(Failure::Message(format!("run '{}' has ended without a log", watched.run)));
    };
    // With several training jobs, users want to know which one this is.
    output::note(&format!("training job {job}"));
    let since = args.since.and_then(|since| jiff::SignedDuration::try_from(since).ok());
    let since = since.and_then(|since| clock::now().checked_sub(since).ok());
    let logs = account.job_logs(&job, Start { since, tail: args.tail });
    if args.follow { follow(&watched, logs, &job).await } else { show(&watched, logs, &job).await }
}

/// The run whose logs are shown, and where.
struct Watched<'a> {
    cluster: &'a Cluster,
    account: &'a Account,
    selection: String,
    run: String,
}

async fn account(args: &LogsArgs, selection: &ModelSelection) -> Result<Account, Failure> {
    let of_jobs = selection.status.as_ref().and_then(|status| status.region.as_deref());
    let account = Account::load(args.aws.access(of_jobs.or(selection.spec.region.as_deref()))).await;
    match account.region() {
        Some(_) => Ok(account),
        None => Err(Failure::Message("the region of the selection is not known yet; set --region".to_owned())),
    }
}

/// The training job to show; `None` if there is none and none will follow.
async fn job(watched: &Watched<'_>, args: &LogsArgs, run: &RunStatus) -> Result<Option<String>, Failure> {
    if let Some(named) = args.training_job.as_deref().or(training_job::of_ended(run)) {
        return Ok(Some(named.to_owned()));
    }
    let Some(tuning_job) = &run.tuning_job_name else {
        let why = run.message.as_deref().unwrap_or("it waits");
        return Err(Failure::Message(format!("run '{}' has no tuning job yet: {why}", watched.run)));
    };
    loop {
        let ended = !args.follow || watched.run_has_ended().await?;
        // Training jobs have the name of their tuning job with a number as suffix.
        let jobs = or_none(watched.account.jobs_with_logs(&format!("{tuning_job}-")).await)?.unwrap_or_default();
        match jobs.into_iter().next() {
            Some(newest) => return Ok(Some(newest)),
            None if args.follow && ended => return Ok(None),
            None if args.follow => tokio::time::sleep(POLL).await,
            None => return Err(Failure::Message(watched.no_logs(&format!("tuning job '{tuning_job}'")))),
        }
    }
}

/// A log group that does not exist counts as empty: SageMaker creates it with the first stream.
fn or_none<T>(asked: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Prints the current events.
async fn show(watched: &Watched<'_>, mut logs: JobLogs, job: &str) -> Outcome {
    let instances = or_none(logs.look_again().await)?.unwrap_or_default();
    if instances == 0 {
        return Err(Failure::Message(watched.no_logs(&format!("training job '{job}'"))));
    }
    print(&mut logs, instances).await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints new events until the training job has ended.
async fn follow(watched: &Watched<'_>, mut logs: JobLogs, job: &str) -> Outcome {
    let mut quiet = 0;
    while quiet < QUIET_POLLS {
        // Checked before reading, so that no event before the end is missed.
        let ended = watched.has_ended(job).await?;
        let instances = or_none(logs.look_again().await)?.unwrap_or_default();
        let printed = print(&mut logs, instances).await?;
        quiet = if ended && printed == 0 { quiet + 1 } else { 0 };
        tokio::time::sleep(POLL).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the new events. Returns their number.
async fn print(logs: &mut JobLogs, instances: usize) -> Result<usize, Failure> {
    let (mut printed, mut batch) = (0, Vec::new());
    while let Some(event) = logs.next().await? {
        printed += 1;
        batch.extend(lines(&event, instances > 1));
        if batch.len() >= BATCH {
            output::lines_of(std::mem::take(&mut batch))?;
        }
    }
    output::lines_of(batch)?;
    Ok(printed)
}

/// The lines of an event; with several instances, each with the name of its instance.
fn lines(event: &Event, several: bool) -> Vec<String> {
    let named = |line: &str| if several { format!("{}: {line}", event.instance) } else { line.to_owned() };
    // Progress bars return to the beginning of the line: only the last state is printed.
    let shown = |line: &str| named(line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default());
    event.message.lines().map(shown).collect()
}

impl Watched<'_> {
    /// Whether the training job has ended, according to SageMaker; without that permission, whether the run has.
    async fn has_ended(&self, job: &str) -> Result<bool, Failure> {
        match self.account.has_ended(job).await {
            Ok(ended) => Ok(ended),
            Err(_) => self.run_has_ended().await,
        }
    }

    /// Whether the run has ended, or no longer exists.
    async fn run_has_ended(&self) -> Result<bool, Failure> {
        let selection = self.cluster.selections().get_opt(&self.selection).await?;
        let run = selection.as_ref().and_then(|selection| training_job::run(selection, Some(&self.run)).ok());
        Ok(run.is_none_or(|run| run.state.ended()))
    }

    fn no_logs(&self, of: &str) -> String {
        let region = self.account.region().unwrap_or_default();
        format!(
            "{of} has no log stream in {GROUP} of {region} yet: it comes when the training container starts. Wait for it with \
             --follow; if the job has started, check that your credentials are of its account"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_their_instance_when_there_are_several() {
        let event = |message: &str| Event { time: 0, instance: "algo-2".into(), message: message.into() };
        assert_eq!(lines(&event("one\ntwo\n"), false), ["one", "two"]);
        assert_eq!(lines(&event("one"), true), ["algo-2: one"]);
        assert_eq!(lines(&event("1/9 [>  ]\r9/9 [===]\r\n"), false), ["9/9 [===]"]);
    }
}
