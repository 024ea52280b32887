//! Reads all training jobs of a tuning job, call by call, so that a pass can stop in between.
//!
//! `ListTrainingJobsForHyperParameterTuningJob` is complete. `Search` returns the results of a hundred training jobs in
//! one call, but lags behind; those that it does not show yet are described one by one.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;

use api::{BestTrainingJob, RunStatus};
use decide::observation::TrainingResult;
use decide::table_pages::is_of;
use decide::training_job::trial;
use platform::clock;
use sagemaker::{Class, EndedTrainingJob, Operation, Pages, Region, TuningError};

/// Most calls in a pass, and the longest time for them: the status shows the results before more are read.
const PER_PASS: usize = 64;
const FOR_AT_MOST: Duration = Duration::from_secs(10);
/// Concurrent describes.
const CONCURRENCY: usize = 4;

/// The training jobs read so far, kept from pass to pass. After a restart, reading starts again.
#[derive(Default)]
pub(super) struct Gathering {
    listed: BTreeMap<String, EndedTrainingJob>,
    results: HashMap<String, TrainingResult>,
    step: Step,
    /// Consecutive responses that the tuning job is gone.
    pub(super) gone: u32,
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
        Self { calls: PER_PASS, until: clock::steady() + FOR_AT_MOST }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.calls == 0 || clock::steady() >= self.until
    }
}

/// Continues with the calls. Returns whether all training jobs are known.
pub(super) async fn gather(
    region: &Region,
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
                let (listed, next) = region.ended_training_jobs(job, pages.token()).await?;
                gathering.listed.extend(listed);
                pages.turn(Operation::ListTrainingJobsForHyperParameterTuningJob, next)?;
                if !pages.go_on() {
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
            }
            Step::Search(pages) => {
                budget.calls -= 1;
                let arn = run.tuning_job_arn.as_deref().unwrap_or_default();
                match region.search_training_results(arn, pages.token()).await {
                    Ok((found, next)) => {
                        // A result without metrics may have been indexed too early.
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
                let describe = async |name: String| (region.training_result(&name).await, name);
                let described: Vec<_> = stream::iter(now).map(describe).buffered(CONCURRENCY).collect().await;
                for (result, name) in described {
                    let result = match result {
                        // It was deleted: it stays in the table, without metrics.
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
    /// Starts again, after `gone` responses that the tuning job is gone.
    pub(super) fn anew(gone: u32) -> Self {
        Self { gone, ..Self::default() }
    }

    fn missing(&self) -> Vec<String> {
        self.listed.keys().filter(|name| !self.results.contains_key(*name)).cloned().collect()
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
