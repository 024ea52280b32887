//! The reconcile loop: observe, decide, act, report. One file for each step.

mod act;
mod attempts;
mod cleanup;
mod context;
mod observe;
mod reconcile;
mod report;
mod resolve;
mod slots;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::{
    Controller, Predicate as _, PredicateConfig, WatchStreamExt as _, controller, predicates, watcher,
};
use kube::{Api, Client};
use tokio::sync::mpsc;

use crate::api::{ModelSelection, RunState};
use crate::observe::{Observer, Pauses};
use crate::runtime::metrics::Metrics;
use crate::tuning::SageMaker;
use context::Context;

/// How the controller is to work.
pub struct Settings {
    /// The cluster, in the identity of tuning jobs.
    pub scope: String,
    /// The namespaces to watch; all when empty.
    pub namespaces: Vec<String>,
    /// Selections reconciled at a time.
    pub concurrency: u16,
    /// Tuning jobs at a time over all selections of a region.
    pub max_tuning_jobs: usize,
    /// Pauses between sweeps.
    pub pauses: Pauses,
    /// How long a deletion waits for AWS.
    pub deletion_deadline: Duration,
}

/// Reconciles until `shutdown` ends and the reconciles under way have ended.
pub async fn run(
    client: Client,
    sagemaker: SageMaker,
    metrics: Arc<Metrics>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let (wake, woken) = mpsc::unbounded_channel();
    let observer = Observer::new(sagemaker.clone(), wake.clone(), settings.pauses);
    let (store, writer) = reflector::store();
    let concurrency = settings.concurrency;
    let selections = stream::select_all(watches(&client, &settings.namespaces))
        .default_backoff()
        .modify(|selection| {
            // Half of the size of an object, and of no use here.
            selection.metadata.managed_fields = None;
            selection.metadata.annotations = None;
        })
        .reflect(writer)
        .applied_objects()
        // By generation alone the finalizer's own write would be missed, and the first reconcile never follow.
        .predicate_filter(predicates::generation.combine(predicates::finalizers), PredicateConfig::default());
    let context = Arc::new(Context::new(client, sagemaker, observer, metrics.clone(), store.clone(), wake, settings));
    let counting = store.clone();
    Controller::for_stream(selections, store)
        .with_config(controller::Config::default().concurrency(concurrency).debounce(Duration::from_millis(50)))
        .reconcile_on(tokio_stream(woken))
        .graceful_shutdown_on(shutdown)
        .run(reconcile::reconcile, reconcile::error_policy, context)
        .for_each(|result| {
            if let Err(error) = result {
                report_controller_error(&error);
            }
            metrics.set_runs(&runs_by_state(&counting));
            futures::future::ready(())
        })
        .await;
}

type Watch = BoxStream<'static, watcher::Result<watcher::Event<ModelSelection>>>;

/// A watch for each namespace, or one for all.
///
/// The events that begin and end a list mean something only to a single stream: with several they would make the store
/// forget the other namespaces, so each stream becomes one of single changes.
fn watches(client: &Client, namespaces: &[String]) -> Vec<Watch> {
    let config = watcher::Config::default();
    match namespaces {
        [] => vec![watcher(Api::all(client.clone()), config).boxed()],
        [one] => vec![watcher(Api::namespaced(client.clone(), one), config).boxed()],
        many => {
            let mut first = true;
            many.iter()
                .map(|namespace| {
                    let api = Api::namespaced(client.clone(), namespace);
                    let announce = std::mem::take(&mut first);
                    watcher(api, config.clone())
                        .filter_map(move |event| futures::future::ready(merged(event, announce)))
                        .boxed()
                })
                .collect()
        }
    }
}

fn merged(
    event: watcher::Result<watcher::Event<ModelSelection>>,
    announce: bool,
) -> Option<watcher::Result<watcher::Event<ModelSelection>>> {
    use watcher::Event::{Init, InitApply, InitDone};
    match event {
        Ok(InitApply(selection)) => Some(Ok(watcher::Event::Apply(selection))),
        Ok(Init) => None,
        // The store counts as filled once any list is whole.
        Ok(InitDone) => announce.then_some(Ok(InitDone)),
        other => Some(other),
    }
}

fn tokio_stream(
    mut receiver: mpsc::UnboundedReceiver<ObjectRef<ModelSelection>>,
) -> impl futures::Stream<Item = ObjectRef<ModelSelection>> + Send {
    stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

fn report_controller_error<E: std::error::Error + 'static>(error: &controller::Error<E, watcher::Error>) {
    match error {
        // The object went between being queued and being reconciled.
        controller::Error::ObjectNotFound(_) => tracing::debug!(%error, "nothing to reconcile"),
        // Told by the reconcile itself, with the object's name.
        controller::Error::ReconcilerFailed(..) => {}
        _ => tracing::warn!(error = error as &dyn std::error::Error, "trouble with the watch"),
    }
}

fn runs_by_state(store: &reflector::Store<ModelSelection>) -> Vec<(&'static str, i64)> {
    let states = [
        ("Waiting", RunState::Waiting),
        ("Running", RunState::Running),
        ("Stopping", RunState::Stopping),
        ("Succeeded", RunState::Succeeded),
        ("Failed", RunState::Failed),
        ("Stopped", RunState::Stopped),
    ];
    let selections = store.state();
    let runs = || selections.iter().filter_map(|selection| selection.status.as_ref()).flat_map(|status| &status.runs);
    states
        .into_iter()
        .map(|(name, state)| (name, i64::try_from(runs().filter(|run| run.state == state).count()).unwrap_or(i64::MAX)))
        .collect()
}
