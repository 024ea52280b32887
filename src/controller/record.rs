//! The step `record`: writes the status and the Events, only if they have changed.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{self, EventType};
use kube::{Api, Resource, ResourceExt as _};
use serde::Serialize;
use serde_json::json;

use super::api_server::{ApiServerError, answered};
use super::context::Context;
use super::pass::Pass;
use super::stop;
use api::{
    Collect, FIELD_MANAGER, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, WantedCondition, merge_conditions,
};
use decide::conditions::{self, Situation, complete, launched_before};
use decide::events::{EventNote, NOTE_MAX, events};
use decide::front::{References, Tables};
use decide::problem::Problem;
use decide::progress::progress;
use decide::{derived, front, status_size, summary};
use platform::clock;

/// Why a status was not recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("the status was not written")]
    Status(#[source] ApiServerError),
}

/// Number of runs up to which fronts are computed without leaving the async thread.
const INLINE_RUNS_MAX: usize = 64;

/// The API server stores whole seconds. With finer times, an unchanged status would differ from the stored one and
/// would be written again.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// What was observed apart from the runs.
pub(super) struct Known<'a> {
    /// The spec plus the candidates that the selectors have found.
    pub(super) spec: &'a ModelSelectionSpec,
    /// What the fronts need apart from the runs; `None` if the fronts in the status are still current.
    pub(super) of_fronts: Option<(&'a Tables, &'a References)>,
    /// Why the runs are not all that the spec asks for.
    pub(super) incomplete: Option<&'a Problem>,
    /// Why SageMaker cannot be observed.
    pub(super) unobserved: Option<&'a Problem>,
}

/// The status with everything that follows from the runs: fronts, counts, the end. Its conditions are still those of
/// before.
pub(super) fn results(pass: &Pass<'_>, known: &Known<'_>, status: ModelSelectionStatus) -> ModelSelectionStatus {
    let Known { spec, of_fronts, incomplete, .. } = *known;
    let now = whole_second(clock::now());
    let ModelSelectionStatus { mut runs, start_time, completion_time, .. } = status;
    let last = || pass.ctx.stores.newest(&pass.selection).status.clone().unwrap_or_default().fronts;
    let is_small = runs.len() <= INLINE_RUNS_MAX && spec.collect == Collect::Best && spec.derived_metrics.is_empty();
    let mut compute = || {
        let derivations = pass.derivations(spec);
        summary::bounded(&derivations, &mut runs);
        let Some((tables, references)) = of_fronts else { return last() };
        if derivations.over_budget().is_some() {
            return Vec::new();
        }
        let of_best = derived::apply(&derivations, &mut runs, &mut pass.cache().derived);
        front::fronts_with(&derivations, &of_best, &mut runs, tables, references)
    };
    // Large tables and expressions take seconds, which must not block other selections. For small ones, moving to a
    // blocking thread costs more than the computation.
    let fronts = if is_small { compute() } else { tokio::task::block_in_place(compute) };
    let counts = summary::counts(&runs);
    let mut status = ModelSelectionStatus {
        observed_generation: pass.generation(),
        progress: Some(summary::progress(&counts)),
        recommended: summary::recommended(&fronts),
        front_sizes: summary::front_sizes(&fronts),
        counts: Some(counts),
        start_time: start_time.or(Some(Time(now))),
        completion_time: (complete(spec, &runs) && incomplete.is_none()).then(|| completion_time.unwrap_or(Time(now))),
        region: Some(pass.region.name().to_owned()),
        rerun: spec.rerun.clone(),
        runs,
        objectives: spec.objectives.iter().map(|objective| objective.metric.clone()).collect(),
        fronts,
        ..status
    };
    status_size::fit(&mut status, &pass.derivations(spec));
    status
}

/// Adds the conditions that follow from the results, and writes the status if it changed. `published` is the condition
/// of the `ConfigMap` with the winner. Returns the present status.
pub(super) async fn record(
    pass: &Pass<'_>,
    known: &Known<'_>,
    status: ModelSelectionStatus,
    published: Option<WantedCondition>,
) -> Result<ModelSelectionStatus, RecordError> {
    let Known { spec, incomplete, unobserved, .. } = *known;
    let unobserved = unobserved.cloned().or_else(|| stop::problem(pass, &status));
    let generation = pass.generation();
    let counts = status.counts.unwrap_or_default();
    let situation = Situation {
        spec,
        runs: &status.runs,
        counts: &counts,
        fronts: &status.fronts,
        launched_before: launched_before(&status.conditions, generation),
        unobserved: unobserved.as_ref(),
        incomplete,
    };
    let wanted = conditions::conditions(situation).into_iter().chain(published).collect();
    let conditions = merge_conditions(&status.conditions, wanted, generation, whole_second(clock::now()));
    write(pass.ctx, &pass.selection, ModelSelectionStatus { conditions, ..status }).await
}

/// Reports that the spec cannot be used.
pub(super) async fn invalid(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    problem: &Problem,
) -> Result<(), RecordError> {
    let before = selection.status.clone().unwrap_or_default();
    write_conditions(ctx, selection, before, conditions::invalid(problem)).await
}

/// Reports why the deletion of a selection waits. `status` is what is known of it.
pub(super) async fn deleting(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    status: ModelSelectionStatus,
    problem: &Problem,
) -> Result<(), RecordError> {
    write_conditions(ctx, selection, status, conditions::deleting(problem)).await
}

async fn write_conditions(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    before: ModelSelectionStatus,
    wanted: Vec<WantedCondition>,
) -> Result<(), RecordError> {
    let generation = selection.meta().generation;
    let conditions = merge_conditions(&before.conditions, wanted, generation, whole_second(clock::now()));
    let status = ModelSelectionStatus { conditions, observed_generation: generation, ..before };
    write(ctx, selection, status).await.map(drop)
}

/// The object to apply. The status is borrowed, because it may be large.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusOf<'a> {
    api_version: Cow<'static, str>,
    kind: Cow<'static, str>,
    /// With the uid: a status must never be written to another object of the same name.
    metadata: serde_json::Value,
    status: &'a ModelSelectionStatus,
}

/// Writes `status` unless it equals the one last written, and publishes the Events of the transition. Mere progress may
/// be delayed.
async fn write(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    status: ModelSelectionStatus,
) -> Result<ModelSelectionStatus, RecordError> {
    let (newest, none) = (ctx.stores.newest(selection), ModelSelectionStatus::default());
    let last = newest.status.as_ref().unwrap_or(&none);
    let uid = selection.uid().unwrap_or_default();
    if status == *last {
        ctx.unwritten.drop_progress(&uid);
        return Ok(status);
    }
    // Whoever waits for a deletion wants to know why.
    let may_wait = progress(last, &status).filter(|_| selection.metadata.deletion_timestamp.is_none());
    if may_wait.is_some_and(|step| ctx.unwritten.keep(&uid, step, &status, clock::steady())) {
        return Ok(status);
    }
    let api: Api<ModelSelection> =
        Api::namespaced(ctx.client.clone(), selection.namespace().as_deref().unwrap_or("default"));
    let name = selection.name_any();
    let patch = StatusOf {
        api_version: ModelSelection::api_version(&()),
        kind: ModelSelection::kind(&()),
        metadata: json!({"uid": uid}),
        status: &status,
    };
    ctx.writers.writing(&uid, &status);
    let params = PatchParams::apply(FIELD_MANAGER).force();
    let patch = Patch::Apply(&patch);
    let mut written = answered(api.patch_status(&name, &params, &patch)).await.map_err(RecordError::Status)?;
    ctx.metrics.status_written();
    if let Some(removal) = left_by_others(written.status.as_ref(), &status) {
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let removed = answered(api.patch_status(&name, &params, &Patch::Merge(removal))).await;
        written = removed.map_err(RecordError::Status)?;
    }
    ctx.note_written(written);
    for event in events(last, &status) {
        publish(ctx, selection, "UpdateStatus", event).await;
    }
    Ok(status)
}

/// Applying a status keeps fields that other clients have set and that our status does not have, such as a
/// recommendation where there is none. Returns the patch that removes them, if there are any.
fn left_by_others(written: Option<&ModelSelectionStatus>, ours: &ModelSelectionStatus) -> Option<serde_json::Value> {
    let written = written.filter(|written| *written != ours)?;
    let fields = |status| serde_json::to_value(status).ok()?.as_object().cloned();
    let (written, ours) = (fields(written)?, fields(ours)?);
    let removed: serde_json::Map<_, _> = written
        .into_iter()
        .filter(|(field, _)| !ours.contains_key(field))
        .map(|(field, _)| (field, json!(null)))
        .collect();
    (!removed.is_empty()).then(|| json!({"status": removed}))
}

/// Reports that another client wrote the status. The pass corrects it.
pub(super) async fn report_conflicting_writer(ctx: &Context, selection: &ModelSelection) {
    let name = format!("{}/{}", selection.namespace().unwrap_or_default(), selection.name_any());
    let message = format!("the status of {name} was written by another client at {}", whole_second(clock::now()));
    ctx.settings.readiness.warn("other operators", Some(message));
    let note = "another client has written the status; if another operator manages this selection, stop it, or let \
                both use one Lease (--leader-election-id, --leader-election-namespace)";
    let event = EventNote { warning: true, reason: "AnotherOperator", note: note.to_owned() };
    publish(ctx, selection, "CorrectStatus", event).await;
}

/// Publishes an Event about a selection. An Event that cannot be published is only logged, because the conditions say
/// the same.
pub(super) async fn publish(ctx: &Context, selection: &ModelSelection, action: &str, event: EventNote) {
    publish_of(ctx, &selection.object_ref(&()), action, event).await;
}

/// Publishes an Event about any object.
pub(super) async fn publish_of(
    ctx: &Context,
    reference: &k8s_openapi::api::core::v1::ObjectReference,
    action: &str,
    event: EventNote,
) {
    let EventNote { warning, reason, note } = event;
    let event = events::Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason: reason.to_owned(),
        note: Some(api::message(&note, NOTE_MAX)),
        action: action.to_owned(),
        secondary: None,
    };
    // A recorder aggregates Events of the same reason into the first one and keeps its note, so Events with notes of
    // their own need a new recorder each.
    match answered(ctx.recorder().publish(&event, reference)).await {
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, reason, "cannot publish an Event"),
    }
}
