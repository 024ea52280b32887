//! One pass over one selection, on one screen: load, observe, decide, record, act, requeue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use kube::runtime::controller::Action;
use kube::runtime::finalizer::{self, Event, finalizer};
use kube::{Api, ResourceExt as _};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::api_server::ApiServerError;
use super::causes::with_causes;
use super::cleanup::CleanupError;
use super::context::Context;
use super::observe::{MODEL_WAIT, Observed, observe};
use super::pass::Pass;
use super::record::{Known, RecordError};
use super::requests::{Inputs, requests};
use super::{cleanup, collect_all, create, describe, hosting, record, result_config_map, stop};
use api::{FINALIZER, ModelSelection, ModelSelectionStatus, Reason, RunState};
use decide::conditions::complete;
use decide::front::References;
use decide::plan::advance;
use decide::regions;
use decide::retry::{Outcome, Task, pause};
use decide::run::{RunEvent, apply};
use platform::clock;
use platform::metrics::ReconcileOutcome;
use store::StoredSelection;

/// The longest duration of a pass. Its calls have timeouts of their own; this one covers everything else.
const PASS_DEADLINE: Duration = Duration::from_secs(300);
/// How often an active selection is reconciled although nothing has woken it.
const RESYNC_PERIOD: Duration = Duration::from_secs(3600);
/// How often what no watch shows is read again: the contents of a `ConfigMap` that a candidate refers to, and what the
/// handing over of the winner waits for.
const REREAD_PERIOD: Duration = Duration::from_secs(600);
/// How soon the next pass follows if there is more to do than one pass may.
const SOON: Duration = Duration::from_millis(100);

/// Why a reconcile failed: an infrastructure fault in one of its steps. User errors are conditions, not errors.
/// `observe` and `decide` cannot fail: a call that fails is retried, and the other runs continue.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("cannot load the selection")]
    Load(#[from] LoadError),
    #[error("cannot record the decision, so nothing is done")]
    Record(#[from] RecordError),
    #[error("cannot record what was done")]
    Act(#[from] ActError),
    #[error("the deletion waits")]
    Cleanup(#[from] CleanupError),
    #[error("cannot change the finalizer")]
    Finalizer(#[from] FinalizerError),
    #[error("a pass took longer than {} s", PASS_DEADLINE.as_secs())]
    Deadline,
    #[error("a defect of the operator; the line of the log before this one names it")]
    Panic,
}

/// Why a selection was not loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("`region` is missing or unknown, which cannot be reported")]
    NotReported(#[source] RecordError),
}

/// Why jobs were created or stopped but the result was not recorded. The names of created jobs are already in the
/// status, so the next pass adopts them.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActError {
    #[error("the next pass finds the tuning jobs by name")]
    NotRecorded(#[source] RecordError),
}

/// Why the finalizer could not be changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FinalizerError {
    #[error("it was not added")]
    Add(#[source] ApiServerError),
    #[error("it was not removed")]
    Remove(#[source] ApiServerError),
    #[error("the object has no name")]
    Unnamed,
    #[error("it cannot be found in the list of finalizers")]
    Unknown,
}

/// Reconciles on a task of its own: the controller polls all its futures on one thread. If the controller ends, so does
/// the task.
pub(super) async fn reconcile(stored: Arc<StoredSelection>, ctx: Arc<Context>) -> Result<Action, Error> {
    let mut task = JoinSet::new();
    task.spawn(reconcile_one(stored, ctx).in_current_span());
    match task.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) if error.is_panic() => Err(Error::Panic),
        // Nothing else cancels it: the process is about to exit.
        Some(Err(_)) | None => Ok(Action::await_change()),
    }
}

async fn reconcile_one(stored: Arc<StoredSelection>, ctx: Arc<Context>) -> Result<Action, Error> {
    let selection = stored.selection();
    let span = tracing::info_span!(
        "selection",
        namespace = selection.namespace().unwrap_or_default(),
        name = selection.name_any(),
    );
    let uid = selection.uid().unwrap_or_default();
    if ctx.is_unreadable(&selection) && selection.metadata.deletion_timestamp.is_none() {
        ctx.wake_others(ctx.permits.withdraw(&uid, clock::steady()));
        return Ok(requeue_after(RESYNC_PERIOD));
    }
    let started = clock::steady();
    // Each pass observes, so a wake-up during an outage of the API server would cost calls whose results cannot be
    // recorded.
    if let Some(pause) = ctx.retries.pause(&uid, selection.metadata.generation, started) {
        return Ok(requeue_after(pause));
    }
    ctx.metrics.reconcile_started();
    let finalized = Box::pin(finalized(selection.clone(), ctx.clone())).instrument(span.clone());
    let (result, busy) = clock::busy(tokio::time::timeout(PASS_DEADLINE, caught(finalized))).await;
    let result = result.unwrap_or(Err(Error::Deadline));
    let outcome = match &result {
        Err(error) => {
            span.in_scope(|| tracing::warn!(error = with_causes(error), "the pass failed; trying again"));
            ctx.release_after_failure(&selection);
            ReconcileOutcome::Error
        }
        Ok(action) if *action == Action::await_change() => ReconcileOutcome::Success,
        Ok(_) => ReconcileOutcome::RequeueAfter,
    };
    let seconds = clock::steady().duration_since(started).as_secs_f64();
    ctx.metrics.reconcile_ended(outcome, seconds, busy.as_secs_f64());
    if result.is_ok() {
        ctx.retries.succeeded(&uid, &Task::Reconcile);
    }
    result
}

/// A panic as an error: a defect that one selection meets must not stop all others, and is not met again in every
/// second.
async fn caught(pass: impl Future<Output = Result<Action, Error>>) -> Result<Action, Error> {
    AssertUnwindSafe(pass).catch_unwind().await.unwrap_or(Err(Error::Panic))
}

#[allow(clippy::needless_pass_by_value)] // kube's signature
pub(super) fn error_policy(selection: Arc<StoredSelection>, _: &Error, ctx: Arc<Context>) -> Action {
    // Its last pass failed because it has gone; nothing would ever drop what is noted of it.
    if ctx.has_gone(&selection.selection()) {
        return Action::await_change();
    }
    let (uid, now) = (selection.uid().unwrap_or_default(), clock::steady());
    ctx.retries.failed(&uid, Task::Reconcile, Outcome::Refused, now);
    requeue_after(ctx.retries.next_try(&uid, now, now).unwrap_or(Duration::from_secs(1)))
}

async fn finalized(selection: Arc<ModelSelection>, ctx: Arc<Context>) -> Result<Action, Error> {
    let api: Api<ModelSelection> =
        Api::namespaced(ctx.client.clone(), selection.namespace().as_deref().unwrap_or("default"));
    finalizer(&api, FINALIZER, selection, async |event| match event {
        Event::Apply(selection) => Box::pin(pass(selection, &ctx)).await,
        Event::Cleanup(selection) => Ok(cleanup::cleanup(&selection, &ctx).await?),
    })
    .await
    .or_else(|error| {
        let error = match error {
            // The object was deleted while the watch still showed it.
            finalizer::Error::RemoveFinalizer(kube::Error::Api(status)) if status.is_not_found() => {
                return Ok(Action::await_change());
            }
            finalizer::Error::ApplyFailed(error) | finalizer::Error::CleanupFailed(error) => return Err(error),
            finalizer::Error::AddFinalizer(error) => FinalizerError::Add(ApiServerError::Refused(error)),
            finalizer::Error::RemoveFinalizer(error) => FinalizerError::Remove(ApiServerError::Refused(error)),
            finalizer::Error::UnnamedObject => FinalizerError::Unnamed,
            finalizer::Error::InvalidFinalizer => FinalizerError::Unknown,
        };
        Err(error.into())
    })
}

async fn pass(seen: Arc<ModelSelection>, ctx: &Context) -> Result<Action, Error> {
    let Some((pass, status)) = load(&seen, ctx).await? else { return Ok(Action::await_change()) };
    let observed = observe(&pass, status).await;
    let decided = decide(&pass, observed).await;
    let recorded = Box::pin(decided.record(&pass)).await?;
    let acted = Box::pin(act(&pass, recorded)).await?;
    let action = requeue(&pass, &acted);
    pass.end(acted.status.completion_time.is_some());
    Ok(action)
}

/// The newest known version of the selection, and its status; `None` if the spec is unusable, which is reported.
async fn load<'a>(
    seen: &Arc<ModelSelection>,
    ctx: &'a Context,
) -> Result<Option<(Pass<'a>, ModelSelectionStatus)>, LoadError> {
    let selection = ctx.stores.newest(seen);
    let uid = selection.uid().unwrap_or_default();
    let conflict = ctx.writers.take(&uid);
    if conflict.is_some_and(|conflict| conflict.unreported) {
        record::report_conflicting_writer(ctx, &selection).await;
    }
    let unverified = ctx.writers.unverified(&uid);
    ctx.retries.note_generation(&uid, selection.metadata.generation, clock::steady());
    ctx.count_permits().await;
    if unverified.is_some() {
        ctx.unwritten.drop_progress(&uid);
    }
    let status = ctx.unwritten.status(&uid).or_else(|| selection.status.clone()).unwrap_or_default();
    match regions::of(selection.spec.region.as_deref(), ctx.sagemaker.default_region()) {
        Ok(region) => {
            let pass = Pass::new(ctx, selection.clone(), region, unverified);
            Ok(Some((pass, status)))
        }
        Err(problem) => {
            // It would keep its turn for ever.
            ctx.wake_others(ctx.permits.withdraw(&uid, clock::steady()));
            record::invalid(ctx, &selection, &problem).await.map_err(LoadError::NotReported)?;
            Ok(None)
        }
    }
}

/// What to do: the jobs to create already have their names in the status, and the jobs to stop their state.
struct Decided {
    observed: Observed,
    chosen: Vec<create::Chosen>,
}

async fn decide(pass: &Pass<'_>, mut observed: Observed) -> Decided {
    let Observed { spec, versions, status, incomplete, .. } = &mut observed;
    let until = clock::after(MODEL_WAIT);
    let inputs = Inputs { spec, versions, incomplete: incomplete.is_some(), until };
    let requests = requests(pass, &inputs, &mut status.runs).await;
    let chosen = create::chosen(pass, spec, status, requests);
    if pass.stops() {
        let running = status.runs.iter_mut().filter(|run| run.state == RunState::Running && !run.attached);
        running.for_each(|run| apply(run, RunEvent::StopRequested));
    }
    Decided { observed, chosen }
}

impl Decided {
    /// Records the intent before acting: a restart then knows which jobs may exist.
    async fn record(mut self, pass: &Pass<'_>) -> Result<Self, RecordError> {
        self.observed = recorded(pass, self.observed).await?;
        Ok(self)
    }
}

async fn recorded(pass: &Pass<'_>, mut observed: Observed) -> Result<Observed, RecordError> {
    let status = std::mem::take(&mut observed.status);
    let Observed { spec, tables, references, incomplete, unobserved, .. } = &observed;
    let known = Known {
        spec,
        of_fronts: tables.as_ref().zip(references.as_ref()),
        incomplete: incomplete.as_ref(),
        unobserved: unobserved.as_ref(),
    };
    let mut status = record::results(pass, &known, status);
    hosting::add_hosting(pass, spec, &mut status, clock::after(MODEL_WAIT)).await;
    let published = result_config_map::keep(pass, spec, &status).await;
    observed.status = record::record(pass, &known, status, published).await?;
    Ok(observed)
}

/// Stops and creates jobs, and records the results. Most passes only observe: their status is already recorded and is
/// not computed again.
async fn act(pass: &Pass<'_>, Decided { mut observed, chosen }: Decided) -> Result<Observed, ActError> {
    let Observed { spec, status, sightings, .. } = &mut observed;
    let problem = stop::problem(pass, status);
    let mut acts = !(chosen.is_empty() && status.superseded.is_empty());
    acts |= stop::stop(pass, status, sightings).await;
    create::create(pass, spec, status, chosen).await;
    if !acts && stop::problem(pass, status) == problem {
        return Ok(observed);
    }
    // An adopted job may have failed long ago.
    advance(spec, &mut status.runs);
    observed.tables = collect_all::tables_for_fronts(pass, &observed.spec, &mut observed.status.runs).await;
    recorded(pass, observed).await.map_err(ActError::NotRecorded)
}

/// When to reconcile again: never once everything has ended, otherwise when the next retry is due. Changes of the jobs
/// wake the selection by themselves.
fn requeue(pass: &Pass<'_>, observed: &Observed) -> Action {
    let Pass { ctx, uid, .. } = pass;
    let Observed { spec, status, incomplete, unfinished, .. } = observed;
    pass.track_running(status);
    let own = ctx.wake_others(ctx.permits.settle(uid, create::claim(pass, spec, status), clock::steady()));
    // An expression that cannot be parsed waits for an edit; a selector without a result is retried.
    let expanding = incomplete.as_ref().is_some_and(|problem| {
        !matches!(problem.reason, Reason::InvalidExpression | Reason::ExpressionBudgetExceeded | Reason::InvalidSpec)
    });
    let lacking = !describe::incomplete(pass, spec, &status.runs).is_empty();
    let now = clock::steady();
    let (resync, reread) = (pause::jitter(RESYNC_PERIOD, uid, 0), pause::jitter(REREAD_PERIOD, uid, 0));
    let refers = !References::wanted(spec).is_empty();
    let retry = ctx.retries.next_try(uid, pass.started, now);
    let open = expanding || lacking || ctx.incarnations.has_begun(uid) || !status.superseded.is_empty();
    if complete(spec, &status.runs) && !open {
        ctx.wake_others(ctx.permits.remove(uid, clock::steady()));
        ctx.unwritten.forget(uid);
        if !status.runs.iter().any(|run| collect_all::to_collect(spec, run)) {
            ctx.tables.forget(uid);
            // A job that was declared deleted is looked for once more, the contents of a ConfigMap may have changed,
            // and the winner may still have to be handed over.
            let handing_over = decide::hosting::is_open(&status.fronts) || decide::result_config_map::is_open(status);
            let again = (handing_over || refers).then(|| retry.map_or(reread, |soon| soon.min(reread)));
            let next = [describe::next_look(pass, &status.runs), again].into_iter().flatten().min();
            return next.map_or_else(Action::await_change, requeue_after);
        }
    }
    let repeat = create::next_repeat(pass, spec, status);
    let more = *unfinished
        || create::more_to_do(pass, spec, status, &own)
        || collect_all::more_to_do(pass, spec, status)
        || stop::more_to_do(pass, status);
    let unwritten = ctx.unwritten.due(uid, now);
    let soonest = [retry, repeat, unwritten, more.then_some(SOON)].into_iter().flatten().min();
    let latest = if refers { reread } else { resync };
    requeue_after(soonest.map_or(latest, |pause| pause.min(latest)).max(SOON))
}

fn requeue_after(pause: Duration) -> Action {
    Action::requeue(clock::real(pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_of_its_selection() {
        assert!(matches!(caught(async { panic!("a defect") }).await, Err(Error::Panic)));
        assert!(caught(async { Ok(Action::await_change()) }).await.is_ok());
    }
}
