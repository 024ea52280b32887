//! The runs of a selection, one row each.

use api::{Front, ModelSelection, RunState, RunStatus};
use serde::Serialize;

use crate::estimate::most_training_jobs;

/// The relation of a run to the front of its dataset.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The recommended member of the front.
    Recommended,
    /// On the front.
    Front,
    /// Dominated by another run.
    Dominated,
    /// An observed candidate, without a run.
    Observed,
    /// Not ended yet.
    Open,
    /// Ended, and cannot be on the front.
    Excluded,
}

impl Mark {
    /// One character, distinguishable without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Recommended => "★",
            Self::Front => "●",
            Self::Dominated => "○",
            Self::Observed => "◆",
            Self::Open => " ",
            Self::Excluded => "×",
        }
    }
}

/// A run.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its candidate.
    pub candidate: String,
    /// Its dataset.
    pub dataset: String,
    /// Its state.
    pub state: RunState,
    /// Its relation to the front.
    pub mark: Mark,
    /// 0 on the front, 1 on the front without those, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<i32>,
    /// Number of completed training jobs.
    pub completed_trials: i32,
    /// Maximum number of training jobs, if the spec limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<i32>,
    /// The value of each objective, in their order; `None` if it has none.
    pub values: Vec<Option<String>>,
    /// Why it waits, has failed or is excluded, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its tuning job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning_job_name: Option<String>,
    /// Duration of its best training job, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_seconds: Option<i32>,
}

/// All runs, in the order of the status.
pub fn runs(selection: &ModelSelection) -> Vec<Run> {
    let Some(status) = &selection.status else { return Vec::new() };
    status.runs.iter().map(|run| row(selection, &status.fronts, run)).collect()
}

/// The runs, the most interesting first: the recommended one, the front, dominated runs by rank, running ones, waiting
/// ones, excluded ones. Otherwise they keep their order.
pub fn by_interest(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_by_key(|run| (run.mark, run.rank, run.state == RunState::Waiting));
    runs
}

fn row(selection: &ModelSelection, fronts: &[Front], run: &RunStatus) -> Run {
    let front = fronts.iter().find(|front| front.dataset == run.dataset);
    let excluded = front.and_then(|front| front.excluded.iter().find(|excluded| excluded.candidate == run.candidate));
    let chosen = front.and_then(|front| front.recommendation.as_ref()?.candidate.as_deref());
    let recommended = chosen == Some(run.candidate.as_str());
    let mark = match (run.state.ended(), run.pareto_rank) {
        (false, _) => Mark::Open,
        (true, Some(0)) if recommended => Mark::Recommended,
        (true, Some(0)) => Mark::Front,
        (true, Some(_)) => Mark::Dominated,
        (true, None) => Mark::Excluded,
    };
    let values = selection.spec.objectives.iter().map(|objective| value(run, &objective.metric)).collect();
    Run {
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
        state: run.state,
        mark,
        rank: run.pareto_rank,
        completed_trials: run.training_jobs.map_or(0, |jobs| jobs.completed),
        max_trials: most_training_jobs(selection, run),
        values,
        reason: run
            .reason
            .map(|reason| reason.as_str().to_owned())
            .or_else(|| excluded.map(|excluded| format!("{:?}", excluded.reason))),
        message: run.message.clone().or_else(|| excluded.map(|excluded| excluded.message.clone())),
        tuning_job_name: run.tuning_job_name.clone(),
        training_seconds: run.best.as_ref().and_then(|best| best.training_seconds),
    }
}

/// The runs as rows of text for other programs; the first row has the names of the columns.
pub fn rows(selection: &ModelSelection) -> Vec<Vec<String>> {
    let mut titles: Vec<String> =
        ["candidate", "dataset", "state", "rank", "completedTrials", "trainingSeconds", "tuningJobName", "reason"]
            .map(str::to_owned)
            .to_vec();
    titles.extend(selection.spec.objectives.iter().map(|objective| objective.metric.clone()));
    let row = |run: Run| {
        let mut row = vec![run.candidate, run.dataset, format!("{:?}", run.state)];
        row.push(run.rank.map_or(String::new(), |rank| rank.to_string()));
        row.push(run.completed_trials.to_string());
        row.push(run.training_seconds.map_or(String::new(), |seconds| seconds.to_string()));
        row.extend([run.tuning_job_name.unwrap_or_default(), run.reason.unwrap_or_default()]);
        row.extend(run.values.into_iter().map(Option::unwrap_or_default));
        row
    };
    std::iter::once(titles).chain(runs(selection).into_iter().map(row)).collect()
}

/// The value of a metric of the run's best training job, from the logs or derived.
pub fn value(run: &RunStatus, metric: &str) -> Option<String> {
    let best = run.best.as_ref()?;
    let mut values = best.metrics.iter().chain(&best.derived_metrics);
    values.find(|value| value.name == metric).map(|value| value.value.clone())
}
