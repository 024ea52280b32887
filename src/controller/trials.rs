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
use api::{BestTrainingJob, Collect, Hyperparameters, ModelSelectionStatus, Reason, RunStatus, Trials};
use decide::front::{self, Tables};
use decide::observation::TrainingResult;
use decide::outcome::trial;
use decide::table::is_of;
use decide::trials::{wanted, with_inputs, with_trials, without_trials};
use platform::clock;
use sagemaker::{Class, Operation, Pages, TuningError};

/// Calls in a pass, and how long a pass may be at them: what is known is reported before more is asked for.
const PER_PASS: usize = 64;
const FOR_AT_MOST: Duration = Duration::from_secs(10);
/// Describes at a time.
const CONCURRENCY: usize = 4;
/// How often in a row SageMaker must say that a tuning job is gone before it is believed: nothing brings it back.
const GONE_TRIES: u32 = 2;

/// What is known of the training jobs of a tuning job, from pass to pass. A restart begins anew.
#[derive(Default)]
pub(super) struct Gathering {
    listed: BTreeMap<String, Hyperparameters>,
    results: HashMap<String, TrainingResult>,
    step: Step,
    /// How often it was said that the tuning job is gone.
    gone: u32,
}

/// The call to make next. Lists go on by their tokens.
enum Step {
    List(Pages),
    Search(Pages),
    Describe,
}

impl Default for Step {
    fn default() -> Self {
        Self::List(Pages::default())
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
/// read. Runs whose training jobs are wanted get as far as a pass may go; of those whose table cannot be had, the best
/// training job is considered.
pub(super) async fn bring(at: &Pass<'_>, runs: &mut [RunStatus]) -> Option<Tables> {
    if at.spec.collect == Collect::Best {
        return Some(Tables::new());
    }
    let last = at.ctx.newest(at.selection).status.clone().unwrap_or_default();
    if at.doubted || last.observed_generation != at.generation() {
        runs.iter_mut().filter(|run| wanted(&at.spec, run) && lost(run)).for_each(|run| try_again(at, run));
    }
    let mut budget = Budget { calls: PER_PASS, until: clock::now() + FOR_AT_MOST };
    collect(at, runs, &mut budget).await;
    if !at.doubted && front::stand(&last, at.generation(), runs) {
        return None;
    }
    read(at, runs).await;
    // Those whose table was gone.
    collect(at, runs, &mut budget).await;
    read(at, runs).await;
    let tables = tables::in_memory(at);
    for run in runs {
        if let Some(table) = run.tuning_job_name.as_ref().and_then(|job| tables.get(job)) {
            with_inputs(run, table);
        }
    }
    Some(tables)
}

/// Whether a further pass right now would get on.
pub(super) fn more_to_do(at: &Pass<'_>, status: &ModelSelectionStatus) -> bool {
    let subject = |run: &RunStatus| Subject::Trials(run.tuning_job_name.clone().unwrap_or_default());
    status.runs.iter().any(|run| to_collect(at, run) && at.may_try(&subject(run)))
}

/// Whether the training jobs of a run are wanted and may still be had.
pub(super) fn to_collect(at: &Pass<'_>, run: &RunStatus) -> bool {
    wanted(&at.spec, run) && !lost(run)
}

/// Whether the training jobs of a run that wants them are gone for good: it is looked again only after an edit.
fn lost(run: &RunStatus) -> bool {
    run.reason == Some(Reason::TuningJobDeleted)
}

/// Looks at a lost run once more.
fn try_again(at: &Pass<'_>, run: &mut RunStatus) {
    let Some(job) = &run.tuning_job_name else { return };
    at.ctx.trials.put_back(&at.uid, job, Gathering { gone: GONE_TRIES - 1, ..Gathering::default() });
    let state = run.state;
    *run = std::mem::take(run).with(state, None, None);
}

/// Brings the tables of the runs into memory.
async fn read(at: &Pass<'_>, runs: &mut [RunStatus]) {
    for run in runs {
        let Err(error) = tables::read(at, run).await else { continue };
        let Some(job) = run.tuning_job_name.clone() else { continue };
        let fault = refused(&error);
        let passing = matches!(fault, Fault::Passing(_));
        hinder(at, run, &job, fault);
        // A server that does not answer must not hold the pass for each run. When this one is had, so are the others.
        if passing {
            return;
        }
    }
}

async fn collect(at: &Pass<'_>, runs: &mut [RunStatus], budget: &mut Budget) {
    for run in runs.iter_mut().filter(|run| to_collect(at, run)) {
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
            Err(fault) => hinder(at, run, &job, fault),
        }
    }
}

/// Goes on without the table of a run, for now or for good.
fn hinder(at: &Pass<'_>, run: &mut RunStatus, job: &str, fault: Fault) {
    let subject = Subject::Trials(job.to_owned());
    match fault {
        Fault::Passing(why) => {
            tracing::info!(job, why, "the training jobs cannot be kept; trying again");
            at.failed(subject, Duration::from_secs(2), Duration::from_secs(60));
            run.trials = None;
        }
        Fault::Lasting(reason, why) => {
            tracing::warn!(job, why, "the training jobs cannot be kept; only the best one is considered");
            *run = without_trials(std::mem::take(run), reason, &why);
            if lost(run) {
                // No time comes to try it again.
                at.succeeded(&subject);
            } else {
                at.failed(subject, Duration::from_secs(15), Duration::from_secs(300));
            }
        }
    }
}

/// The run with its table; `None` when the pass may do no more. What is known is kept until the table is written.
async fn keep(at: &Pass<'_>, run: &RunStatus, job: &str, budget: &mut Budget) -> Result<Option<RunStatus>, Fault> {
    let mut gathering = at.ctx.trials.take(&at.uid, job);
    let kept = find_or_make(at, run, job, &mut gathering, budget).await;
    if !matches!(kept, Ok(Some(_)) | Err(Fault::Lasting(Reason::TuningJobDeleted, _))) {
        at.ctx.trials.put_back(&at.uid, job, gathering);
    }
    Ok(kept?.map(|trials| with_trials(run.clone(), trials)))
}

async fn find_or_make(
    at: &Pass<'_>,
    run: &RunStatus,
    job: &str,
    gathering: &mut Gathering,
    budget: &mut Budget,
) -> Result<Option<Trials>, Fault> {
    // After trouble the table may be there, and was not to be read. It may be all that is left of the training jobs.
    let trouble = run.reason.is_some() || at.ctx.attempts.since(&at.uid, &Subject::Trials(job.to_owned())).is_some();
    if trouble
        && gathering.is_new()
        && let Some(trials) = tables::find(at, job).await.map_err(|error| refused(&error))?
    {
        return Ok(Some(trials));
    }
    match gather(at, run, job, gathering, budget).await {
        Ok(true) => {
            let written = tables::write(at, run, job, &gathering.table(run)).await;
            written.map(Some).map_err(|error| refused(&error))
        }
        Ok(false) => Ok(None),
        Err(error) => {
            let gone = gathering.gone + u32::from(error.class == Class::NotFound);
            // Such as a token that is no longer taken: from the start.
            if matches!(error.class, Class::Invalid | Class::NotFound) {
                *gathering = Gathering { gone, ..Gathering::default() };
            }
            Err(unread(&error, gone))
        }
    }
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
        match &mut gathering.step {
            Step::List(pages) => {
                budget.calls -= 1;
                let (listed, next) = at.region.completed_training_jobs(job, pages.token()).await?;
                gathering.listed.extend(listed);
                pages.turn(Operation::ListTrainingJobsForHyperParameterTuningJob, next)?;
                if !pages.go_on() {
                    gathering.step = Step::Search(Pages::default());
                }
                // With `includeParentResults` it may be a parent's, which is not listed.
                if let Some(best) = run.best.as_ref().filter(|best| !is_of(job, &best.training_job_name)) {
                    gathering.listed.insert(best.training_job_name.clone(), best.hyperparameters.clone());
                }
                if matches!(gathering.step, Step::Search(_)) && gathering.listed.is_empty() {
                    return Err(none_listed());
                }
            }
            Step::Search(pages) => {
                budget.calls -= 1;
                let arn = run.tuning_job_arn.as_deref().unwrap_or_default();
                match at.region.search_training_results(arn, pages.token()).await {
                    Ok((found, next)) => {
                        // Without metrics it may have been seen too early.
                        gathering.results.extend(found.into_iter().filter(|(_, result)| !result.metrics.is_empty()));
                        pages.turn(Operation::Search, next)?;
                        if !pages.go_on() {
                            gathering.step = Step::Describe;
                        }
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

    /// Whether nothing is known yet.
    fn is_new(&self) -> bool {
        self.listed.is_empty() && matches!(&self.step, Step::List(pages) if pages.token().is_none())
    }

    fn table(&self, run: &RunStatus) -> Vec<BestTrainingJob> {
        // Of the best one more may be known than can still be described.
        let known = |name: &str| run.best.clone().filter(|best| best.training_job_name == name);
        let of = |(name, chosen): (&String, &Hyperparameters)| {
            let result = self.results.get(name)?;
            let deleted = *result == TrainingResult::default();
            known(name).filter(|_| deleted).or_else(|| Some(trial(name, chosen.clone(), result)))
        };
        self.listed.iter().filter_map(of).collect()
    }
}

/// The best training job is the job's own, so there was one.
fn none_listed() -> TuningError {
    TuningError {
        class: Class::NotFound,
        operation: Operation::ListTrainingJobsForHyperParameterTuningJob.as_str(),
        code: None,
        message: "no completed training job is listed".to_owned(),
    }
}

fn unread(error: &TuningError, gone: u32) -> Fault {
    match error.class {
        Class::NotFound if gone >= GONE_TRIES => {
            let why = "the tuning job or its training jobs no longer exist at SageMaker";
            Fault::Lasting(Reason::TuningJobDeleted, why.to_owned())
        }
        class if class.reason().needs_person() => Fault::Lasting(class.reason(), error.explain()),
        _ => Fault::Passing(error.to_string()),
    }
}

/// What the API server says to a table that it does not take or give. A name that is taken by something else is refused like one
/// that is immutable.
fn refused(error: &Error) -> Fault {
    let Error::Kubernetes(kube::Error::Api(status)) = error else { return Fault::Passing(error.to_string()) };
    let why = format!("the API server refuses the ConfigMap: {}", status.message);
    match status.code {
        403 if status.message.contains("exceeded quota") => Fault::Lasting(Reason::QuotaExceeded, why),
        401 | 403 => Fault::Lasting(Reason::AccessDenied, why),
        400 | 404 | 405 | 413 | 422 => Fault::Lasting(Reason::InvalidRequest, why),
        _ => Fault::Passing(error.to_string()),
    }
}
