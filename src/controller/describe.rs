//! Updates active runs. Jobs that the last poll saw running, or ended with their results, cost no call; jobs that left
//! the listing are described.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;

use super::fetch::{Fetched, applied, fetch, found};
use super::pass::Pass;
use api::{Collect, ModelSelectionSpec, RunState, RunStatus};
use decide::identity::{self, Ownership};
use decide::observation::JobStatus;
use decide::problem::Problem;
use decide::retry::{Outcome, Task, reported};
use decide::run::{RunEvent, after, apply, is_unproven};
use observe::Sighting;
use platform::clock;
use sagemaker::{Class, EndedJob, TuningError};

/// Concurrent describes.
const CONCURRENCY: usize = 4;
/// Most describes in one pass: the status shows their results before the next ones.
const PER_PASS: usize = 32;

/// A job to update.
struct DueJob {
    name: String,
    since: Timestamp,
    /// The job as a search returned it.
    found: Option<Arc<EndedJob>>,
    /// The runs that follow the job: several candidates may refer to the same one.
    runs: Vec<usize>,
}

/// Jobs to update, by name.
#[derive(Default)]
struct Due(BTreeMap<String, DueJob>);

impl Due {
    fn add(&mut self, name: &str, since: Timestamp, found: Option<&Arc<EndedJob>>, run: usize) {
        let new = || DueJob { name: name.to_owned(), since, found: found.cloned(), runs: Vec::new() };
        self.0.entry(name.to_owned()).or_insert_with(new).runs.push(run);
    }

    /// The jobs that have waited longest, as many as one pass allows, and whether there are more. Jobs that cost no
    /// call are not limited.
    fn first(self) -> (Vec<DueJob>, bool) {
        let whole = |job: &DueJob| job.found.as_ref().is_some_and(|found| found.result.is_some());
        let (mut jobs, mut others): (Vec<_>, Vec<_>) = self.0.into_values().partition(whole);
        let more = others.len() > PER_PASS;
        others.sort_by_key(|job| job.since);
        jobs.extend(others.into_iter().take(PER_PASS));
        (jobs, more)
    }
}

/// Updates the active runs. `sightings` is what the polls have shown of their jobs. Returns whether more jobs are due
/// than one pass may describe.
pub(super) async fn describe(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    runs: &mut [RunStatus],
    sightings: &HashMap<String, Sighting>,
) -> bool {
    let mut due = Due::default();
    for (index, run) in runs.iter_mut().enumerate() {
        let Some(name) = run.tuning_job_name.clone() else { continue };
        if run.state.active() {
            let task = Task::Describe(name.clone());
            match sightings.get(&name) {
                _ if is_unproven(run) => {
                    if pass.may_try(&task) {
                        due.add(&name, Timestamp::MIN, None, index);
                    }
                }
                Some(Sighting::Running(job)) => {
                    let stopping = job.status == JobStatus::Stopping;
                    apply(run, RunEvent::Listed { training_jobs: job.training_jobs, stopping });
                }
                Some(Sighting::Left(since)) if pass.may_try(&task) => due.add(&name, *since, None, index),
                Some(Sighting::Ended(found)) if pass.may_try(&task) => {
                    due.add(&name, Timestamp::MIN, Some(found), index);
                }
                Some(Sighting::Left(_) | Sighting::Ended(_) | Sighting::Unseen) | None => {}
            }
        } else if is_due_again(pass, run, &name) {
            due.add(&name, Timestamp::MAX, None, index);
        }
    }
    let (jobs, more) = due.first();
    let described: Vec<_> = stream::iter(jobs)
        .map(async |DueJob { name, found: ended, runs: of, .. }| {
            let fetched = match &ended {
                Some(ended) => found(pass, spec, &runs[of[0]], &name, ended).await,
                None => fetch(pass, spec, &runs[of[0]], &name).await,
            };
            let unproven = of.iter().any(|&index| is_unproven(&runs[index]));
            let tagged = match fetched {
                Ok(fetched) if unproven => {
                    let tags = pass.region.tags(&fetched.job.arn).await;
                    tags.map(|tags| Seen { fetched, tags })
                }
                fetched => fetched.map(|fetched| Seen { fetched, tags: Vec::new() }),
            };
            (name, of, tagged)
        })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    for (job, of, seen) in described {
        let outcome = outcome(pass, &job, &runs[of[0]], seen);
        for index in of {
            apply_look(pass, &mut runs[index], &job, &outcome);
        }
    }
    let unfinished = describe_again(pass, spec, runs).await;
    more || unfinished
}

/// Whether to look once more for a job that was declared deleted.
fn is_due_again(pass: &Pass<'_>, run: &RunStatus, job: &str) -> bool {
    let task = Task::FindDeleted(job.to_owned());
    // A new process does not know whether an earlier one looked again.
    let failures = pass.ctx.retries.failures(&pass.uid, &task);
    is_declared_deleted(run) && pass.may_try(&task) && failures.is_none_or(|failures| failures.times == 1)
}

fn is_declared_deleted(run: &RunStatus) -> bool {
    run.state == RunState::Failed && run.reason == Some(api::Reason::TuningJobDeleted)
}

/// A job as SageMaker describes it, with its tags if its ownership is not proven yet.
struct Seen {
    fetched: Fetched,
    tags: Vec<(String, String)>,
}

/// The result of describing a job.
enum Look {
    /// The job.
    Seen(Seen),
    /// It no longer exists.
    Missing,
    /// Unknown at the moment; the status shows the problem, if there is one.
    Unknown(Option<Problem>),
}

fn outcome(pass: &Pass<'_>, job: &str, run: &RunStatus, seen: Result<Seen, TuningError>) -> Look {
    let task = Task::Describe(job.to_owned());
    if is_declared_deleted(run) {
        let again = Task::FindDeleted(job.to_owned());
        return match seen {
            Ok(seen) if seen.fetched.job.status != JobStatus::Deleting => {
                tracing::warn!(job, "a tuning job that counted as deleted exists after all");
                pass.succeeded(&again);
                Look::Seen(seen)
            }
            Ok(_) | Err(_) => {
                pass.failed(again, Outcome::Refused);
                Look::Unknown(None)
            }
        };
    }
    match seen {
        Ok(seen) => {
            pass.succeeded(&task);
            Look::Seen(seen)
        }
        Err(error) if error.class == Class::NotFound => {
            let failures = pass.failed(task.clone(), Outcome::Fault(error.class));
            if !pass.is_missing(failures) {
                return Look::Unknown(None);
            }
            pass.succeeded(&task);
            // It is described once more after the consistency window.
            pass.failed(Task::FindDeleted(job.to_owned()), Outcome::Accepted);
            Look::Missing
        }
        Err(error) => {
            tracing::info!(job, %error, "a tuning job cannot be described; trying again");
            let failures = pass.failed(task, Outcome::Fault(error.class));
            let problem = || Problem::new(error.class.reason(), error.explain());
            Look::Unknown(reported(error.class, failures.times).then(problem))
        }
    }
}

fn apply_look(pass: &Pass<'_>, run: &mut RunStatus, job: &str, look: &Look) {
    match look {
        Look::Seen(Seen { fetched, tags }) => {
            if is_unproven(run) && !proves(pass, run, job, tags) {
                return;
            }
            if is_declared_deleted(run) {
                apply(run, RunEvent::Unverified);
            }
            *run = applied(pass, std::mem::take(run), fetched);
            let Some(name) = &run.tuning_job_name else { return };
            let (observer, region) = (&pass.ctx.observer, pass.region.name());
            if run.state.active() {
                observer.looked_at(region, &pass.object, name);
            }
            if let (RunState::Succeeded, Some(lasted)) = (run.state, fetched.job.lasted) {
                observer.learn(region, &pass.object, name, lasted);
            }
        }
        // A name that does not follow from the run's identity is not the name of a job that the run once had.
        Look::Missing if is_unproven(run) && pass.identity(run).job_name() != job => apply(run, RunEvent::NotItsJob),
        Look::Missing => apply(run, RunEvent::Deleted),
        Look::Unknown(Some(problem)) => apply(run, RunEvent::NotObserved(problem)),
        Look::Unknown(None) => {}
    }
}

/// Whether the job's tags prove that it was created for the run. A job of another owner is forgotten; a job whose tags
/// are not visible yet is checked again.
fn proves(pass: &Pass<'_>, run: &mut RunStatus, job: &str, tags: &[(String, String)]) -> bool {
    let prove = Task::Prove(job.to_owned());
    let difference = match pass.identity(run).made(job, tags) {
        Ownership::Ours => {
            pass.succeeded(&prove);
            let attempt = identity::attempt(tags).unwrap_or(run.attempt);
            apply(run, RunEvent::Proven { attempt });
            return true;
        }
        Ownership::Unproven(missing) => {
            let failures = pass.failed(prove.clone(), Outcome::Fault(Class::NotFound));
            pass.failed(Task::Describe(job.to_owned()), Outcome::Fault(Class::Transient));
            if !pass.is_missing(failures) {
                return false;
            }
            missing
        }
        Ownership::Foreign(difference) => {
            pass.failed(Task::Describe(job.to_owned()), Outcome::Fault(Class::Transient));
            if !pass.note_foreign_answer(job) {
                return false;
            }
            difference
        }
    };
    pass.succeeded(&prove);
    tracing::warn!(job, difference, "the status names a tuning job that was not made for the run; it is forgotten");
    apply(run, RunEvent::NotItsJob);
    false
}

/// Describes again the training jobs of results that lack an input of an expression, such as a hyperparameter that an
/// edit has introduced. Returns whether there are more than one pass may describe.
async fn describe_again(pass: &Pass<'_>, spec: &ModelSelectionSpec, runs: &mut [RunStatus]) -> bool {
    let mut lacking = incomplete(pass, spec, runs);
    lacking.retain(|(_, job)| pass.may_try(&Task::Describe(job.clone())));
    let more = lacking.len() > PER_PASS;
    lacking.truncate(PER_PASS);
    if lacking.is_empty() {
        return false;
    }
    let described: Vec<_> = stream::iter(lacking)
        .map(async |(index, job)| (index, pass.region.training_result(&job).await, job))
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let derivations = pass.derivations(&pass.selection.spec);
    let used = derivations.hyperparameters_used();
    for (index, result, job) in described {
        match result {
            Ok(result) => {
                let event = RunEvent::DescribedAgain { result: &result, used: &used };
                runs[index] = after(std::mem::take(&mut runs[index]), event);
            }
            // Deleted: the known values stay.
            Err(error) if error.class == Class::NotFound => {}
            Err(error) => {
                tracing::info!(job, %error, "a training job cannot be described; trying again");
                pass.failed(Task::Describe(job), Outcome::Fault(error.class));
                continue;
            }
        }
        pass.succeeded(&Task::Describe(job.clone()));
        if derivations.lack_input_of(&runs[index]) {
            // It has no such hyperparameter. An edit or a restart describes it again.
            pass.failed(Task::DescribeAgain(job), Outcome::Refused);
        }
    }
    more
}

/// The runs whose training jobs may have inputs of expressions that the status lacks: index and training job.
pub(super) fn incomplete(pass: &Pass<'_>, spec: &ModelSelectionSpec, runs: &[RunStatus]) -> Vec<(usize, String)> {
    let derivations = pass.derivations(spec);
    let job = |run: &RunStatus| Some(run.best.as_ref()?.training_job_name.clone());
    runs.iter()
        .enumerate()
        // If there is a table of all training jobs, it has the missing values.
        .filter(|(_, run)| derivations.lack_input_of(run) && !(spec.collect == Collect::All && run.trials.is_some()))
        .filter_map(|(index, run)| Some((index, job(run)?)))
        .filter(|(_, job)| pass.may_try(&Task::DescribeAgain(job.clone())))
        .collect()
}

/// The time until a job that was declared deleted is looked for once more, if any is.
pub(super) fn next_look(pass: &Pass<'_>, runs: &[RunStatus]) -> Option<Duration> {
    let deleted = runs.iter().filter(|run| is_declared_deleted(run)).filter_map(|run| run.tuning_job_name.clone());
    let failures = deleted.filter_map(|job| pass.ctx.retries.failures(&pass.uid, &Task::FindDeleted(job)));
    let next = failures.filter(|failures| failures.times == 1).map(|failures| failures.not_before).min()?;
    let pause = Duration::try_from(next.duration_since(clock::steady())).unwrap_or_default();
    // A job that was looked for once more is not looked for again.
    (pause <= pass.ctx.settings.consistency_window * 3).then_some(pause)
}
