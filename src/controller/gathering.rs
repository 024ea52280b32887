//! Reads all training jobs of a tuning job, call by call, so that a pass can stop in between.
//!
//! `ListTrainingJobsForHyperParameterTuningJob` is complete. `Search` returns the results of a hundred training jobs in
//! one call, but lags behind; those that it does not show yet are described one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;

use api::{BestTrainingJob, RunStatus};
use decide::absence::Unseen;
use decide::observation::TrainingResult;
use decide::table_pages::is_of;
use decide::training_job::trial;
use platform::clock;
use sagemaker::{Class, EndedTrainingJob, Operation, Pages, Region, TuningError};

/// Most calls in a pass, and the longest time for them: the status shows the results before more are read.
const PER_PASS: usize = 64;
const PASS_TIME_MAX: Duration = Duration::from_secs(10);
/// Concurrent describes.
const CONCURRENCY: usize = 4;

/// The training jobs read so far, kept from pass to pass. After a restart, reading starts again.
#[derive(Default)]
pub(super) struct Gathering {
    listed: BTreeMap<String, EndedTrainingJob>,
    results: HashMap<String, TrainingResult>,
    step: Step,
    /// Training jobs that are listed and were described in vain.
    unseen: HashMap<String, Unseen>,
    /// Responses that the tuning job is gone.
    gone: Unseen,
    /// It counted as deleted before: the next such response is believed.
    was_gone: bool,
}

/// The next call. Lists continue with their paging tokens.
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

/// What is left of the limits of a pass.
pub(super) struct Budget {
    calls: usize,
    until: Timestamp,
}

impl Budget {
    pub(super) fn of_pass() -> Self {
        Self { calls: PER_PASS, until: clock::steady() + PASS_TIME_MAX }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.calls == 0 || clock::steady() >= self.until
    }
}

/// Continues with the calls. Returns whether all training jobs are known. What is not shown counts as missing after the
/// consistency window.
pub(super) async fn gather(
    region: &Region,
    window: Duration,
    run: &RunStatus,
    job: &str,
    gathering: &mut Gathering,
    budget: &mut Budget,
) -> Result<bool, TuningError> {
    // Described in vain now: a replica may lag, so they are described again after a pause.
    let mut absent = BTreeSet::new();
    loop {
        let missing = gathering.missing(&absent);
        if matches!(gathering.step, Step::Describe) && missing.is_empty() {
            return absent.first().map_or(Ok(true), |name| Err(TuningError::not_shown(name)));
        }
        if budget.is_spent() {
            return Ok(false);
        }
        match &mut gathering.step {
            Step::List(pages) => {
                budget.calls -= 1;
                let (listed, next) = region.ended_training_jobs(job, pages.token()).await?;
                gathering.listed.extend(listed);
                pages.advance(Operation::ListTrainingJobsForHyperParameterTuningJob, next)?;
                if !pages.has_next() {
                    gathering.step = Step::Search(Pages::default());
                }
                // With `includeParentResults`, the best training job may be one of a parent, which is not in the list.
                if let Some(best) = run.best.as_ref().filter(|best| !is_of(job, &best.training_job_name)) {
                    let hyperparameters = best.hyperparameters.clone();
                    let best = (best.training_job_name.clone(), EndedTrainingJob { hyperparameters, completed: true });
                    gathering.listed.extend([best]);
                }
                if matches!(gathering.step, Step::Search(_)) && gathering.listed.is_empty() {
                    return Err(none_listed());
                }
                gathering.gone.seen();
            }
            Step::Search(pages) => {
                budget.calls -= 1;
                let arn = run.tuning_job_arn.as_deref().unwrap_or_default();
                match region.search_training_results(arn, pages.token()).await {
                    Ok((found, next)) => {
                        // A result without metrics may have been indexed too early.
                        gathering.results.extend(found.into_iter().filter(|(_, result)| !result.metrics.is_empty()));
                        pages.advance(Operation::Search, next)?;
                        if !pages.has_next() {
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
                let describe = async |name: String| (region.training_result(&name).await, name);
                let described: Vec<_> = stream::iter(now).map(describe).buffered(CONCURRENCY).collect().await;
                for (result, name) in described {
                    match result {
                        Err(error) if error.class == Class::NotFound && gathering.note_unseen(&name, window) => {
                            absent.insert(name);
                        }
                        // It was deleted: it stays in the table, without metrics.
                        Err(error) if error.class == Class::NotFound => {
                            gathering.results.insert(name, TrainingResult::default());
                        }
                        result => drop(gathering.results.insert(name, result?)),
                    }
                }
            }
        }
    }
}

impl Gathering {
    /// Of a tuning job that counted as deleted.
    pub(super) fn of_deleted() -> Self {
        Self { was_gone: true, ..Self::default() }
    }

    /// Starts again from the first page.
    pub(super) fn restart(&mut self) {
        *self = Self { gone: self.gone, was_gone: self.was_gone, ..Self::default() };
    }

    /// Records a response that the tuning job is gone. Returns whether that is certain now: there is no way back.
    pub(super) fn note_gone(&mut self, window: Duration, now: Timestamp) -> bool {
        self.gone.again(now).is_certain(window) || self.was_gone
    }

    fn missing(&self, absent: &BTreeSet<String>) -> Vec<String> {
        let known = |name: &&String| self.results.contains_key(*name) || absent.contains(*name);
        self.listed.keys().filter(|name| !known(name)).cloned().collect()
    }

    /// Records that a describe did not find a training job. Returns whether a later one may find it.
    fn note_unseen(&mut self, training_job: &str, window: Duration) -> bool {
        let unseen = self.unseen.entry(training_job.to_owned()).or_default();
        !unseen.again(clock::steady()).is_certain(window)
    }

    /// Whether nothing has been read yet.
    pub(super) fn is_new(&self) -> bool {
        self.listed.is_empty() && matches!(&self.step, Step::List(pages) if pages.token().is_none())
    }

    pub(super) fn table(&self, run: &RunStatus) -> Vec<BestTrainingJob> {
        // The status may know more about the best training job than SageMaker still does.
        let known = |name: &str| run.best.clone().filter(|best| best.training_job_name == name);
        let of = |(name, listed): (&String, &EndedTrainingJob)| {
            // A job that was stopped before it reported a metric has no result.
            let result = self.results.get(name).filter(|result| listed.completed || !result.metrics.is_empty())?;
            let deleted = *result == TrainingResult::default();
            known(name).filter(|_| deleted).or_else(|| Some(trial(name, listed.hyperparameters.clone(), result)))
        };
        self.listed.iter().filter_map(of).collect()
    }
}

/// The best training job belongs to this tuning job, so the list must not be empty.
fn none_listed() -> TuningError {
    TuningError {
        class: Class::NotFound,
        operation: Operation::ListTrainingJobsForHyperParameterTuningJob.as_str(),
        code: None,
        message: "no training job with a result is listed".to_owned(),
    }
}
