//! Writing the status and the Events: only when they say something new.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{self, EventType};
use kube::{Api, Resource, ResourceExt as _};
use serde_json::json;

use super::context::Context;
use super::pass::Pass;
use super::reconcile::Error;
use super::stop;
use api::{ConditionType, FIELD_MANAGER, ModelSelection, ModelSelectionStatus, Reason, clip, merge_conditions};
use decide::conditions::{Situation, complete, conditions, launched_before};
use decide::events::{NOTE_MAX, News, events};
use decide::front::Tables;
use decide::problem::Problem;
use decide::{derived, front, summary};
use platform::clock;

/// A call to the API server must not hold a pass for long.
pub(super) const TIMEOUT: Duration = Duration::from_secs(15);

/// The API server keeps whole seconds. With finer times, what was written and what is read back would differ, and an
/// unchanged status would be written again.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Works out all that follows from the runs (fronts, counts, conditions), and writes the status if it says something
/// new. Returns the status as it now is. Without `tables` the fronts stand as they were written last.
pub(super) async fn report(
    at: &Pass<'_>,
    status: ModelSelectionStatus,
    tables: Option<&Tables>,
    blind: Option<&Problem>,
) -> Result<ModelSelectionStatus, Error> {
    let now = whole_second(clock::now());
    let blind = blind.cloned().or_else(|| stop::trouble(at, &status));
    let ModelSelectionStatus {
        mut runs, superseded, expansions, conditions: before, start_time, completion_time, ..
    } = status;
    let spec = &at.spec;
    let generation = at.selection.meta().generation;
    summary::bounded(spec, &mut runs);
    derived::apply(spec, &mut runs);
    let last = || at.ctx.newest(at.selection).status.clone().unwrap_or_default().fronts;
    // Tens of thousands of training jobs with many objectives take seconds, which others must not wait for.
    let fronts = |tables| tokio::task::block_in_place(|| front::fronts(spec, &mut runs, tables));
    let fronts = tables.map_or_else(last, fronts);
    let counts = summary::counts(&runs);
    let situation = Situation {
        spec,
        runs: &runs,
        counts: &counts,
        fronts: &fronts,
        launched_before: launched_before(&before, generation),
        blind: blind.as_ref(),
        held: at.held.as_ref(),
    };
    let status = ModelSelectionStatus {
        conditions: merge_conditions(&before, conditions(situation), generation, now),
        observed_generation: generation,
        progress: Some(summary::progress(&counts)),
        best: fronts.first().and_then(|front| front.recommended.clone()),
        front: summary::front_sizes(&fronts),
        counts: Some(counts),
        start_time: start_time.or(Some(Time(now))),
        completion_time: (complete(spec, &runs) && at.held.is_none()).then(|| completion_time.unwrap_or(Time(now))),
        region: Some(at.region.name().to_owned()),
        rerun: spec.rerun.clone(),
        expansions,
        runs,
        superseded,
        fronts,
    };
    write(at.ctx, at.selection, status).await
}

/// Says that nothing can be done with the spec.
pub(super) async fn invalid(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    reason: Reason,
    message: &str,
) -> Result<(), Error> {
    let before = selection.status.clone().unwrap_or_default();
    let generation = selection.meta().generation;
    let wanted = vec![
        (ConditionType::Ready, "False", reason, message.to_owned()),
        (ConditionType::Stalled, "True", reason, message.to_owned()),
        (ConditionType::Succeeded, "Unknown", reason, message.to_owned()),
    ];
    let conditions = merge_conditions(&before.conditions, wanted, generation, whole_second(clock::now()));
    let status = ModelSelectionStatus { conditions, observed_generation: generation, ..before };
    write(ctx, selection, status).await.map(drop)
}

/// Writes `status` unless it is what was written last, and publishes the Events of the step.
async fn write(
    ctx: &Context,
    selection: &Arc<ModelSelection>,
    status: ModelSelectionStatus,
) -> Result<ModelSelectionStatus, Error> {
    let last = ctx.newest(selection).status.clone().unwrap_or_default();
    if status == last {
        return Ok(status);
    }
    let api: Api<ModelSelection> =
        Api::namespaced(ctx.client.clone(), selection.namespace().as_deref().unwrap_or("default"));
    let name = selection.name_any();
    let patch = json!({
        "apiVersion": ModelSelection::api_version(&()),
        "kind": ModelSelection::kind(&()),
        // A status must never be written to another object of the same name.
        "metadata": {"uid": selection.uid()},
        "status": status,
    });
    ctx.rivals.writing(&selection.uid().unwrap_or_default(), &status);
    let params = PatchParams::apply(FIELD_MANAGER).force();
    let patch = Patch::Apply(&patch);
    let written = answered(api.patch_status(&name, &params, &patch)).await?;
    ctx.metrics.status_written();
    ctx.note_written(written);
    for news in events(&last, &status) {
        publish(ctx, selection, "Reconcile", news).await;
    }
    Ok(status)
}

/// Says that the status was written by somebody else. What is wrong in it, the pass corrects.
pub(super) async fn another_operator(ctx: &Context, selection: &ModelSelection) {
    let name = format!("{}/{}", selection.namespace().unwrap_or_default(), selection.name_any());
    let told = format!("the status of {name} was written by somebody else at {}", whole_second(clock::now()));
    ctx.settings.readiness.warn("other operators", Some(told));
    let note = "somebody else has written the status; if another operator looks after this selection, end it, or let \
                both use one Lease (--leader-election-id, --leader-election-namespace)";
    let news = News { warning: true, reason: "AnotherOperator", note: note.to_owned() };
    publish(ctx, selection, "Reconcile", news).await;
}

/// Publishes an Event; one that cannot be published is only logged, since the conditions say the same.
pub(super) async fn publish(ctx: &Context, selection: &ModelSelection, action: &str, news: News) {
    let News { warning, reason, note } = news;
    let event = events::Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason: reason.to_owned(),
        note: Some(clip(&note, NOTE_MAX)),
        action: action.to_owned(),
        secondary: None,
    };
    let reference = selection.object_ref(&());
    match answered(ctx.recorder.publish(&event, &reference)).await {
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, reason, "cannot publish an Event"),
    }
}

/// What the API server answers, if it does in time.
pub(super) async fn answered<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
    Ok(tokio::time::timeout(TIMEOUT, call).await.map_err(|_| Error::ApiServerSilent)??)
}
