//! One pass over one selection, on one screen: observe, decide, act, report.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::runtime::finalizer::{self, Event, finalizer};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Resource as _, ResourceExt as _};
use tracing::Instrument as _;

use super::attempts::Subject;
use super::context::Context;
use super::expand::{Expanded, expand};
use super::pass::Pass;
use super::slots::Pool;
use super::{attach, cleanup, create, describe, report, resolve, stop, trials};
use api::{FINALIZER, ModelSelection, ModelSelectionStatus, Reason, RunState, RunStatus};
use decide::cadence;
use decide::conditions::complete;
use decide::derived;
use decide::plan::{advance, plan, take_back};
use platform::api_server::told;
use platform::clock;
use platform::metrics::Outcome;

/// Longest time of a pass. Its calls have limits of their own; this is for what was not thought of.
const DEADLINE: Duration = Duration::from_secs(300);
/// How long a pass waits for descriptions of models, once for selectors and once for candidates. What comes later is there
/// for the next pass, and other selections have had their turn.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often an active selection is looked at although nothing woke it.
const SAFETY: Duration = Duration::from_secs(600);
/// How soon the next pass comes when there is more to do than one pass may.
const SOON: Duration = Duration::from_millis(100);

/// An infrastructure fault. What a user can do wrong is a condition, not an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the API server: {}", told(.0))]
    Kubernetes(#[from] kube::Error),
    #[error("the API server did not answer in {} s", report::TIMEOUT.as_secs())]
    ApiServerSilent,
    #[error("running tuning jobs could not be stopped: {0}")]
    Cleanup(String),
    #[error("the finalizer could not be set or removed: {0}")]
    Finalizer(String),
    #[error("a pass took longer than {} s", DEADLINE.as_secs())]
    Deadline,
}

pub(super) async fn reconcile(selection: Arc<ModelSelection>, ctx: Arc<Context>) -> Result<Action, Error> {
    let span = tracing::info_span!(
        "selection",
        namespace = selection.namespace().unwrap_or_default(),
        name = selection.name_any(),
    );
    let started = clock::now();
    ctx.metrics.reconcile_started();
    let result = tokio::time::timeout(DEADLINE, finalized(selection.clone(), ctx.clone()))
        .instrument(span.clone())
        .await
        .unwrap_or(Err(Error::Deadline));
    let outcome = match &result {
        Err(error) => {
            span.in_scope(|| tracing::warn!(%error, "the pass failed; trying again"));
            ctx.give_back(&selection);
            Outcome::Error
        }
        Ok(action) if *action == Action::await_change() => Outcome::Success,
        Ok(_) => Outcome::RequeueAfter,
    };
    ctx.metrics.reconcile_ended(outcome, clock::now().duration_since(started).as_secs_f64());
    if let (Ok(_), Some(uid)) = (&result, selection.uid()) {
        ctx.attempts.succeeded(&uid, &Subject::Reconcile);
    }
    result
}

#[allow(clippy::needless_pass_by_value)] // kube's signature
pub(super) fn error_policy(selection: Arc<ModelSelection>, _: &Error, ctx: Arc<Context>) -> Action {
    let (uid, now) = (selection.uid().unwrap_or_default(), clock::now());
    ctx.attempts.failed(&uid, Subject::Reconcile, Duration::from_secs(1), Duration::from_secs(60), now);
    Action::requeue(ctx.attempts.next_try(&uid, now, now).unwrap_or(Duration::from_secs(1)))
}

async fn finalized(selection: Arc<ModelSelection>, ctx: Arc<Context>) -> Result<Action, Error> {
    let api: Api<ModelSelection> =
        Api::namespaced(ctx.client.clone(), selection.namespace().as_deref().unwrap_or("default"));
    finalizer(&api, FINALIZER, selection, async |event| match event {
        Event::Apply(selection) => Box::pin(pass(selection, &ctx)).await,
        Event::Cleanup(selection) => cleanup::cleanup(&selection, &ctx).await,
    })
    .await
    .or_else(|error| match error {
        // It went while the watch still showed it.
        finalizer::Error::RemoveFinalizer(kube::Error::Api(status)) if status.is_not_found() => {
            Ok(Action::await_change())
        }
        finalizer::Error::ApplyFailed(error) | finalizer::Error::CleanupFailed(error) => Err(error),
        finalizer::Error::AddFinalizer(error) | finalizer::Error::RemoveFinalizer(error) => Err(error.into()),
        other => Err(Error::Finalizer(other.to_string())),
    })
}

async fn pass(seen: Arc<ModelSelection>, ctx: &Context) -> Result<Action, Error> {
    let selection = ctx.newest(&seen);
    let uid = selection.uid().unwrap_or_default();
    let doubt = ctx.rivals.take(&uid);
    if doubt.is_some_and(|doubt| doubt.untold) {
        report::another_operator(ctx, &selection).await;
    }
    ctx.attempts.observe(&uid, selection.meta().generation, clock::now());
    ctx.count_places().await;
    let mut status = selection.status.clone().unwrap_or_default();

    let Some(region) = selection.spec.region.as_deref().or(ctx.sagemaker.default_region()) else {
        let message = "`region` must be set, since the operator has no region of its own (AWS_REGION or --region)";
        report::invalid(ctx, &selection, Reason::InvalidSpec, message).await?;
        return Ok(Action::await_change());
    };
    let pool = Pool { region: region.to_owned(), instance_type: selection.spec.training.instance_type.clone() };
    let object = ObjectRef::from_obj(&*selection);
    let region = ctx.sagemaker.region(region);
    let mut at = Pass {
        ctx,
        selection: &selection,
        spec: selection.spec.clone(),
        held: None,
        doubted: doubt.is_some(),
        started: clock::now(),
        until: clock::after(PATIENCE),
        object,
        uid,
        region,
        pool,
        sightings: HashMap::new(),
    };

    // Observe.
    let mut spec = selection.spec.clone();
    let Expanded { expansions, held, kept } = expand(&at, &mut spec, &status).await;
    let held = held.or_else(|| derived::invalid(&spec));
    (at.spec, at.held, status.expansions) = (spec, held, expansions);
    // A selector that waits for many descriptions leaves the other candidates their time.
    at.until = clock::after(PATIENCE);
    let pins = resolve::pins(&at, &status).await;
    let mut planned = plan(&at.spec, &status, at.region.name(), &pins, &kept);
    take_back(&mut planned, |run| at.identity(run).job_name());
    (status.runs, status.superseded) = (planned.runs, planned.superseded);
    at.sightings = at.track(&status);
    let observed = describe::observe(&at, &mut status.runs).await;
    let unfinished = attach::find(&at, &mut status.runs).await || observed.unfinished;
    advance(&at.spec, &mut status.runs);
    let tables = trials::bring(&at, &mut status.runs).await;

    // Decide.
    let requests = resolve::requests(&at, &mut status.runs, &pins).await;
    let chosen = create::choose(&at, &mut status, requests);
    mark_stops(&at, &mut status.runs);

    // Record the intent before acting: a restart then knows which jobs may exist.
    let mut status = report::report(&at, status, tables.as_ref(), observed.blind.as_ref()).await?;

    // Act.
    let told = stop::trouble(&at, &status);
    let acts = !(chosen.is_empty() && status.superseded.is_empty());
    stop::stop(&at, &mut status).await;
    create::create(&at, &mut status, chosen).await;
    let news = stop::trouble(&at, &status) != told;

    // Report. Most passes only take in what was observed: that stands already, and is not worked out again.
    if acts || news {
        // A job that was taken up may have failed long ago.
        advance(&at.spec, &mut status.runs);
        let tables = trials::bring(&at, &mut status.runs).await;
        status = report::report(&at, status, tables.as_ref(), observed.blind.as_ref()).await?;
    }
    Ok(next(&at, &status, unfinished))
}

/// Marks the runs that suspend stops.
fn mark_stops(at: &Pass<'_>, runs: &mut [RunStatus]) {
    if at.stops() {
        for run in runs.iter_mut().filter(|run| run.state == RunState::Running && !run.attached) {
            *run = std::mem::take(run).with(RunState::Stopping, Some(Reason::Suspended), None);
        }
    }
}

/// When to look again: not at all once everything has ended, else when something may be tried again. Changes of the jobs
/// wake the selection by themselves.
fn next(at: &Pass<'_>, status: &ModelSelectionStatus, unfinished: bool) -> Action {
    let Pass { ctx, uid, .. } = at;
    at.track(status);
    ctx.wake_all(ctx.slots.settle(uid, create::held(status), create::wanted(at, status)));
    // An expression that cannot be read waits for an edit; a selector that has found nothing is tried again.
    let expanding = at.held.as_ref().is_some_and(|held| held.reason != Reason::InvalidExpression);
    let incomplete = !describe::incomplete(at, &status.runs).is_empty();
    let (spec, runs) = (&at.spec, &status.runs);
    if complete(spec, runs) && status.superseded.is_empty() && !expanding && !incomplete {
        ctx.slots.remove(uid);
        if !runs.iter().any(|run| trials::to_collect(at, run)) {
            ctx.trials.forget(uid);
            return Action::await_change();
        }
    }
    let now = clock::now();
    let retry = ctx.attempts.next_try(uid, at.started, now);
    let probe = create::next_probe(at, status);
    let more = (unfinished || create::more_to_do(at, status) || trials::more_to_do(at, status)).then_some(SOON);
    let safety = cadence::jitter(SAFETY, uid, 0);
    let soonest = [retry, probe, more].into_iter().flatten().min().map_or(safety, |pause| pause.min(safety));
    Action::requeue(soonest.max(SOON))
}
