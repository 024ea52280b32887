//! The effect of applying a manifest: which runs get new tuning jobs, which keep theirs, what is stopped, and the cost.
//!
//! The decision is the operator's own ([`decide::plan`]), so the prediction is what the operator will do. It leaves
//! open what depends on SageMaker: whether a job of a previous incarnation is adopted, and what a selector finds.

use std::collections::BTreeSet;

use api::{Candidate, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, RunStatus, parse_decimal};
use decide::definition::fingerprint;
use decide::expansion::{add, untaken};
use decide::plan::{Fingerprints, ResolvedVersion, plan, version_by_status};
use serde::Serialize;

/// What happens to a run.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is new: it gets a tuning job, or adopts one of a previous incarnation of the selection.
    Create,
    /// Its definition changes: it gets a new tuning job.
    Replace,
    /// It follows an existing tuning job that the manifest refers to.
    Attach,
    /// It is kept, with its tuning job and results.
    Keep,
    /// It is removed, with its results.
    Remove,
}

/// A run of the manifest, or one that is removed.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RunEffect {
    /// What happens to it.
    pub action: Action,
    /// Its candidate.
    pub candidate: String,
    /// Its dataset.
    pub dataset: String,
}

/// Instance hours, and their cost if the manifest has the price.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct Cost {
    /// Instance hours.
    pub hours: f64,
    /// Instance hours times `spec.prices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<f64>,
}

/// The effect of applying a manifest.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// Every run, dataset by dataset, and then those that are removed.
    pub runs: Vec<RunEffect>,
    /// Tuning jobs that will be stopped.
    pub stopped: Vec<String>,
    /// Number of selectors whose result is unknown until the operator evaluates them.
    pub open_selectors: usize,
    /// The maximum cost of the new tuning jobs; `None` if the manifest does not limit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Cost>,
    /// The expected cost of the new tuning jobs for which similar runs have ended before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Cost>,
    /// Number of new tuning jobs that `expected` includes.
    pub expected_runs: usize,
}

impl Effect {
    /// Number of runs with an action.
    pub fn count(&self, action: Action) -> usize {
        self.runs.iter().filter(|run| run.action == action).count()
    }

    /// Number of new tuning jobs.
    pub fn new_jobs(&self) -> usize {
        self.count(Action::Create) + self.count(Action::Replace)
    }

    /// Whether no run changes.
    pub fn is_nothing(&self) -> bool {
        self.stopped.is_empty() && self.open_selectors == 0 && self.runs.iter().all(|run| run.action == Action::Keep)
    }
}

/// The effect of applying `spec` to the selection in the cluster, if it exists. `history` are runs of any selections,
/// whose training times are used for the estimate. `region` is the operator's, for a spec without one.
pub fn effect(
    spec: &ModelSelectionSpec,
    current: Option<&ModelSelection>,
    history: &[&RunStatus],
    region: &str,
) -> Effect {
    let none = ModelSelectionStatus::default();
    let status = current.and_then(|current| current.status.as_ref()).unwrap_or(&none);
    let region = spec.region.as_deref().or(status.region.as_deref()).unwrap_or(region);
    let (spec, open_selectors) = with_found(spec, status, region);
    let pins: Vec<Option<ResolvedVersion>> = spec.candidates.iter().map(|candidate| pin(status, candidate)).collect();
    let undecided: BTreeSet<String> = match open_selectors {
        0 => BTreeSet::new(),
        _ => status.expansions.iter().flat_map(|expansion| expansion.model_ids.iter().cloned()).collect(),
    };
    let planned = plan(&spec, status, region, &pins, &undecided, &mut Fingerprints::default());
    let before =
        |run: &RunStatus| status.runs.iter().find(|old| old.candidate == run.candidate && old.dataset == run.dataset);
    let action = |run: &RunStatus| match before(run) {
        Some(old) if old.definition == run.definition && spec.rerun == status.rerun => Action::Keep,
        _ if run.attached => Action::Attach,
        Some(_) => Action::Replace,
        None => Action::Create,
    };
    let of = |action: Action, run: &RunStatus| RunEffect {
        action,
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
    };
    let mut runs: Vec<RunEffect> = planned.runs.iter().map(|run| of(action(run), run)).collect();
    let stays =
        |old: &RunStatus| planned.runs.iter().any(|run| run.candidate == old.candidate && run.dataset == old.dataset);
    runs.extend(status.runs.iter().filter(|old| !stays(old)).map(|old| of(Action::Remove, old)));
    let new: Vec<&RunStatus> =
        planned.runs.iter().filter(|run| matches!(action(run), Action::Create | Action::Replace)).collect();
    let already = |name: &String| status.superseded.iter().any(|job| &job.tuning_job_name == name);
    let stopped = planned.superseded.into_iter().map(|job| job.tuning_job_name).filter(|name| !already(name));
    let (expected, expected_runs) = expected(&spec, &new, history);
    Effect { runs, stopped: stopped.collect(), open_selectors, bound: bound(&spec, new.len()), expected, expected_runs }
}

/// The spec plus the candidates that its selectors have found before, and the number of selectors to evaluate.
fn with_found(spec: &ModelSelectionSpec, status: &ModelSelectionStatus, region: &str) -> (ModelSelectionSpec, usize) {
    let mut spec = spec.clone();
    let mut open = 0;
    for selector in std::mem::take(&mut spec.candidate_selectors) {
        let key = fingerprint(&(&selector, &spec.rerun, region));
        match status.expansions.iter().find(|expansion| expansion.selector == key) {
            Some(expansion) => {
                let found = untaken(&spec, &expansion.model_ids);
                add(&mut spec, &selector, found);
            }
            None => open += 1,
        }
    }
    (spec, open)
}

/// The resolved version of the candidate's model. If the hub has yet to resolve it, the version in the manifest is
/// used: no existing run can have that one.
fn pin(status: &ModelSelectionStatus, candidate: &Candidate) -> Option<ResolvedVersion> {
    let model = candidate.jump_start.as_ref()?;
    let known = version_by_status(status, candidate);
    Some(Ok(known.or_else(|| model.version.clone()).unwrap_or_else(|| "*".to_owned())))
}

fn instances(spec: &ModelSelectionSpec) -> f64 {
    f64::from(spec.training.instance_count.unwrap_or(1))
}

fn cost(spec: &ModelSelectionSpec, hours: f64) -> Cost {
    let price = spec.prices.get(&spec.training.instance_type).and_then(|price| parse_decimal(price));
    Cost { hours, money: price.map(|price| price * hours) }
}

#[allow(clippy::cast_precision_loss)] // at most 512 runs
fn bound(spec: &ModelSelectionSpec, jobs: usize) -> Option<Cost> {
    let trials = f64::from(spec.tuning.max_training_jobs?);
    let seconds = f64::from(spec.training.max_runtime_seconds?);
    Some(cost(spec, jobs as f64 * trials * seconds * instances(spec) / 3600.0))
}

/// The expected cost of the runs whose model has already been trained on the same instance type: the average time of
/// the best training jobs, times the number of training jobs.
#[allow(clippy::cast_precision_loss)] // at most 512 runs
fn expected(spec: &ModelSelectionSpec, new: &[&RunStatus], history: &[&RunStatus]) -> (Option<Cost>, usize) {
    let Some(trials) = spec.tuning.max_training_jobs.map(f64::from) else { return (None, 0) };
    let like = |run: &RunStatus, old: &RunStatus| match &run.model_id {
        Some(model) => old.model_id.as_ref() == Some(model),
        None => old.model_id.is_none() && old.candidate == run.candidate,
    };
    let seconds = |run: &RunStatus| -> Option<f64> {
        let same = history.iter().filter(|old| like(run, old)).filter_map(|old| old.best.as_ref());
        let same = same.filter(|best| best.instance_type.as_ref() == Some(&spec.training.instance_type));
        let seconds: Vec<f64> = same.filter_map(|best| best.billable_seconds).map(f64::from).collect();
        (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64)
    };
    let known: Vec<f64> = new.iter().filter_map(|run| seconds(run)).collect();
    let hours = known.iter().sum::<f64>() * trials * instances(spec) / 3600.0;
    ((!known.is_empty()).then(|| cost(spec, hours)), known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample spec as an object in the cluster whose runs have all ended.
    fn applied(spec: &ModelSelectionSpec) -> ModelSelection {
        let pins: Vec<Option<ResolvedVersion>> =
            spec.candidates.iter().map(|candidate| pin(&ModelSelectionStatus::default(), candidate)).collect();
        let planned = plan(
            spec,
            &ModelSelectionStatus::default(),
            "us-west-2",
            &pins,
            &BTreeSet::new(),
            &mut Fingerprints::default(),
        );
        let mut selection = ModelSelection::new("least", spec.clone());
        let runs = planned.runs.into_iter().enumerate().map(|(index, run)| RunStatus {
            state: if index == 0 { api::RunState::Running } else { api::RunState::Succeeded },
            tuning_job_name: Some(format!("job-{index}")),
            best: Some(api::BestTrainingJob {
                billable_seconds: Some(1800),
                instance_type: Some(spec.training.instance_type.clone()),
                ..Default::default()
            }),
            ..run
        });
        selection.status =
            Some(ModelSelectionStatus { runs: runs.collect(), region: spec.region.clone(), ..Default::default() });
        selection
    }

    #[test]
    fn new_runs_are_created_and_kept_ones_are_not() {
        let spec = samples::spec();
        let new = effect(&spec, None, &[], "");
        assert_eq!((new.count(Action::Create), new.new_jobs(), new.stopped.len()), (2, 2, 0));
        let current = applied(&spec);
        assert!(effect(&spec, Some(&current), &[], "").is_nothing());
        let mut objectives = spec.clone();
        objectives.objectives.truncate(1);
        assert!(effect(&objectives, Some(&current), &[], "").is_nothing(), "objectives make no job");
    }

    #[test]
    fn an_edit_replaces_and_removes_only_affected_runs() {
        let spec = samples::spec();
        let current = applied(&spec);
        let mut edited = spec.clone();
        edited.training.hyperparameters.insert("epochs".into(), "6".into());
        let all = effect(&edited, Some(&current), &[], "");
        assert_eq!((all.count(Action::Replace), all.stopped.as_slice()), (2, &["job-0".to_owned()][..]));
        let mut fewer = spec.clone();
        fewer.candidates.pop();
        let fewer = effect(&fewer, Some(&current), &[], "");
        assert_eq!((fewer.count(Action::Keep), fewer.count(Action::Remove), fewer.new_jobs()), (1, 1, 0));
        let again = ModelSelectionSpec { rerun: "again".into(), ..spec };
        assert_eq!(effect(&again, Some(&current), &[], "").count(Action::Replace), 2);
    }

    #[test]
    fn the_maximum_and_the_expected_cost_are_separate() {
        let mut spec = samples::spec();
        spec.training.max_runtime_seconds = Some(7200);
        spec.prices.insert("ml.p3.2xlarge".into(), "4".into());
        let current = applied(&spec);
        spec.rerun = "again".into();
        let history: Vec<&RunStatus> = current.status.as_ref().unwrap().runs.iter().skip(1).collect();
        let effect = effect(&spec, Some(&current), &history, "");
        // 2 runs x 2 training jobs x 2 h; a training job of one of them took half an hour before.
        assert_eq!(effect.bound, Some(Cost { hours: 8.0, money: Some(32.0) }));
        assert_eq!((effect.expected, effect.expected_runs), (Some(Cost { hours: 1.0, money: Some(4.0) }), 1));
    }

    #[test]
    fn a_selector_without_a_result_is_left_open() {
        let mut spec = samples::spec();
        spec.candidate_selectors = serde_json::from_value(serde_json::json!([{"jumpStart": {"task": "ic"}}])).unwrap();
        let effect = effect(&spec, None, &[], "us-west-2");
        assert_eq!((effect.open_selectors, effect.is_nothing()), (1, false));
    }
}
