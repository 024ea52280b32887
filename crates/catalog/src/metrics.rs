//! The metric definitions with which SageMaker reads the metrics of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;
use super::presets::{measured_on, preset};
use api::bounds::METRIC_DEFINITIONS;
use api::{Candidate, ModelSelectionSpec, Reason};
use decide::algorithms::{self, Algorithm};
use decide::derived::Derivations;
use decide::fingerprint::{Definition, Source};
use decide::problem::Problem;
use decide::suggest;

/// The parts of a run that determine its metrics.
pub(super) struct Subject<'a> {
    /// The selection as the user wrote it.
    pub(super) all: &'a ModelSelectionSpec,
    /// The selection with the candidate's overrides.
    pub(super) spec: &'a ModelSelectionSpec,
    /// The derived metrics of `spec`.
    pub(super) derivations: &'a Derivations<'a>,
    pub(super) definition: &'a Definition,
    pub(super) candidate: Option<&'a Candidate>,
    /// The training image, if it is known.
    pub(super) image: Option<&'a str>,
}

/// The metrics of a run.
pub(super) struct Metrics {
    /// Name and regex of each metric definition that is sent to SageMaker.
    pub(super) definitions: Vec<(String, String)>,
    /// The names of the metrics that the run may report; `None` if they are unknown.
    pub(super) known: Option<BTreeSet<String>>,
}

/// The metrics of a run. All metrics that the selection refers to must be among them or derived from them, as far as
/// they are known: an algorithm resource has definitions of its own, and so may an image without definitions in the
/// spec.
pub(super) fn of_run(run: &Subject<'_>, model: Option<&Model>) -> Result<Metrics, Problem> {
    let Subject { spec, definition, .. } = run;
    if let Some(algorithm) = run.image.and_then(|image| algorithms::of_image(image, &definition.hyperparameters)) {
        return of_algorithm(run, algorithm);
    }
    let preset = preset(&spec.training, &definition.source);
    let wanted = run.derivations.metrics_wanted();
    let metrics = merged(definition, model, &preset, &wanted)?;
    let unknown = match definition.source {
        // SageMaker refuses others than those of the resource.
        Source::Algorithm { .. } => return Ok(Metrics { definitions: Vec::new(), known: None }),
        Source::Image { .. } => metrics.is_empty(),
        Source::JumpStart { .. } | Source::TuningJob { .. } => false,
    };
    if unknown {
        return Ok(Metrics { definitions: metrics.into_iter().collect(), known: None });
    }
    if let Some((field, metric)) = named(spec, definition).find(|(_, metric)| !metrics.contains_key(*metric)) {
        let names = || metrics.keys().map(String::as_str);
        let add = "add one to `training.metricDefinitions`";
        let remedy = match suggest::nearest(metric, names()) {
            Some(near) => format!("did you mean '{near}'? Otherwise {add}; {}", suggest::there_are(names())),
            None if metrics.is_empty() => add.to_owned(),
            None => format!("{add}, or choose among {}", suggest::some(names())),
        };
        let message = format!("`{field}` names the metric '{metric}', for which there is no definition; {remedy}");
        return Err(Problem::new(Reason::UnknownMetric, message));
    }
    measured(run, &metrics, &preset, &wanted)?;
    Ok(Metrics { known: Some(metrics.keys().cloned().collect()), definitions: metrics.into_iter().collect() })
}

/// The metrics of one of SageMaker's built-in algorithms, which accepts no definitions. Definitions of `training` are
/// accepted if they can be for another candidate.
fn of_algorithm(run: &Subject<'_>, algorithm: &Algorithm) -> Result<Metrics, Problem> {
    let Subject { all, spec, definition, candidate, .. } = run;
    let others = || all.candidates.iter().any(takes_definitions);
    let field = match candidate {
        Some(candidate) if !candidate.overrides.metric_definitions.is_empty() => {
            Some("`metricDefinitions` of the candidate")
        }
        _ if !spec.training.metric_definitions.is_empty() && !others() => Some("`training.metricDefinitions`"),
        _ => None,
    };
    let repository = algorithm.repository;
    if let Some(field) = field {
        let message = format!(
            "{field} must be left out: '{repository}' is a built-in algorithm of SageMaker with metrics of its own \
             and takes no definitions; remove them, and name one of {}",
            suggest::some(algorithm.metrics.iter().copied())
        );
        return Err(Problem::new(Reason::InvalidRequest, message));
    }
    if let Some((field, metric)) = named(spec, definition).find(|(_, metric)| !algorithm.may_report(metric)) {
        let remedy = match suggest::nearest(metric, algorithm.metrics.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None if algorithm.metrics.is_empty() => "it reports no metric that it can be tuned for".to_owned(),
            None => format!("choose among {}", suggest::some(algorithm.metrics.iter().copied())),
        };
        let message = format!(
            "`{field}` names the metric '{metric}', which SageMaker's '{repository}' does not report; {remedy}"
        );
        return Err(Problem::new(Reason::UnknownMetric, message));
    }
    let wanted = run.derivations.metrics_wanted().into_iter().filter(|metric| algorithm.may_report(metric));
    let known = algorithm.metrics.iter().map(|metric| (*metric).to_owned()).chain(wanted).collect();
    Ok(Metrics { definitions: Vec::new(), known: Some(known) })
}

/// Whether definitions in the spec may be for the candidate.
fn takes_definitions(candidate: &Candidate) -> bool {
    let algorithm = candidate.algorithm.as_ref();
    let image = algorithm.and_then(|algorithm| algorithm.training_image.as_deref());
    candidate.tuning_job_name.is_none()
        && candidate.observed.is_none()
        && algorithm.is_none_or(|algorithm| algorithm.algorithm_name.is_none())
        && image.is_none_or(|image| algorithms::of_image(image, &candidate.overrides.hyperparameters).is_none())
}

/// The metrics of the preset, of the model and of the spec; the last one wins.
fn merged(
    definition: &Definition,
    model: Option<&Model>,
    preset: &BTreeMap<String, String>,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Problem> {
    let own: BTreeMap<String, String> = model.map(|model| model.metrics.iter().cloned().collect()).unwrap_or_default();
    let with = |own: &BTreeMap<String, String>| {
        let mut metrics = preset.clone();
        metrics.extend(own.clone());
        metrics.extend(definition.metric_definitions.clone());
        drop_second_names(&mut metrics, own, wanted, &definition.metric_definitions);
        metrics
    };
    let mut metrics = with(&own);
    if metrics.len() > METRIC_DEFINITIONS {
        // If there are too many, the model's definitions that the spec does not refer to are dropped first.
        metrics = with(&own.into_iter().filter(|(name, _)| wanted.contains(name)).collect());
    }
    if metrics.len() > METRIC_DEFINITIONS {
        let remedy = match preset.len() {
            0 => "; remove some",
            _ => "; remove some, or set `training.metricPreset` to None and define those that you need",
        };
        let message = format!(
            "{} metric definitions, of which {} are in `metricDefinitions` of `training` and of the candidate, and {} of \
             `training.metricPreset`; SageMaker takes at most {METRIC_DEFINITIONS}{remedy}",
            metrics.len(),
            definition.metric_definitions.len(),
            preset.len(),
        );
        return Err(Problem::new(Reason::InvalidRequest, message));
    }
    Ok(metrics)
}

/// Of what a model names `tflow-ic:val-accuracy` and the preset `val_accuracy`, one name stays, so that no value has
/// two: the one that the spec defines or refers to, else the preset's. Both stay if it refers to both.
fn drop_second_names(
    metrics: &mut BTreeMap<String, String>,
    own: &BTreeMap<String, String>,
    wanted: &BTreeSet<String>,
    declared: &BTreeMap<String, String>,
) {
    let asked = |name: &String| wanted.contains(name) || declared.contains_key(name);
    for second in own.keys() {
        let plain = plain_name(second);
        if plain == *second || !metrics.contains_key(&plain) {
            continue;
        }
        if !asked(second) {
            metrics.remove(second);
        } else if !asked(&plain) {
            metrics.remove(&plain);
        }
    }
}

/// The name of a metric without the framework and task that JumpStart puts before it.
fn plain_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).replace('-', "_")
}

/// The fields that refer to metrics of the logs, with the metrics.
fn named<'a>(spec: &'a ModelSelectionSpec, definition: &'a Definition) -> impl Iterator<Item = (&'a str, &'a String)> {
    let derived = |name: &String| spec.derived_metrics.iter().any(|metric| metric.name == *name);
    std::iter::once(("tuning.objective", &definition.objective.metric))
        .chain(spec.objectives.iter().map(|objective| ("objectives", &objective.metric)))
        .chain(spec.constraints.iter().map(|constraint| ("constraints", &constraint.metric)))
        .filter(move |(_, metric)| !derived(metric))
}

/// Checks that the scripts of the preset can measure the wanted metrics: a metric of a channel that the dataset does
/// not have is never emitted, even by a successful job.
fn measured(
    run: &Subject<'_>,
    metrics: &BTreeMap<String, String>,
    preset: &BTreeMap<String, String>,
    wanted: &BTreeSet<String>,
) -> Result<(), Problem> {
    let Subject { spec, definition, .. } = run;
    let lacks = |channel: &str| definition.channels.iter().all(|there| there.name != channel);
    for (name, regex) in preset.iter().filter(|(name, _)| wanted.contains(*name)) {
        let own = metrics.get(name) != Some(regex);
        let Some(channel) = measured_on(name).filter(|channel| !own && lacks(channel)) else { continue };
        let field = named(spec, definition).find(|(_, metric)| *metric == name).map_or("derivedMetrics", |(f, _)| f);
        let message = format!(
            "`{field}` needs the metric '{name}', which the script measures on the channel '{channel}', and the dataset \
             has no such channel; add it, or choose another metric, such as 'val_accuracy'"
        );
        return Err(Problem::new(Reason::UnknownMetric, message));
    }
    Ok(())
}
