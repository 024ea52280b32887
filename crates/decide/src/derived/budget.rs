//! The budget of derived metrics: how many operations a selection may cost.

use super::expressions::Expressions;
use crate::effective::{MOST_TRAINING_JOBS, tuning};
use crate::problem::Problem;
use api::{Candidate, Collect, ModelSelectionSpec, Reason};

/// Most operations for all derived metrics of a selection: some seconds on one core. Without `collect: All`, no spec
/// that the schema allows comes close.
const BUDGET: usize = 50_000_000;

impl Expressions {
    /// Whether the derived metrics of all training jobs that `spec` asks for exceed the budget. The cost depends only
    /// on the spec, so it is known before a job is created.
    pub fn over_budget(&self, spec: &ModelSelectionSpec) -> Option<Problem> {
        let (operations, training_jobs) = (self.operations(), training_jobs(spec));
        let all = operations.saturating_mul(training_jobs);
        (all > BUDGET).then(|| {
            let message = format!(
                "`derivedMetrics` have {operations} operations, which come to {all} for up to {training_jobs} training jobs; \
                 at most {BUDGET} are allowed: shorten the expressions, set `collect: Best`, or lower \
                 `tuning.maxTrainingJobs`"
            );
            Problem::new(Reason::ExpressionBudgetExceeded, message)
        })
    }
}

/// Most training jobs whose derived metrics are computed.
fn training_jobs(spec: &ModelSelectionSpec) -> usize {
    let of_run = |candidate: &Candidate| match spec.collect {
        Collect::Best => 1,
        Collect::All => usize::try_from(most_training_jobs(spec, candidate)).unwrap_or(1),
    };
    let trained = spec.candidates.iter().filter(|candidate| candidate.observed.is_none());
    trained.map(of_run).sum::<usize>() * spec.datasets.len()
}

/// For an existing tuning job and for a grid, the number is not known in advance, so the maximum counts.
fn most_training_jobs(spec: &ModelSelectionSpec, candidate: &Candidate) -> i32 {
    let of_spec = || tuning(spec, candidate).ok()?.max_training_jobs;
    let known = if candidate.tuning_job_name.is_some() { None } else { of_spec() };
    known.unwrap_or(MOST_TRAINING_JOBS)
}
