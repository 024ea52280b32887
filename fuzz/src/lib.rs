//! What the targets share: a selection, the API server's opinion of it, and what the operator makes of a status.

use std::collections::BTreeSet;

use api::{DerivedMetric, ModelSelectionSpec, ModelSelectionStatus, Reason, RunStatus, merge_conditions};
use decide::conditions::{Situation, complete, conditions, launched_before};
use decide::derived::{self, Derivations, Memo};
use decide::front::{self, References, Tables};
use decide::identity::Identity;
use decide::plan::{Fingerprints, Plan, ResolvedVersion, advance, plan, take_back, version_by_status};
use decide::problem::Problem;
use decide::run::{RunEvent, apply};
use decide::summary;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use lint::{Linter, Unquoted};
use serde_json::{Value, json};

/// The region of the selection.
pub const REGION: &str = "us-west-2";
/// Its generation.
pub const GENERATION: i64 = 7;

/// A model of the hub and an own image, compared by a metric from the logs and one that is computed.
pub fn spec() -> ModelSelectionSpec {
    let mut spec = samples::spec();
    spec.derived_metrics =
        vec![DerivedMetric { name: "images".into(), expression: "dataset.testSize / trainingSeconds".into() }];
    spec.objectives[1].metric = "images".into();
    spec.datasets[0].test_size = Some(6000);
    spec.prices = [("ml.p3.2xlarge".to_owned(), "3.825".to_owned())].into();
    spec.retries = 1;
    spec
}

/// The selection as an object.
pub fn object(spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> Value {
    json!({
        "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection",
        "metadata": {"name": "selection", "namespace": "vision"}, "spec": spec, "status": status,
    })
}

thread_local!(static LINTER: Linter = Linter::new());

/// What the API server would say against an object; empty when it would take it.
pub fn faults(object: &Value) -> Vec<String> {
    LINTER.with(|linter| linter.check(object))
}

/// The values that need quotes.
pub fn unquoted(object: &Value) -> Unquoted {
    LINTER.with(|linter| linter.unquoted(object))
}

/// The identity of a run.
pub fn identity<'r>(spec: &'r ModelSelectionSpec, run: &'r RunStatus) -> Identity<'r> {
    Identity {
        scope: "fuzz",
        namespace: "vision",
        name: "selection",
        candidate: &run.candidate,
        dataset: &run.dataset,
        definition: run.definition.as_deref().unwrap_or_default(),
        rerun: &spec.rerun,
        attempt: run.attempt,
    }
}

/// The status after a pass in which SageMaker says nothing: as `src/controller` puts it together.
pub fn pass(spec: &ModelSelectionSpec, status: ModelSelectionStatus, unverified: bool) -> ModelSelectionStatus {
    let pins: Vec<Option<ResolvedVersion>> = spec
        .candidates
        .iter()
        .map(|candidate| {
            candidate.jump_start.as_ref()?;
            let none = || Problem::new(Reason::Progressing, "the model is being looked up");
            Some(version_by_status(&status, candidate).ok_or_else(none))
        })
        .collect();
    let mut planned = plan(spec, &status, REGION, &pins, &BTreeSet::new(), &mut Fingerprints::default());
    take_back(&mut planned, |run| identity(spec, run).job_name());
    let Plan { mut runs, superseded } = planned;
    if unverified {
        runs.iter_mut().for_each(|run| apply(run, RunEvent::Unverified));
    }
    advance(spec, &mut runs);
    recorded(spec, status, runs, superseded)
}

/// The status with everything that follows from the runs.
pub fn recorded(
    spec: &ModelSelectionSpec,
    before: ModelSelectionStatus,
    mut runs: Vec<RunStatus>,
    superseded: Vec<api::SupersededJob>,
) -> ModelSelectionStatus {
    let now = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    let derivations = Derivations::new(spec);
    summary::bounded(&derivations, &mut runs);
    let of_best = derived::apply(&derivations, &mut runs, &mut Memo::default());
    let fronts = front::fronts_with(&derivations, &of_best, &mut runs, &Tables::default(), &References::default());
    let counts = summary::counts(&runs);
    let situation = Situation {
        spec,
        runs: &runs,
        counts: &counts,
        fronts: &fronts,
        launched_before: launched_before(&before.conditions, Some(GENERATION)),
        blind: None,
        held: None,
    };
    ModelSelectionStatus {
        conditions: merge_conditions(&before.conditions, conditions(situation), Some(GENERATION), now),
        observed_generation: Some(GENERATION),
        progress: Some(summary::progress(&counts)),
        recommended: summary::recommended(&fronts),
        front_sizes: summary::front_sizes(&fronts),
        counts: Some(counts),
        start_time: before.start_time.or(Some(Time(now))),
        completion_time: complete(spec, &runs).then(|| before.completion_time.unwrap_or(Time(now))),
        region: Some(REGION.to_owned()),
        rerun: spec.rerun.clone(),
        expansions: Vec::new(),
        runs,
        superseded,
        objectives: spec.objectives.iter().map(|objective| objective.metric.clone()).collect(),
        fronts,
    }
}
