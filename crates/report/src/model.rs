//! What the page shows, as JSON.

use std::collections::BTreeSet;

use api::{Goal, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, parse_decimal};
use jiff::Timestamp;
use kube::ResourceExt;
use serde::Serialize;
use serde_json::Value;

use super::console::{Console, console};
use super::history::{Axis, Step, history};
use super::manifest::manifest;
use super::run::{self, Kind, Role, Run};
use super::verdict::{Verdict, verdict};
use super::{Live, Options};

/// What the page shows. Its JSON is the interface between this crate and the front-end.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The title of the document.
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<Live>,
    /// All selections in short: the list that the page begins with when there are several.
    summaries: Vec<Summary>,
    /// All that is known of each; empty in an overview.
    selections: Vec<Selection>,
}

/// A selection in short.
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

/// A selection in full.
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
    /// Whether `spec.prices` has any.
    priced: bool,
    datasets: Vec<String>,
    /// Names of metrics: the objectives, the constraints', the derived, then all others by name.
    metrics: Vec<String>,
    /// Names of the hyperparameters that were searched.
    parameters: Vec<String>,
    console: Option<Console>,
    runs: Vec<Run>,
    fronts: Vec<Front>,
    /// The manifest that made it, as YAML.
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

/// The front of a dataset; runs are told by their index.
#[derive(Clone, Debug, Serialize)]
struct Front {
    dataset: String,
    members: Vec<usize>,
    /// Members that the status does not list.
    omitted: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended: Option<usize>,
    /// Why it is that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    alternatives: Vec<Alternative>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypervolume: Option<f64>,
    history: Vec<Step>,
}

/// Another member, and what it would give and take.
#[derive(Clone, Debug, Serialize)]
struct Alternative {
    run: usize,
    message: String,
}

impl Model {
    /// The model of a page about `selections`.
    pub fn new(selections: &[ModelSelection], options: &Options) -> Self {
        let title = match selections {
            [one] => format!("{} - model selection", one.name_any()),
            _ => "Model selections".to_owned(),
        };
        let href = |selection: &ModelSelection| format!("#{}", path(selection));
        Self {
            title,
            generated: options.generated.map(Timestamp::as_second),
            live: options.live.clone(),
            summaries: selections.iter().map(|selection| summary(selection, href(selection))).collect(),
            selections: selections.iter().map(|one| selection(one, &json(one), options)).collect(),
        }
    }

    /// The model of a page that lists `selections`.
    pub fn overview(selections: &[ModelSelection], options: &Options) -> Self {
        let home = options.live.as_ref().map_or("", |live| live.home.trim_end_matches('/'));
        let href = |selection: &ModelSelection| format!("{home}/{}", path(selection));
        Self {
            title: "Model selections".to_owned(),
            generated: options.generated.map(Timestamp::as_second),
            live: options.live.clone(),
            summaries: selections.iter().map(|selection| summary(selection, href(selection))).collect(),
            selections: Vec::new(),
        }
    }

    /// The model as one line of JSON: the data of a server-sent event.
    ///
    /// # Panics
    /// Never: it has no map with keys that are no text.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a model is JSON")
    }
}

/// `{namespace}/{name}`; Kubernetes allows nothing in either that would need escaping in an address.
fn path(selection: &ModelSelection) -> String {
    format!("{}/{}", selection.namespace().unwrap_or_default(), selection.name_any())
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn summary(selection: &ModelSelection, href: String) -> Summary {
    let status = selection.status.as_ref();
    let raw = json(&status);
    let fronts = list(&raw["fronts"]);
    Summary {
        namespace: selection.namespace().unwrap_or_default(),
        name: selection.name_any(),
        href,
        verdict: verdict(selection),
        counts: status.and_then(|status| status.counts),
        recommended: fronts.iter().filter_map(|front| Some(recommended(front)?.to_owned())).collect(),
        front: fronts.iter().map(|front| list(&front["members"]).len()).collect(),
        started: started(status),
        completed: completed(status),
    }
}

/// `raw` is the selection as JSON. Fronts are read from it, so that what a newer operator adds is shown where it is known,
/// and what an older one leaves out is not missed.
fn selection(selection: &ModelSelection, raw: &Value, options: &Options) -> Selection {
    let spec = &selection.spec;
    let status = selection.status.as_ref();
    let metrics = metrics(spec, status);
    let statuses = status.map_or(&[][..], |status| &status.runs);
    let raw_runs = list(&raw["status"]["runs"]);
    let mut runs: Vec<Run> = statuses
        .iter()
        .enumerate()
        .map(|(index, run)| run::of_run(selection, raw_runs.get(index).unwrap_or(&Value::Null), run, &metrics, options))
        .collect();
    let objectives = objectives(spec, raw);
    let axes: Vec<Axis> = objectives
        .iter()
        .map(|Objective { goal, logarithmic, .. }| Axis { goal: *goal, logarithmic: *logarithmic })
        .collect();
    let fronts = list(&raw["status"]["fronts"]).iter().map(|raw| front(raw, &mut runs, &axes)).collect();
    let parameters: BTreeSet<&String> = runs.iter().flat_map(|run| run.parameters.keys()).collect();
    Selection {
        namespace: selection.namespace().unwrap_or_default(),
        name: selection.name_any(),
        region: status.and_then(|status| status.region.clone()).or_else(|| spec.region.clone()),
        verdict: verdict(selection),
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

fn objectives(spec: &ModelSelectionSpec, raw: &Value) -> Vec<Objective> {
    let of = |(objective, raw): (&api::Objective, &Value)| Objective {
        metric: objective.metric.clone(),
        goal: objective.goal,
        logarithmic: raw["scale"] == "Logarithmic",
    };
    spec.objectives.iter().zip(list(&raw["spec"]["objectives"])).map(of).collect()
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

/// The front told by `raw`, an entry of `status.fronts`. Adds the rows that are no runs, and says of each row of the
/// dataset how it stands to the front.
fn front(raw: &Value, runs: &mut Vec<Run>, axes: &[Axis]) -> Front {
    let dataset = raw["dataset"].as_str().unwrap_or_default();
    for entry in list(&raw["observed"]) {
        runs.push(run::of_observed(entry, dataset, values(entry)));
    }
    for entry in list(&raw["excluded"]) {
        exclude(runs, dataset, entry);
    }
    let members: Vec<usize> = list(&raw["members"]).iter().filter_map(|member| row(runs, dataset, member)).collect();
    let at = |candidate: &str, training_job: Option<&str>| {
        let of_candidate = || members.iter().copied().filter(|&index| runs[index].candidate == candidate);
        let exact = of_candidate().find(|&index| runs[index].training_job.as_deref() == training_job);
        exact.or_else(|| of_candidate().next())
    };
    let recommendation = &raw["recommendation"];
    let training_job = recommendation["trainingJobName"].as_str().or(raw["recommendedTrainingJobName"].as_str());
    let alternative = |entry: &Value| {
        Some(Alternative {
            run: at(entry["candidate"].as_str()?, entry["trainingJobName"].as_str())?,
            message: entry["message"].as_str().unwrap_or_default().to_owned(),
        })
    };
    Front {
        recommended: recommended(raw).and_then(|candidate| at(candidate, training_job)),
        why: recommendation["message"].as_str().map(ToOwned::to_owned),
        alternatives: list(&recommendation["alternatives"]).iter().filter_map(alternative).collect(),
        omitted: raw["omittedMembers"].as_i64().unwrap_or_default(),
        hypervolume: raw["hypervolume"].as_str().and_then(parse_decimal),
        history: history(considered(runs, dataset, axes.len()), axes),
        dataset: dataset.to_owned(),
        members,
    }
}

/// The recommended candidate of an entry of `status.fronts`.
fn recommended(front: &Value) -> Option<&str> {
    front["recommendation"]["candidate"].as_str().or(front["recommended"].as_str())
}

/// The row of a member of a front, which is made where there is none yet.
fn row(runs: &mut Vec<Run>, dataset: &str, member: &Value) -> Option<usize> {
    let candidate = member["candidate"].as_str()?;
    let training_job = member["trainingJobName"].as_str();
    let of_candidate = |run: &Run| run.dataset == dataset && run.candidate == candidate;
    let first = runs.iter().position(of_candidate)?;
    let known =
        |run: &Run| run.kind != Kind::Run || training_job.is_none() || run.training_job.as_deref() == training_job;
    if let Some(index) = runs.iter().position(|run| of_candidate(run) && known(run)) {
        return Some(index);
    }
    let trial = run::of_trial(&runs[first], training_job?, values(member));
    // The run's own best training job is a point that this one may dominate.
    runs.push(trial);
    Some(runs.len() - 1)
}

/// Says why a row is excluded.
fn exclude(runs: &mut Vec<Run>, dataset: &str, entry: &Value) {
    let known = runs.iter().position(|run| run.dataset == dataset && entry["candidate"] == run.candidate.as_str());
    let index = known.unwrap_or_else(|| {
        // What is excluded and has no run was measured elsewhere.
        runs.push(run::of_observed(entry, dataset, Vec::new()));
        runs.len() - 1
    });
    let row = &mut runs[index];
    row.role = if entry["reason"] == "Infeasible" { Role::Infeasible } else { Role::Excluded };
    // The reason of a run that failed says more than that it did not succeed.
    if row.reason.is_none() {
        row.reason = entry["reason"].as_str().map(ToOwned::to_owned);
    }
    row.message = entry["message"].as_str().map(ToOwned::to_owned).or(row.message.take());
}

/// The objectives of the runs that are considered for the front and whose end is known, and when that was.
fn considered(runs: &[Run], dataset: &str, objectives: usize) -> Vec<(Timestamp, Vec<f64>)> {
    let point = |run: &Run| {
        let time = Timestamp::from_second(run.ended?).ok()?;
        let values: Vec<f64> = run.values.get(..objectives)?.iter().copied().collect::<Option<_>>()?;
        Some((time, values))
    };
    let considered = |run: &&Run| run.dataset == dataset && matches!(run.role, Role::Front | Role::Dominated);
    runs.iter().filter(considered).filter_map(point).collect()
}

/// The values of the objectives of an entry of a front.
fn values(entry: &Value) -> Vec<Option<f64>> {
    list(&entry["values"]).iter().map(|value| value["value"].as_str().and_then(parse_decimal)).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn started(status: Option<&ModelSelectionStatus>) -> Option<i64> {
    status?.start_time.as_ref().map(|time| time.0.as_second())
}

fn completed(status: Option<&ModelSelectionStatus>) -> Option<i64> {
    status?.completion_time.as_ref().map(|time| time.0.as_second())
}

#[cfg(test)]
mod tests;
