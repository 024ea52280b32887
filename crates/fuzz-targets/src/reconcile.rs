//! What the operator makes of a status: as `src/controller` puts it together, without I/O.

use std::collections::BTreeSet;

use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunStatus, merge_conditions};
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

use crate::selection::{GENERATION, REGION};

/// The identity of a run.
pub(crate) fn identity<'r>(spec: &'r ModelSelectionSpec, run: &'r RunStatus) -> Identity<'r> {
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

/// The status after a reconcile without an answer of SageMaker.
pub(crate) fn pass(spec: &ModelSelectionSpec, status: ModelSelectionStatus, unverified: bool) -> ModelSelectionStatus {
    let versions: Vec<Option<ResolvedVersion>> = spec
        .candidates
        .iter()
        .map(|candidate| {
            candidate.jump_start.as_ref()?;
            let none = || Problem::new(Reason::Progressing, "the model is being looked up");
            Some(version_by_status(&status, candidate).ok_or_else(none))
        })
        .collect();
    let mut planned = plan(spec, &status, REGION, &versions, &BTreeSet::new(), &mut Fingerprints::default());
    take_back(&mut planned, |run| identity(spec, run).job_name());
    let Plan { mut runs, superseded } = planned;
    if unverified {
        runs.iter_mut().for_each(|run| apply(run, RunEvent::Unverified));
    }
    advance(spec, &mut runs);
    recorded(spec, status, runs, superseded)
}

/// The status with everything that follows from the runs.
pub(crate) fn recorded(
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
        unobserved: None,
        incomplete: None,
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
