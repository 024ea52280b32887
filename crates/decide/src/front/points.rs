//! The points of a dataset: which results may enter the front, with which values, and why others may not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::derived::{Derivations, Derived};
use super::references::References;
use super::tables::Tables;
use api::{
    BestTrainingJob, Candidate, Collect, Constraint, Dataset, Excluded, ExclusionReason, MetricValue,
    ModelSelectionSpec, ObservedValue, RunState, RunStatus, Scale, bounds, clip, decimal, parse_decimal,
};

/// The inputs of all points.
pub(super) struct Data<'a> {
    pub(super) spec: &'a ModelSelectionSpec,
    pub(super) runs: &'a [RunStatus],
    pub(super) tables: &'a Tables,
    pub(super) references: &'a References,
    pub(super) derivations: &'a Derivations<'a>,
    /// The derived metrics of the best training job of each run, where they are computed.
    pub(super) of_best: &'a [Option<Arc<Derived>>],
}

/// A result that may enter the front.
pub(super) struct Point<'a> {
    pub(super) candidate: &'a str,
    /// The index of its run; `None` for an observed candidate.
    pub(super) run: Option<usize>,
    /// The training job, if all training jobs of a run may enter the front.
    pub(super) training_job: Option<&'a str>,
    /// The training job; none for a result that was measured elsewhere.
    pub(super) job: Option<&'a BestTrainingJob>,
    /// The values of the objectives, in their order in the spec.
    pub(super) values: Vec<f64>,
}

/// Why a result is not considered.
type Exclusion = (ExclusionReason, String);

/// The points of a dataset, runs before observed candidates, each in the order of the spec, and the excluded results.
pub(super) fn points<'a>(data: &Data<'a>, dataset: &Dataset) -> (Vec<Point<'a>>, Vec<Excluded>) {
    let runs = data.runs.iter().enumerate().filter(|(_, run)| run.dataset == dataset.name && run.state.ended());
    let of_runs = runs.map(|(index, run)| (run.candidate.as_str(), of_run(data, dataset, index, run)));
    let candidates = data.spec.candidates.iter();
    let observed =
        candidates.filter_map(|candidate| Some((candidate.name.as_str(), observed(data, dataset, candidate)?)));
    let (mut points, mut excluded) = (Vec::new(), Vec::new());
    for (candidate, result) in of_runs.chain(observed) {
        match result {
            Ok(more) => points.extend(more),
            Err((reason, message)) => {
                let message = clip(&message, bounds::MESSAGE);
                excluded.push(Excluded { candidate: candidate.to_owned(), reason, message });
            }
        }
    }
    (points, excluded)
}

/// The training jobs of a run that are considered for the front: its best one, and those of its table. The best one
/// need not be in the table: it may belong to a parent of a warm start. If none can be considered, the reason of the
/// best one counts for the run.
fn of_run<'a>(
    data: &Data<'a>,
    dataset: &Dataset,
    index: usize,
    run: &'a RunStatus,
) -> Result<Vec<Point<'a>>, Exclusion> {
    let (Some(best), RunState::Succeeded) = (&run.best, run.state) else {
        let why = run.message.clone().unwrap_or_else(|| "the run did not succeed".to_owned());
        return Err((ExclusionReason::RunNotSucceeded, why));
    };
    let known = data.of_best.get(index).and_then(Option::as_ref);
    let point = |job: &'a BestTrainingJob| {
        let known = known.filter(|_| std::ptr::eq(job, best)).cloned();
        let derived = known.unwrap_or_else(|| Arc::new(data.derivations.of(dataset, job)));
        let absent = |name: &str| derived.failure(name).unwrap_or_else(|| not_emitted(data.spec, job, name));
        let values = values(data.spec, job, &derived, &absent)?;
        let training_job = (data.spec.collect == Collect::All).then_some(job.training_job_name.as_str());
        Ok(Point { candidate: &run.candidate, run: Some(index), training_job, job: Some(job), values })
    };
    let table = run.tuning_job_name.as_ref().and_then(|job| data.tables.get(job));
    let table = table.map_or(&[][..], |table| table);
    // In the order of the names.
    let name = &best.training_job_name;
    let before = table.partition_point(|training_job| training_job.training_job_name < *name);
    let (before, after) = table.split_at(before);
    // The status has all metrics of it, and the memory of the table only those that the spec uses.
    let after = after.iter().skip_while(|next| next.training_job_name == *name);
    let points: Vec<Point<'_>> = before.iter().chain([best]).chain(after).flat_map(point).collect();
    if points.is_empty() { Ok(vec![point(best)?]) } else { Ok(points) }
}

/// The point of an observed candidate; `None` for other candidates, and for a dataset for which it has no values.
fn observed<'a>(
    data: &Data<'a>,
    dataset: &Dataset,
    candidate: &'a Candidate,
) -> Option<Result<Vec<Point<'a>>, Exclusion>> {
    let seen = candidate.observed.as_ref()?.on(&dataset.name);
    let (mut job, mut unread) = (BestTrainingJob::default(), BTreeMap::new());
    for (&name, value) in &seen {
        let value = match value {
            ObservedValue::In(key) => {
                data.references.value(key).map_err(|(reason, why)| (reason, format!("'{name}': {why}")))
            }
            // The schema allows only finite numbers; an object from before that rule may have others.
            ObservedValue::Here(text) => parse_decimal(text).and_then(decimal).ok_or_else(|| not_finite(name)),
        };
        match value {
            Ok(value) => job.metrics.push(MetricValue { name: name.to_owned(), value }),
            Err(exclusion) => drop(unread.insert(name, exclusion)),
        }
    }
    let derived = data.derivations.of(dataset, &job);
    let absent = |name: &str| {
        let missing = || format!("`observed` has no '{name}' for dataset '{}'; add it to its `metrics`", dataset.name);
        let why = unread.get(name).cloned().or_else(|| derived.failure(name));
        why.unwrap_or_else(|| (ExclusionReason::MetricMissing, missing()))
    };
    let point = |values| vec![Point { candidate: &candidate.name, run: None, training_job: None, job: None, values }];
    // The message of a derived metric names the metric that it lacks, but not where that should come from.
    let with_cause = |(reason, why): Exclusion| match unread.iter().find(|(name, _)| why.contains(&format!("'{name}'")))
    {
        Some((_, (_, cause))) if why != *cause => (reason, format!("{why}; {cause}")),
        _ => (reason, why),
    };
    (!seen.is_empty()).then(|| values(data.spec, &job, &derived, &absent).map(point).map_err(with_cause))
}

fn not_finite(name: &str) -> Exclusion {
    (ExclusionReason::MetricNotFinite, format!("the final value of '{name}' is not a finite number"))
}

/// The values of the objectives, or why the result cannot be considered; `absent` returns why a metric has no value.
/// The first reason counts: objectives, then constraints, each in the order of the spec.
fn values(
    spec: &ModelSelectionSpec,
    best: &BestTrainingJob,
    derived: &Derived,
    absent: &dyn Fn(&str) -> Exclusion,
) -> Result<Vec<f64>, Exclusion> {
    let metrics: BTreeMap<&str, &MetricValue> =
        derived.values.iter().chain(&best.metrics).map(|metric| (metric.name.as_str(), metric)).collect();
    let metric = |name: &str| -> Result<f64, Exclusion> {
        let value = metrics.get(name).and_then(|metric| parse_decimal(&metric.value));
        value.ok_or_else(|| absent(name))
    };
    let values = spec.objectives.iter().map(|objective| metric(&objective.metric)).collect::<Result<Vec<f64>, _>>()?;
    for (objective, &value) in spec.objectives.iter().zip(&values) {
        if objective.scale() == Scale::Logarithmic && value <= 0.0 {
            let (name, value) = (&objective.metric, decimal(value).unwrap_or_default());
            let message = format!(
                "'{name}' is {value}; its objective has `scale: Logarithmic`, which requires values above 0: remove `scale`, \
                 or rank by another metric"
            );
            return Err((ExclusionReason::NotPositive, message));
        }
    }
    for Constraint { metric: name, min, max } in &spec.constraints {
        let value = metric(name)?;
        let bound = |text: &Option<String>| text.as_deref().and_then(parse_decimal);
        let text = |value: f64| decimal(value).unwrap_or_default();
        let broken = match (bound(min), bound(max)) {
            (Some(min), _) if value < min => {
                Some(format!("'{name}' is {}, below the minimum {}", text(value), text(min)))
            }
            (_, Some(max)) if value > max => {
                Some(format!("'{name}' is {}, above the maximum {}", text(value), text(max)))
            }
            _ => None,
        };
        if let Some(message) = broken {
            return Err((ExclusionReason::Infeasible, message));
        }
    }
    Ok(values)
}

/// Why the best training job of a run lacks a metric.
fn not_emitted(spec: &ModelSelectionSpec, best: &BestTrainingJob, name: &str) -> Exclusion {
    if best.non_finite_metrics.iter().any(|other| other == name) {
        return not_finite(name);
    }
    if crate::training_job::is_deleted(best) {
        let why = "the best training job no longer exists at SageMaker, so that its metrics are not known; change `rerun` \
                   to run it again, or name another tuning job where one is attached";
        return (ExclusionReason::MetricMissing, why.to_owned());
    }
    // The user cannot correct a definition of a preset or of a model.
    let candidates = spec.candidates.iter().flat_map(|candidate| &candidate.overrides.metric_definitions);
    let own = spec.training.metric_definitions.iter().chain(candidates).any(|metric| metric.name == name);
    let regex = if own { "check its regex in `metricDefinitions` against the logs, and " } else { "check " };
    let why = format!(
        "the best training job did not emit '{name}'; {regex}that the dataset has the channel that it is measured on"
    );
    (ExclusionReason::MetricMissing, why)
}
