//! By which definitions SageMaker reads the metrics of a run: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;
use super::presets::{measured_on, preset};
use api::bounds::METRIC_DEFINITIONS;
use api::{ModelSelectionSpec, Reason};
use decide::definition::{Definition, Source};
use decide::problem::Problem;
use decide::{derived, names};

/// The metrics of the preset, of the model and of the spec; the later wins. All that the selection refers to must be
/// among them, or derived from them.
pub(super) fn metric_definitions(
    spec: &ModelSelectionSpec,
    definition: &Definition,
    model: Option<&Model>,
) -> Result<Vec<(String, String)>, Problem> {
    let preset = preset(&spec.training, &definition.source);
    let own: BTreeMap<String, String> = model.map(|model| model.metrics.iter().cloned().collect()).unwrap_or_default();
    let wanted = derived::metrics_wanted(spec);
    let with = |own: BTreeMap<String, String>| {
        let mut metrics = preset.clone();
        metrics.extend(own);
        metrics.extend(definition.metric_definitions.clone());
        metrics
    };
    let mut metrics = with(own.clone());
    if metrics.len() > METRIC_DEFINITIONS {
        // Those of the model that nothing refers to go first: nobody has asked for them.
        metrics = with(own.into_iter().filter(|(name, _)| wanted.contains(name)).collect());
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
    known(spec, definition, &metrics)?;
    measured(spec, definition, &metrics, &preset, &wanted)?;
    Ok(metrics.into_iter().collect())
}

/// Whether the run has metrics that nothing here says: an algorithm resource brings definitions of its own.
pub(super) fn unknown_metrics(definition: &Definition) -> bool {
    matches!(definition.source, Source::Algorithm { .. })
}

/// The fields that name metrics, with what they name.
fn named<'a>(spec: &'a ModelSelectionSpec, definition: &'a Definition) -> impl Iterator<Item = (&'a str, &'a String)> {
    std::iter::once(("tuning.objective", &definition.objective.metric))
        .chain(spec.objectives.iter().map(|objective| ("objectives", &objective.metric)))
        .chain(spec.constraints.iter().map(|constraint| ("constraints", &constraint.metric)))
}

/// Whether each metric that is named is defined or derived.
fn known(
    spec: &ModelSelectionSpec,
    definition: &Definition,
    metrics: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    let derived = |name: &String| spec.derived_metrics.iter().any(|metric| metric.name == *name);
    for (field, metric) in named(spec, definition) {
        if metrics.contains_key(metric) || derived(metric) || unknown_metrics(definition) {
            continue;
        }
        let names = || metrics.keys().map(String::as_str);
        let add = "add one to `training.metricDefinitions`";
        let remedy = match names::nearest(metric, names()) {
            Some(near) => format!("did you mean '{near}'? Otherwise {add}; there are {}", names::some(names())),
            None if metrics.is_empty() => add.to_owned(),
            None => format!("{add}, or choose among {}", names::some(names())),
        };
        let message = format!("`{field}` names the metric '{metric}', for which there is no definition; {remedy}");
        return Err(Problem::new(Reason::UnknownMetric, message));
    }
    Ok(())
}

/// Whether the scripts of the preset can measure what is wanted: what they measure on a channel that the dataset does not
/// have is never there, however good the job is.
fn measured(
    spec: &ModelSelectionSpec,
    definition: &Definition,
    metrics: &BTreeMap<String, String>,
    preset: &BTreeMap<String, String>,
    wanted: &BTreeSet<String>,
) -> Result<(), Problem> {
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
