//! The step `observe`: determines the runs, and the state of their jobs.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::expand::{Expanded, expand};
use super::pass::Pass;
use super::versions::versions;
use super::{adopt, collect_all, describe, observed_config_maps, previous_incarnation};
use api::{ModelSelectionSpec, ModelSelectionStatus, RunState, RunStatus, SupersededJob};
use decide::front::{References, Tables};
use decide::incarnation::is_unsettled;
use decide::plan::{ResolvedVersion, advance, plan, take_back};
use decide::problem::Problem;
use decide::run::{RunEvent, apply};
use decide::{derived, front};
use observe::Sighting;
use platform::clock;

/// How long a pass waits for descriptions of models, once for selectors and once for candidates. Later ones are in the
/// cache for the next pass, and other selections are reconciled meanwhile.
pub(super) const MODEL_WAIT: Duration = Duration::from_millis(300);

/// The result of `observe`.
pub(super) struct Observed {
    /// The spec plus the candidates that the selectors have found.
    pub(super) spec: ModelSelectionSpec,
    /// The resolved version of each candidate's model.
    pub(super) versions: Vec<Option<ResolvedVersion>>,
    /// The status, with the current runs of the spec.
    pub(super) status: ModelSelectionStatus,
    /// What the polls have shown of the jobs.
    pub(super) sightings: HashMap<String, Sighting>,
    /// The tables that the fronts need; `None` if the fronts in the status are still current.
    pub(super) tables: Option<Tables>,
    /// The contents of the `ConfigMap`s that candidates refer to; `None` while they cannot be read.
    pub(super) references: Option<References>,
    /// Why the runs are not all that the spec asks for: a selector that has no result yet, or an expression that cannot
    /// be parsed.
    pub(super) incomplete: Option<Problem>,
    /// Why SageMaker cannot be observed.
    pub(super) unobserved: Option<Problem>,
    /// The next pass has to continue.
    pub(super) unfinished: bool,
}

/// Resolves the models, plans the runs, and updates them.
pub(super) async fn observe(pass: &Pass<'_>, mut status: ModelSelectionStatus) -> Observed {
    if pass.is_unverified() {
        pass.ctx.incarnations.drop_answer(&pass.uid);
    }
    let is_new = status.start_time.is_none() || pass.is_unverified();
    // The process that has begun to look for its earlier jobs may have died.
    let restarted = pass.ctx.incarnations.looked_for(&pass.uid).is_none() && is_unsettled(&status, clock::now());
    if is_new || restarted {
        pass.ctx.incarnations.begin(&pass.uid);
    }
    let expanded = expand(pass, &status, clock::after(MODEL_WAIT)).await;
    let Expanded { spec, expansions, problem, undecided } = expanded;
    let selectors_are_known = problem.is_none();
    let incomplete = problem.or_else(|| derived::invalid(&pass.derivations(&spec))).or_else(|| front::invalid(&spec));
    status.expansions = expansions;
    // A selector that waits for many descriptions must not use up the time of the other candidates.
    let until = clock::after(MODEL_WAIT);
    let versions = versions(pass, &spec, &status, until).await;
    (status.runs, status.superseded) = planned(pass, &spec, &status, &versions, &undecided);
    previous_incarnation::reclaim(pass, &spec, &mut status, selectors_are_known, until).await;
    if pass.is_unverified() {
        status.runs.iter_mut().for_each(|run| unverified(pass, run));
        let wanted: BTreeSet<&String> = status.runs.iter().filter_map(|run| run.tuning_job_name.as_ref()).collect();
        status.superseded.retain(|job| !wanted.contains(&job.tuning_job_name));
    }
    let sightings = pass.track(&status);
    let mut unfinished = describe::describe(pass, &spec, &mut status.runs, &sightings).await;
    unfinished |= adopt::find(pass, &spec, &mut status.runs).await;
    advance(&spec, &mut status.runs);
    let tables = collect_all::tables_for_fronts(pass, &spec, &mut status.runs).await;
    let references = observed_config_maps::read(pass, &spec).await;
    let unobserved = unobserved(pass, &status);
    Observed { spec, versions, status, sightings, tables, references, incomplete, unobserved, unfinished }
}

/// Takes back what somebody else may have written of the run. One that is to find its job by name has the name that
/// follows from what it is for.
fn unverified(pass: &Pass<'_>, run: &mut RunStatus) {
    apply(run, RunEvent::Unverified);
    let others = run.tuning_job_name.as_ref().is_some_and(|name| *name != pass.identity(run).job_name());
    if run.state == RunState::Waiting && !run.attached && others {
        apply(run, RunEvent::NotItsJob);
    }
}

/// The runs of the spec, and the jobs that no run refers to any more.
fn planned(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    versions: &[Option<ResolvedVersion>],
    undecided: &BTreeSet<String>,
) -> (Vec<RunStatus>, Vec<SupersededJob>) {
    let known = &mut pass.cache().fingerprints;
    let mut planned = plan(spec, status, pass.region.name(), versions, undecided, known);
    take_back(&mut planned, |run| pass.identity(run).job_name());
    (planned.runs, planned.superseded)
}

/// Why the running jobs of the selection cannot be observed, if a person must act or if it lasts.
fn unobserved(pass: &Pass<'_>, status: &ModelSelectionStatus) -> Option<Problem> {
    if !status.runs.iter().any(|run| run.state.active()) {
        return None;
    }
    pass.ctx.observer.problem(pass.region.name())
}
