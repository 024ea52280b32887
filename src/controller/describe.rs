//! What has become of the running jobs. Those that the shared sweep still sees running cost nothing; those that have
//! left it are described.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::attach::PROPAGATION;
use super::attempts::Subject;
use super::pass::Pass;
use api::{Collect, ModelSelectionSpec, Reason, RunState, RunStatus};
use decide::derived::{Derivations, hyperparameters_used};
use decide::observation::{JobStatus, TuningJob};
use decide::outcome;
use decide::problem::Problem;
use observe::Sighting;
use platform::clock;
use sagemaker::{Class, TuningError};

/// Describes at a time.
const CONCURRENCY: usize = 4;
/// Describes in a pass: what is known is reported before the next ones are asked for.
const PER_PASS: usize = 32;
/// What a training job does not have is not looked for again for so long.
const FOR_GOOD: Duration = Duration::from_secs(365 * 24 * 3600);
/// Tries in a row that fail before the run says so.
const TOLD_AFTER: u32 = 3;
/// A job that was seen before is asked for once more, in case the answer came from a replica that lags.
const GONE_TRIES: u32 = 2;

/// What the observation came to.
pub(super) struct Observed {
    /// Why SageMaker cannot be observed, when a person must help.
    pub(super) blind: Option<Problem>,
    /// There were more jobs to describe than a pass may.
    pub(super) unfinished: bool,
}

/// Brings the active runs up to date.
pub(super) async fn observe(at: &Pass<'_>, runs: &mut [RunStatus]) -> Observed {
    let mut left = Vec::new();
    for (index, run) in runs.iter_mut().enumerate().filter(|(_, run)| run.state.active()) {
        let Some(name) = &run.tuning_job_name else { continue };
        match at.sighting(name) {
            Some(Sighting::Running(job)) => {
                run.training_jobs = Some(job.training_jobs);
                if job.status == JobStatus::Stopping {
                    run.state = RunState::Stopping;
                }
                if run.reason.is_some_and(|reason| reason.needs_person() || reason == Reason::RetryingAfterError) {
                    (run.reason, run.message) = (None, None);
                }
            }
            Some(Sighting::Left(since)) if at.may_try(&Subject::Describe(name.clone())) => {
                left.push((since, index, run.clone()));
            }
            Some(Sighting::Left(_) | Sighting::Unseen) | None => {}
        }
    }
    let unfinished = left.len() > PER_PASS || recollect(at, runs).await;
    // The longest first, so that those beyond the bound have their turn.
    left.sort_by_key(|(since, ..)| *since);
    left.truncate(PER_PASS);
    let described: Vec<(usize, RunStatus)> = stream::iter(left)
        .map(async |(_, index, run)| (index, described(at, run).await))
        .buffered(CONCURRENCY)
        .collect()
        .await;
    for (index, run) in described {
        runs[index] = run;
    }
    let fault = at.ctx.observer.fault(at.region.name());
    let fault = fault.filter(|fault| fault.class.reason().needs_person() && runs.iter().any(|run| run.state.active()));
    Observed { blind: fault.map(|fault| Problem::new(fault.class.reason(), fault.explain())), unfinished }
}

/// Looks once more at the training jobs of results that lack something which expressions use, such as a hyperparameter
/// that an edit has brought in. Returns whether there are more than a pass may look at.
async fn recollect(at: &Pass<'_>, runs: &mut [RunStatus]) -> bool {
    let spec = &at.selection.spec;
    let mut lacking = incomplete(at, runs);
    lacking.retain(|(_, job)| at.may_try(&Subject::Describe(job.clone())));
    let more = lacking.len() > PER_PASS;
    lacking.truncate(PER_PASS);
    if lacking.is_empty() {
        return false;
    }
    let described: Vec<_> = stream::iter(lacking)
        .map(async |(index, job)| (index, at.region.training_result(&job).await, job))
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let (used, derivations) = (hyperparameters_used(spec), Derivations::new(spec));
    for (index, result, job) in described {
        match result {
            Ok(result) => runs[index] = outcome::seen_again(std::mem::take(&mut runs[index]), &result, &used),
            // Deleted: what is known of it stays.
            Err(error) if error.class == Class::NotFound => {}
            Err(error) => {
                tracing::info!(job, %error, "a training job cannot be described; trying again");
                at.failed(Subject::Describe(job), Duration::from_secs(2), Duration::from_secs(60));
                continue;
            }
        }
        at.succeeded(&Subject::Describe(job.clone()));
        if derivations.lack_input_of(&runs[index]) {
            // It has no such hyperparameter, and never will. An edit or a restart looks again.
            at.failed(Subject::Recollect(job), FOR_GOOD, FOR_GOOD);
        }
    }
    more
}

/// The runs at whose training jobs a look may bring what expressions use and the status lacks: index and training job.
pub(super) fn incomplete(at: &Pass<'_>, runs: &[RunStatus]) -> Vec<(usize, String)> {
    let derivations = Derivations::new(&at.spec);
    let job = |run: &RunStatus| Some(run.best.as_ref()?.training_job_name.clone());
    runs.iter()
        .enumerate()
        // Where there is a table of all training jobs, what they lack is in there.
        .filter(|(_, run)| derivations.lack_input_of(run) && !(at.spec.collect == Collect::All && run.trials.is_some()))
        .filter_map(|(index, run)| Some((index, job(run)?)))
        .filter(|(_, job)| at.may_try(&Subject::Recollect(job.clone())))
        .collect()
}

/// The run after its job was described; the run as it was when that is not possible now.
async fn described(at: &Pass<'_>, run: RunStatus) -> RunStatus {
    let Some(name) = run.tuning_job_name.clone() else { return run };
    let subject = Subject::Describe(name.clone());
    let job = match at.region.describe(&name).await {
        Ok(job) => job,
        Err(error) if error.class == Class::NotFound => {
            let failing = at.failed(subject, Duration::from_secs(5), Duration::from_secs(60));
            let gone = match run.training_jobs {
                Some(_) => failing.times >= GONE_TRIES,
                None => failing.for_at_least(PROPAGATION, clock::now()),
            };
            return if gone { outcome::gone(run) } else { run };
        }
        Err(error) => return undescribed(at, run, subject, &error),
    };
    match collected(at, run.clone(), &job).await {
        Ok(run) => {
            at.succeeded(&subject);
            if run.state.active() {
                at.ctx.observer.looked_at(at.region.name(), &at.object, &name);
            }
            run
        }
        Err(error) => undescribed(at, run, subject, &error),
    }
}

/// The run when its job could not be looked at. What a person must help with is said, and what lasts.
fn undescribed(at: &Pass<'_>, mut run: RunStatus, subject: Subject, error: &TuningError) -> RunStatus {
    tracing::info!(job = run.tuning_job_name, %error, "a tuning job cannot be described; trying again");
    let failing = at.failed(subject, Duration::from_secs(2), Duration::from_secs(60));
    let reason = error.class.reason();
    // What passes by itself is told only when it does not.
    if (reason.needs_person() || failing.times >= TOLD_AFTER) && run.reason != Some(Reason::Suspended) {
        let state = run.state;
        run = run.with(state, Some(reason), Some(&error.explain()));
    }
    run
}

/// The run as its job shows it, with the metrics of the best training job once it has ended.
pub(super) async fn collected(at: &Pass<'_>, run: RunStatus, job: &TuningJob) -> Result<RunStatus, TuningError> {
    let job = &with_parent_results(&at.spec, &run, job);
    let result = match job.best.as_ref().filter(|_| job.status.ended()) {
        None => None,
        Some(best) => match at.region.training_result(&best.training_job_name).await {
            Ok(result) => Some(result),
            // Deleted by somebody: the run has succeeded, and its metrics are missing.
            Err(error) if error.class == Class::NotFound => Some(decide::observation::TrainingResult::default()),
            Err(error) => return Err(error),
        },
    };
    // A stop that was asked for just before a crash is still ours.
    let run = if at.stops() && !run.attached && job.status == JobStatus::Stopped {
        RunStatus { reason: Some(Reason::Suspended), ..run }
    } else {
        run
    };
    let run = outcome::seen(run, job, result.as_ref(), &hyperparameters_used(&at.spec));
    if run.state.ended() {
        tracing::info!(job = run.tuning_job_name, candidate = run.candidate, dataset = run.dataset, state = ?run.state, "run ended");
    }
    Ok(run)
}

/// The job with the best training job among its own and its warm start's parents', if the spec asks for that.
fn with_parent_results(spec: &ModelSelectionSpec, run: &RunStatus, job: &TuningJob) -> TuningJob {
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == run.candidate);
    let warm_start = candidate.and_then(|candidate| candidate.warm_start.as_ref()).or(spec.tuning.warm_start.as_ref());
    let asked = warm_start.is_some_and(|warm_start| warm_start.include_parent_results);
    let best = job.overall_best.clone().filter(|_| asked).or_else(|| job.best.clone());
    TuningJob { best, ..job.clone() }
}
