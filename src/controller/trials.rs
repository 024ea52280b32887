//! All training jobs of the runs that have ended, for `collect: All`: gathered from SageMaker, kept in `ConfigMap`s, and
//! brought for the fronts.
//!
//! The list of a tuning job's training jobs is the truth. `Search` has the results of a hundred of them in one call, but
//! lags behind; those that it does not show yet are described one by one.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;

use super::attempts::Subject;
use super::pass::Pass;
use super::reconcile::Error;
use super::tables;
use crate::api::{BestTrainingJob, Collect, Hyperparameters, ModelSelectionStatus, Reason, RunStatus};
use crate::decide::front::{self, Tables};
use crate::decide::observation::TrainingResult;
use crate::decide::outcome::trial;
use crate::decide::trials::{wanted, with_inputs};
use crate::runtime::clock;
use crate::tuning::{Class, Operation, TuningError};

/// Calls in a pass, and how long a pass may be at them: what is known is reported before more is asked for.
const PER_PASS: usize = 64;
const FOR_AT_MOST: Duration = Duration::from_secs(10);
/// Describes at a time.
const CONCURRENCY: usize = 4;

/// What is known of the training jobs of a tuning job, from pass to pass. A restart begins anew.
#[derive(Default)]
pub(super) struct Gathering {
    listed: BTreeMap<String, Hyperparameters>,
    results: HashMap<String, TrainingResult>,
    step: Step,
}

/// The call to make next. Lists go on by their tokens.
enum Step {
    List(Option<String>),
    Search(Option<String>),
    Describe,
}

impl Default for Step {
    fn default() -> Self {
        Self::List(None)
    }
}

/// How much a pass may still do.
struct Budget {
    calls: usize,
    until: Timestamp,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.calls == 0 || clock::now() >= self.until
    }
}

/// Why a table cannot be had.
enum Fault {
    /// It passes by itself.
    Passing(String),
    /// Somebody must help.
    Lasting(Reason, String),
}

/// The tables that the fronts of `runs` need. `None` when the fronts stand as they are in the status: then nothing is
/// read. Runs whose training jobs are wanted get as far as a pass may go.
pub(super) async fn bring(at: &Pass<'_>, runs: &mut [RunStatus]) -> Result<Option<Tables>, Error> {
    if at.spec.collect == Collect::Best {
        return Ok(Some(Tables::new()));
    }
    let mut budget = Budget { calls: PER_PASS, until: clock::now() + FOR_AT_MOST };
    collect(at, runs, &mut budget).await;
    let last = at.ctx.newest(at.selection);
    if !at.doubted && last.status.as_ref().is_some_and(|last| front::stand(last, at.generation(), runs)) {
        return Ok(None);
    }
    tables::read(at, runs).await?;
    // Those whose table was gone.
    collect(at, runs, &mut budget).await;
    let tables = tables::read(at, runs).await?;
    for run in runs {
        if let Some(table) = run.tuning_job_name.as_ref().and_then(|job| tables.get(job)) {
            with_inputs(run, table);
        }
    }
    Ok(Some(tables))
}

/// Whether a further pass right now would get on.
pub(super) fn more_to_do(at: &Pass<'_>, status: &ModelSelectionStatus) -> bool {
    let subject = |run: &RunStatus| Subject::Trials(run.tuning_job_name.clone().unwrap_or_default());
    status.runs.iter().any(|run| wanted(&at.spec, run) && at.may_try(&subject(run)))
}

async fn collect(at: &Pass<'_>, runs: &mut [RunStatus], budget: &mut Budget) {
    for run in runs.iter_mut().filter(|run| wanted(&at.spec, run)) {
        let Some(job) = run.tuning_job_name.clone() else { continue };
        let subject = Subject::Trials(job.clone());
        if !at.may_try(&subject) {
            continue;
        }
        if budget.is_spent() {
            return;
        }
        match keep(at, run, &job, budget).await {
            Ok(Some(kept)) => {
                at.succeeded(&subject);
                *run = kept;
            }
            Ok(None) => return,
            Err(Fault::Passing(why)) => {
                tracing::info!(job, why, "the training jobs cannot be kept; trying again");
                at.failed(subject, Duration::from_secs(2), Duration::from_secs(60));
            }
            Err(Fault::Lasting(reason, why)) => {
                tracing::warn!(job, why, "the training jobs cannot be kept; only the best one is considered");
                at.failed(subject, Duration::from_secs(15), Duration::from_secs(300));
                *run = std::mem::take(run).without_trials(reason, &why);
            }
        }
    }
}

/// The run with its table; `None` when the pass may do no more. What is known is kept until the table is written.
async fn keep(at: &Pass<'_>, run: &RunStatus, job: &str, budget: &mut Budget) -> Result<Option<RunStatus>, Fault> {
    let mut gathering = at.ctx.trials.take(&at.uid, job);
    let kept = match gather(at, run, job, &mut gathering, budget).await {
        Ok(true) => {
            let written = tables::write(at, run, job, &gathering.table()).await;
            written.map(|trials| Some(run.clone().with_trials(trials))).map_err(|error| unwritten(&error))
        }
        Ok(false) => Ok(None),
        // Such as a token that is no longer taken: from the start.
        Err(error) if matches!(error.class, Class::Invalid | Class::NotFound) => return Err(unread(&error)),
        Err(error) => Err(unread(&error)),
    };
    if !matches!(kept, Ok(Some(_))) {
        at.ctx.trials.put_back(&at.uid, job, gathering);
    }
    kept
}

/// Goes on with the calls. Returns whether all is known.
async fn gather(
    at: &Pass<'_>,
    run: &RunStatus,
    job: &str,
    gathering: &mut Gathering,
    budget: &mut Budget,
) -> Result<bool, TuningError> {
    loop {
        let missing = gathering.missing();
        if matches!(gathering.step, Step::Describe) && missing.is_empty() {
            return Ok(true);
        }
        if budget.is_spent() {
            return Ok(false);
        }
        match &gathering.step {
            Step::List(token) => {
                budget.calls -= 1;
                let (listed, next) = at.region.completed_training_jobs(job, token.clone()).await?;
                gathering.listed.extend(listed);
                gathering.step = next.map_or(Step::Search(None), |next| Step::List(Some(next)));
                if matches!(gathering.step, Step::Search(_)) && gathering.listed.is_empty() {
                    return Err(none_listed());
                }
            }
            Step::Search(token) => {
                budget.calls -= 1;
                let arn = run.tuning_job_arn.as_deref().unwrap_or_default();
                match at.region.search_training_results(arn, token.clone()).await {
                    Ok((found, next)) => {
                        // Without metrics it may have been seen too early.
                        gathering.results.extend(found.into_iter().filter(|(_, result)| !result.metrics.is_empty()));
                        gathering.step = next.map_or(Step::Describe, |next| Step::Search(Some(next)));
                    }
                    Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
                        tracing::info!(job, %error, "cannot search; each training job is described");
                        gathering.step = Step::Describe;
                    }
                    Err(error) => return Err(error),
                }
            }
            Step::Describe => {
                let now: Vec<String> = missing.into_iter().take(CONCURRENCY.min(budget.calls)).collect();
                budget.calls -= now.len();
                let describe = async |name: String| (at.region.training_result(&name).await, name);
                let described: Vec<_> = stream::iter(now).map(describe).buffered(CONCURRENCY).collect().await;
                for (result, name) in described {
                    let result = match result {
                        // Deleted by somebody: it stays in the table, without metrics.
                        Err(error) if error.class == Class::NotFound => TrainingResult::default(),
                        other => other?,
                    };
                    gathering.results.insert(name, result);
                }
            }
        }
    }
}

impl Gathering {
    fn missing(&self) -> Vec<String> {
        self.listed.keys().filter(|name| !self.results.contains_key(*name)).cloned().collect()
    }

    fn table(&self) -> Vec<BestTrainingJob> {
        let of =
            |(name, chosen): (&String, &Hyperparameters)| Some(trial(name, chosen.clone(), self.results.get(name)?));
        self.listed.iter().filter_map(of).collect()
    }
}

/// The job has a best training job, so there was one.
fn none_listed() -> TuningError {
    TuningError {
        class: Class::NotFound,
        operation: Operation::ListTrainingJobsForHyperParameterTuningJob.as_str(),
        code: None,
        message: "no completed training job is listed".to_owned(),
    }
}

fn unread(error: &TuningError) -> Fault {
    match error.class {
        Class::NotFound => {
            let why = "the tuning job or its training jobs no longer exist at SageMaker";
            Fault::Lasting(Reason::TuningJobDeleted, why.to_owned())
        }
        class if class.reason().needs_person() => Fault::Lasting(class.reason(), error.explain()),
        _ => Fault::Passing(error.to_string()),
    }
}

/// What the API server says to a table that it does not take. A name that is taken by something else is refused like one
/// that is immutable.
fn unwritten(error: &Error) -> Fault {
    let Error::Kubernetes(kube::Error::Api(status)) = error else { return Fault::Passing(error.to_string()) };
    let why = format!("the API server refuses the ConfigMap: {}", status.message);
    match status.code {
        403 if status.message.contains("exceeded quota") => Fault::Lasting(Reason::QuotaExceeded, why),
        401 | 403 => Fault::Lasting(Reason::AccessDenied, why),
        400 | 404 | 405 | 413 | 422 => Fault::Lasting(Reason::InvalidRequest, why),
        _ => Fault::Passing(error.to_string()),
    }
}
