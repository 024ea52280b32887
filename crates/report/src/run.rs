//! One point of the plots and one row of the table: a run, another training job of a run, or an observed result.

use std::collections::BTreeMap;

use api::{BestTrainingJob, Candidate, ModelSelection, ObservedValue, RunState, RunStatus, parse_decimal};
use serde::Serialize;

use super::family;
use super::options::Options;

/// A row of the table.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub candidate: String,
    pub dataset: String,
    pub kind: Kind,
    /// Its relation to the front of its dataset.
    pub role: Role,
    pub family: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it waits, failed or is excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning_job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The number of the attempt, starting from 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub attempt: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<i32>,
    /// Training jobs of the tuning job: completed ones, and all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<(i32, i32)>,
    /// The value of each of the selection's metrics, in their order; shorter if the rest is missing.
    pub values: Vec<Option<f64>>,
    /// The metrics, by index, whose value is not a finite number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_finite: Vec<usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    /// Duration of the best training job, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i32>,
    /// Billed time per instance, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable: Option<i32>,
    /// The cost of the billed time at `spec.prices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The totals of all training jobs of the run, if they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// The end of the run, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// The candidates that are better than this observed result in every objective.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beaten_by: Vec<String>,
}

/// The totals of all training jobs of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Search {
    /// Number of training jobs.
    pub jobs: usize,
    /// Billed seconds of all instances.
    pub billed: i64,
    /// The cost of the billed time; absent if a price is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// The subject of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    #[default]
    Run,
    /// A training job on the front that is not its run's best one, with `spec.collect: All`.
    Trial,
    /// An observed result, such as that of the model in production.
    Observed,
}

/// The relation of a row to the front of its dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Front,
    Dominated,
    /// It violates a constraint.
    Infeasible,
    /// It has no usable result.
    Excluded,
    /// It has not ended.
    #[default]
    Pending,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(value: &i32) -> bool {
    *value == 0
}

/// The inputs of rows.
pub struct Source<'a> {
    pub selection: &'a ModelSelection,
    /// The names of the selection's metrics.
    pub metrics: &'a [String],
    pub options: &'a Options,
    /// When the operator first observed the selection, in seconds since 1970.
    pub started: Option<i64>,
}

/// The row of a run. The front may still exclude it.
pub fn of_run(source: &Source<'_>, run: &RunStatus) -> Run {
    let Source { selection, metrics, options, .. } = *source;
    let candidate = selection.spec.candidates.iter().find(|candidate| candidate.name == run.candidate);
    let mut row = Run {
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
        family: family_of(&run.candidate, run.model_id.as_deref(), candidate),
        state: word(&run.state),
        reason: run.reason.as_ref().map(word),
        message: run.message.clone(),
        rank: run.pareto_rank,
        tuning_job: run.tuning_job_name.clone(),
        model: run.model_id.clone(),
        version: run.model_version.clone(),
        attempt: run.attempt,
        trials: run.training_jobs.map(|jobs| {
            let others = jobs.in_progress + jobs.retryable_error + jobs.non_retryable_error + jobs.stopped;
            (jobs.completed, jobs.completed + others)
        }),
        ended: run.tuning_job_name.as_ref().and_then(|job| options.ended.get(job)).map(|time| time.as_second()),
        search: run
            .tuning_job_name
            .as_ref()
            .and_then(|job| options.trials.get(job))
            .map(|jobs| search(selection, jobs)),
        role: if run.pareto_rank == Some(0) {
            Role::Front
        } else if run.pareto_rank.is_some() {
            Role::Dominated
        } else if run.state.ended() {
            Role::Excluded
        } else {
            Role::Pending
        },
        ..Run::default()
    };
    // A run that is tried again may still have the result of an earlier attempt; only a success counts.
    if let Some(best) = run.best.as_ref().filter(|_| run.state != RunState::Waiting) {
        measured(&mut row, selection, best, metrics);
    }
    row
}

fn measured(row: &mut Run, selection: &ModelSelection, best: &BestTrainingJob, metrics: &[String]) {
    let values: BTreeMap<&str, &str> = best
        .metrics
        .iter()
        .chain(&best.derived_metrics)
        .map(|metric| (metric.name.as_str(), metric.value.as_str()))
        .collect();
    row.values = metrics.iter().map(|name| values.get(name.as_str()).copied().and_then(parse_decimal)).collect();
    row.not_finite = (0..metrics.len()).filter(|&index| best.non_finite_metrics.contains(&metrics[index])).collect();
    row.training_job = Some(best.training_job_name.clone());
    row.parameters = best.hyperparameters.clone();
    row.artifact.clone_from(&best.model_artifact_s3_uri);
    row.instance.clone_from(&best.instance_type);
    row.instances = best.instance_count;
    row.seconds = best.training_seconds;
    row.billable = best.billable_seconds;
    row.cost = cost(selection, best);
}

/// The cost of a training job: its billable hours on each instance, at the price of the instance type.
fn cost(selection: &ModelSelection, job: &BestTrainingJob) -> Option<f64> {
    let price = parse_decimal(selection.spec.prices.get(job.instance_type.as_ref()?)?)?;
    Some(f64::from(job.billable_seconds?) / 3600.0 * f64::from(job.instance_count.unwrap_or(1)) * price)
}

fn search(selection: &ModelSelection, jobs: &[BestTrainingJob]) -> Search {
    let billed = |job: &BestTrainingJob| {
        i64::from(job.billable_seconds.unwrap_or(0)) * i64::from(job.instance_count.unwrap_or(1))
    };
    Search {
        jobs: jobs.len(),
        billed: jobs.iter().map(billed).sum(),
        cost: jobs.iter().map(|job| cost(selection, job)).sum(),
    }
}

fn family_of(name: &str, model: Option<&str>, candidate: Option<&Candidate>) -> String {
    let image = candidate.and_then(|candidate| candidate.algorithm.as_ref()?.training_image.as_deref());
    let model = model.or_else(|| candidate?.jump_start.as_ref().map(|model| model.model_id.as_str()));
    match (model, image) {
        (Some(model), _) => family::of_model(model),
        (None, Some(image)) => family::of_image(image),
        (None, None) => family::of_name(name),
    }
}

/// The row of a training job on the front that is not its run's best one: the front has only its objectives, which are
/// the first of the metrics.
pub fn of_trial(run: &Run, training_job: &str, values: Vec<Option<f64>>) -> Run {
    Run {
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
        kind: Kind::Trial,
        role: Role::Front,
        family: run.family.clone(),
        state: run.state.clone(),
        rank: Some(0),
        tuning_job: run.tuning_job.clone(),
        training_job: Some(training_job.to_owned()),
        model: run.model.clone(),
        version: run.version.clone(),
        values,
        ..Run::default()
    }
}

/// The row of an observed result; the front says how it compares. `of_front` are the values of the objectives, which
/// are the first metrics: only the status has those from a `ConfigMap`.
pub fn of_observed(source: &Source<'_>, candidate: &str, dataset: &str, of_front: &[String]) -> Run {
    let candidates = &source.selection.spec.candidates;
    let observed = candidates.iter().find(|one| one.name == candidate).and_then(|one| one.observed.as_ref());
    let known = observed.map(|observed| observed.on(dataset)).unwrap_or_default();
    let value = |(index, name): (usize, &String)| {
        let of_front = of_front.get(index).map(String::as_str);
        let here = || match known.get(name.as_str())? {
            ObservedValue::Here(text) => Some(*text),
            ObservedValue::In(_) => None,
        };
        of_front.or_else(here).and_then(parse_decimal)
    };
    Run {
        candidate: candidate.to_owned(),
        dataset: dataset.to_owned(),
        kind: Kind::Observed,
        family: family::of_name(candidate),
        values: source.metrics.iter().enumerate().map(value).collect(),
        ..Run::default()
    }
}

/// The name of a variant in JSON.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}
