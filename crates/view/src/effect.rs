//! The effect of applying a manifest: which runs get new tuning jobs, which keep theirs, what is stopped, and the cost.
//!
//! The decision is the operator's own ([`decide::plan`]), so the prediction is what the operator will do. It leaves
//! open what depends on SageMaker: whether a job of a previous incarnation is adopted, and what a selector finds.

use std::borrow::Cow;
use std::collections::BTreeSet;

use api::{Candidate, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, RunStatus};
use decide::expansion::{add, untaken};
use decide::fingerprint::fingerprint;
use decide::plan::{Fingerprints, Plan, ResolvedVersion, plan, version_by_status};
use serde::Serialize;

use crate::cost::{Cost, bound, expected};

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
    /// The maximum cost of the new tuning jobs, with `spec.retries`; `None` if the manifest does not limit it.
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

/// A manifest beside the selection of its name in the cluster.
pub struct Comparison<'a> {
    /// The spec of the manifest, with the candidates that its selectors have found before.
    pub spec: ModelSelectionSpec,
    /// The region of its jobs; empty when nothing says it.
    pub region: String,
    /// Selectors of which only the operator can say what they find.
    pub open_selectors: usize,
    status: Cow<'a, ModelSelectionStatus>,
}

impl<'a> Comparison<'a> {
    /// `spec` beside the selection as it is in the cluster, if it is there. `region` is the operator's, for a spec that
    /// has none.
    pub fn new(spec: &ModelSelectionSpec, current: Option<&'a ModelSelection>, region: &str) -> Self {
        let status = current.and_then(|current| current.status.as_ref());
        let status = status.map_or_else(|| Cow::Owned(ModelSelectionStatus::default()), Cow::Borrowed);
        let region = spec.region.as_deref().or(status.region.as_deref()).unwrap_or(region).to_owned();
        let (spec, open_selectors) = with_found(spec, &status, &region);
        Self { spec, region, open_selectors, status }
    }

    /// The version that the status has resolved for a candidate of a model.
    pub fn known_version(&self, candidate: &Candidate) -> Option<String> {
        version_by_status(&self.status, candidate)
    }

    /// The version of each candidate's model. One that only the hub can resolve is the one in the manifest: no job can
    /// have it yet.
    fn versions(&self) -> Vec<Option<ResolvedVersion>> {
        let version = |candidate: &Candidate| {
            let model = candidate.jump_start.as_ref()?;
            let known = self.known_version(candidate).or_else(|| model.version.clone());
            Some(Ok(known.unwrap_or_else(|| "*".to_owned())))
        };
        self.spec.candidates.iter().map(version).collect()
    }

    /// The runs as the operator plans them, with that version of each candidate's model.
    pub fn plan(&self, versions: &[Option<ResolvedVersion>]) -> Plan {
        let undecided: BTreeSet<String> = match self.open_selectors {
            0 => BTreeSet::new(),
            _ => self.status.expansions.iter().flat_map(|expansion| expansion.model_ids.iter().cloned()).collect(),
        };
        plan(&self.spec, &self.status, &self.region, versions, &undecided, &mut Fingerprints::default())
    }

    /// What becomes of a planned run.
    fn action(&self, run: &RunStatus) -> Action {
        let same = |old: &&RunStatus| old.candidate == run.candidate && old.dataset == run.dataset;
        match self.status.runs.iter().find(same) {
            Some(old) if old.definition == run.definition && self.spec.rerun == self.status.rerun => Action::Keep,
            _ if run.attached => Action::Attach,
            Some(_) => Action::Replace,
            None => Action::Create,
        }
    }
}

/// What applying a manifest does. `history` are runs of any selections, for what training jobs took before.
pub fn effect(comparison: &Comparison<'_>, history: &[&RunStatus]) -> Effect {
    let Comparison { spec, status, open_selectors, .. } = comparison;
    let planned = comparison.plan(&comparison.versions());
    let of = |action: Action, run: &RunStatus| RunEffect {
        action,
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
    };
    let mut runs: Vec<RunEffect> = planned.runs.iter().map(|run| of(comparison.action(run), run)).collect();
    let stays =
        |old: &RunStatus| planned.runs.iter().any(|run| run.candidate == old.candidate && run.dataset == old.dataset);
    runs.extend(status.runs.iter().filter(|old| !stays(old)).map(|old| of(Action::Remove, old)));
    let is_new = |run: &&RunStatus| matches!(comparison.action(run), Action::Create | Action::Replace);
    let new: Vec<&RunStatus> = planned.runs.iter().filter(is_new).collect();
    let already = |name: &String| status.superseded.iter().any(|job| &job.tuning_job_name == name);
    let stopped = planned.superseded.into_iter().map(|job| job.tuning_job_name).filter(|name| !already(name));
    let (expected, expected_runs) = expected(spec, &new, history);
    let bound = bound(spec, &new);
    Effect { runs, stopped: stopped.collect(), open_selectors: *open_selectors, bound, expected, expected_runs }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(
        spec: &ModelSelectionSpec,
        current: Option<&ModelSelection>,
        history: &[&RunStatus],
        region: &str,
    ) -> Effect {
        super::effect(&Comparison::new(spec, current, region), history)
    }

    /// The sample spec as an object in the cluster whose runs have all ended.
    fn applied(spec: &ModelSelectionSpec) -> ModelSelection {
        let comparison = Comparison::new(spec, None, "us-west-2");
        let planned = comparison.plan(&comparison.versions());
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
