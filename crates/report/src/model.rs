//! The data of the page, as JSON.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use api::{Goal, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, Scale, parse_decimal};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::core::ObjectMeta;
use serde::Serialize;

use super::console::{Console, console};
use super::front::{Front, front};
use super::history::Axis;
use super::manifest::manifest;
use super::options::{Live, Options};
use super::run::{self, Run};
use super::verdict::{Verdict, verdict};

/// A selection in a list. Of the fronts in its status, only the numbers of members and the recommended candidates
/// matter.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// Its metadata.
    pub metadata: &'a ObjectMeta,
    /// Its status.
    pub status: Option<&'a ModelSelectionStatus>,
}

impl<'a> From<&'a ModelSelection> for Listed<'a> {
    fn from(selection: &'a ModelSelection) -> Self {
        Self { metadata: &selection.metadata, status: selection.status.as_ref() }
    }
}

/// The data of the page. Its JSON is the interface between this crate and the front-end.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The title of the document.
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<Live>,
    /// A summary of each selection: the list at the beginning of a page with several.
    summaries: Vec<Summary>,
    /// The details of each selection; empty in an overview.
    selections: Vec<Selection>,
}

/// The summary of a selection.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    namespace: String,
    name: String,
    href: String,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<api::Counts>,
    /// The recommended candidate of each dataset.
    recommended: Vec<String>,
    /// The size of the front of each dataset.
    front: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<i64>,
}

/// The details of a selection.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    namespace: String,
    name: String,
    region: Option<String>,
    verdict: Verdict,
    counts: Option<api::Counts>,
    started: Option<i64>,
    completed: Option<i64>,
    objectives: Vec<Objective>,
    constraints: Vec<Constraint>,
    /// Whether `spec.prices` has entries.
    priced: bool,
    datasets: Vec<String>,
    /// Names of metrics: the objectives, those of constraints, the derived ones, then all others by name.
    metrics: Vec<String>,
    /// Names of the hyperparameters that were searched.
    parameters: Vec<String>,
    console: Option<Console>,
    runs: Vec<Run>,
    fronts: Vec<Front>,
    /// The manifest of the selection, as YAML.
    manifest: String,
}

#[derive(Clone, Debug, Serialize)]
struct Objective {
    metric: String,
    goal: Goal,
    logarithmic: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Constraint {
    metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

impl Model {
    /// The model of a page about `selections`.
    pub fn new(selections: &[impl Borrow<ModelSelection>], options: &Options) -> Self {
        let selections: Vec<&ModelSelection> = selections.iter().map(Borrow::borrow).collect();
        let title = match selections.as_slice() {
            [one] => format!("{} - model selection", one.name_any()),
            _ => "Model selections".to_owned(),
        };
        let href = |selection: &ModelSelection| format!("#{}", path(&selection.metadata));
        Self {
            title,
            generated: options.generated.map(Timestamp::as_second),
            live: options.live.clone(),
            summaries: selections.iter().map(|one| summary((*one).into(), href(one))).collect(),
            selections: selections.iter().map(|one| selection(one, options)).collect(),
        }
    }

    /// The model of a page that lists `selections`.
    pub fn overview(selections: &[Listed<'_>], options: &Options) -> Self {
        let home = options.live.as_ref().map_or("", |live| live.home.trim_end_matches('/'));
        let href = |listed: &Listed<'_>| format!("{home}/{}", path(listed.metadata));
        Self {
            title: "Model selections".to_owned(),
            generated: options.generated.map(Timestamp::as_second),
            live: options.live.clone(),
            summaries: selections.iter().map(|one| summary(*one, href(one))).collect(),
            selections: Vec::new(),
        }
    }

    /// The model as one line of JSON: the data of a server-sent event.
    ///
    /// # Panics
    /// Never: all keys of its maps are strings.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a model is JSON")
    }
}

/// `{namespace}/{name}`; neither can contain characters that need escaping in a URL.
fn path(metadata: &ObjectMeta) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", text(&metadata.namespace), text(&metadata.name))
}

fn summary(Listed { metadata, status }: Listed<'_>, href: String) -> Summary {
    let fronts = status.map_or(&[][..], |status| &status.fronts);
    Summary {
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
        href,
        verdict: verdict(status),
        counts: status.and_then(|status| status.counts),
        recommended: fronts.iter().filter_map(|front| front.recommendation.as_ref()?.candidate.clone()).collect(),
        front: fronts
            .iter()
            .map(|front| front.members.len() + usize::try_from(front.omitted_members).unwrap_or(0))
            .collect(),
        started: started(status),
        completed: completed(status),
    }
}

fn selection(selection: &ModelSelection, options: &Options) -> Selection {
    let spec = &selection.spec;
    let status = selection.status.as_ref();
    let metrics = metrics(spec, status);
    let statuses = status.map_or(&[][..], |status| &status.runs);
    let source = run::Source { selection, metrics: &metrics, options, started: started(status) };
    let mut runs: Vec<Run> = statuses.iter().map(|run| run::of_run(&source, run)).collect();
    let objective = |one: &api::Objective| Objective {
        metric: one.metric.clone(),
        goal: one.goal,
        logarithmic: one.scale() == Scale::Logarithmic,
    };
    let objectives: Vec<Objective> = spec.objectives.iter().map(objective).collect();
    let axes: Vec<Axis> = objectives
        .iter()
        .map(|Objective { goal, logarithmic, .. }| Axis { goal: *goal, logarithmic: *logarithmic })
        .collect();
    let fronts = status.map_or(&[][..], |status| &status.fronts);
    let fronts = fronts.iter().map(|one| front(one, &mut runs, &source, &axes)).collect();
    let parameters: BTreeSet<&String> = runs.iter().flat_map(|run| run.parameters.keys()).collect();
    Selection {
        namespace: selection.namespace().unwrap_or_default(),
        name: selection.name_any(),
        region: status.and_then(|status| status.region.clone()).or_else(|| spec.region.clone()),
        verdict: verdict(status),
        counts: status.and_then(|status| status.counts),
        started: started(status),
        completed: completed(status),
        objectives,
        constraints: spec
            .constraints
            .iter()
            .map(|constraint| Constraint {
                metric: constraint.metric.clone(),
                min: constraint.min.as_deref().and_then(parse_decimal),
                max: constraint.max.as_deref().and_then(parse_decimal),
            })
            .collect(),
        priced: !spec.prices.is_empty(),
        datasets: spec.datasets.iter().map(|dataset| dataset.name.clone()).collect(),
        parameters: parameters.into_iter().cloned().collect(),
        console: status.and_then(|status| status.region.as_deref()).or(spec.region.as_deref()).map(console),
        fronts,
        metrics,
        runs,
        manifest: manifest(selection),
    }
}

/// Names of metrics in the order of their importance.
fn metrics(spec: &ModelSelectionSpec, status: Option<&ModelSelectionStatus>) -> Vec<String> {
    let named = spec.objectives.iter().map(|objective| &objective.metric);
    let named = named.chain(spec.constraints.iter().map(|constraint| &constraint.metric));
    let named = named.chain(spec.derived_metrics.iter().map(|metric| &metric.name));
    let best = status.iter().flat_map(|status| &status.runs).filter_map(|run| run.best.as_ref());
    let measured: BTreeSet<&String> = best
        .flat_map(|best| {
            best.metrics.iter().chain(&best.derived_metrics).map(|metric| &metric.name).chain(&best.non_finite_metrics)
        })
        .collect();
    let mut seen = BTreeSet::new();
    named.chain(measured).filter(|name| seen.insert(*name)).cloned().collect()
}

fn started(status: Option<&ModelSelectionStatus>) -> Option<i64> {
    status?.start_time.as_ref().map(|time| time.0.as_second())
}

fn completed(status: Option<&ModelSelectionStatus>) -> Option<i64> {
    status?.completion_time.as_ref().map(|time| time.0.as_second())
}

#[cfg(test)]
mod tests;
