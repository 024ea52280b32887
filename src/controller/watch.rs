//! The watches, and which selections they cause to be reconciled.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, future};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{
    Controller, Predicate as _, PredicateConfig, WatchStreamExt as _, controller, predicates, watcher,
};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::mpsc;

use super::context::Context;
use super::readable::only_readable;
use super::stop::stop_command;
use super::{reconcile, record};
use ::observe::Wake;
use api::{DeletionPolicy, FIELD_MANAGER, ModelSelection};
use decide::events::EventNote;
use decide::plan::left_behind;
use platform::api_server::message;
use store::{StoredSelection, Watched};

type Selections = BoxStream<'static, watcher::Result<StoredSelection>>;
type Woken = mpsc::UnboundedReceiver<ObjectRef<ModelSelection>>;

/// How long the API server keeps a watch open. A watch that a load balancer has dropped shows nothing and does not end:
/// together with the client's read timeout, this bounds how long a change can stay unseen.
const WATCH_TIMEOUT_SECONDS: u32 = 60;

/// Whether a client other than this operator was the last to write the status. The times come from the API server.
fn written_last_by_another(managers: &[ManagedFieldsEntry]) -> bool {
    let of_status = managers.iter().filter(|entry| entry.subresource.as_deref() == Some("status"));
    // This operator only applies, so an update in its name comes from another client.
    let is_ours = |entry: &&ManagedFieldsEntry| {
        entry.manager.as_deref() == Some(FIELD_MANAGER) && entry.operation.as_deref() == Some("Apply")
    };
    let (ours, others): (Vec<_>, Vec<_>) = of_status.partition(is_ours);
    let last = |entries: &[&ManagedFieldsEntry]| entries.iter().filter_map(|entry| Some(entry.time.as_ref()?.0)).max();
    // Times have whole seconds: within one second the order is unknown, and we assume the other client.
    !others.is_empty() && last(&others) >= last(&ours)
}

/// A selection that was deleted without our cleanup (its finalizer was removed by hand) may leave jobs running. Readers
/// of the log or of the namespace's Events learn which ones, and how to stop them.
fn report_left_running(context: &Arc<Context>, selection: &ModelSelection) {
    let uid = selection.uid().unwrap_or_default();
    if context.is_cleaned_up(&uid) || selection.spec.deletion_policy == DeletionPolicy::Retain {
        return;
    }
    let Some(status) = &selection.status else { return };
    let region = status.region.clone().unwrap_or_default();
    let left = status.runs.iter().filter_map(|run| left_behind(run, &region)).chain(status.superseded.clone());
    let commands: Vec<String> = left.map(|job| stop_command(&job)).collect();
    if commands.is_empty() {
        return;
    }
    let note = format!(
        "selection {} was deleted without the operator's cleanup; {} tuning jobs may still run. Stop them: {}",
        selection.name_any(),
        commands.len(),
        commands.join("; ")
    );
    tracing::error!(namespace = selection.namespace(), note, "tuning jobs are left running");
    let namespace = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Namespace".to_owned()),
        name: selection.namespace(),
        // Events about a namespace belong into that namespace, where its users look.
        namespace: selection.namespace(),
        ..ObjectReference::default()
    };
    let context = context.clone();
    tokio::spawn(async move {
        let event = EventNote { warning: true, reason: "TuningJobsLeftRunning", note };
        record::publish_of(&context, &namespace, "StopTuningJobs", event).await;
    });
}

/// Cleans up after selections that were deleted while the watch was broken: a new list no longer has them, and no event
/// says so.
fn forget_missing(context: &Arc<Context>, store: &Store<StoredSelection>, listed: &HashSet<String>) {
    for stored in store.state() {
        if !stored.uid().is_some_and(|uid| listed.contains(&uid)) {
            let selection = stored.selection();
            // It is there, as a newer release has written it.
            if context.is_unreadable(&selection) {
                continue;
            }
            report_left_running(context, &selection);
            context.forget(&selection);
        }
    }
}

/// The namespaces to watch: each by itself, or all in one.
pub(super) fn scopes(namespaces: &[String]) -> Vec<Option<String>> {
    match namespaces {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    }
}

/// The events of the selections of a namespace, or of all.
pub(super) fn watched(
    client: &Client,
    namespace: Option<&str>,
) -> impl Stream<Item = watcher::Result<watcher::Event<Watched>>> + Send + use<> {
    let api: Api<Watched> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    // Pages of this size keep a list of large statuses from being in memory twice, as text and as objects.
    let config = watcher::Config::default().page_size(20).timeout(WATCH_TIMEOUT_SECONDS);
    watcher(api, config).default_backoff()
}

/// The event, as a store keeps its object.
pub(super) fn to_stored_event(event: watcher::Event<ModelSelection>) -> watcher::Event<StoredSelection> {
    match event {
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitApply(selection) => watcher::Event::InitApply(selection.into()),
        watcher::Event::InitDone => watcher::Event::InitDone,
        watcher::Event::Apply(selection) => watcher::Event::Apply(selection.into()),
        watcher::Event::Delete(selection) => watcher::Event::Delete(selection.into()),
    }
}

/// The selections of a namespace (or of all) that are new, or whose generation or finalizers have changed.
pub(super) fn selections(
    context: &Arc<Context>,
    namespace: Option<&str>,
    writer: Writer<StoredSelection>,
) -> Selections {
    let publisher = context.settings.stores_publisher.clone();
    let (context, reading, suspecting, relisting) =
        (context.clone(), context.clone(), context.clone(), context.clone());
    let (store, mut listed, scope) = (writer.as_reader(), HashSet::new(), namespace.map(str::to_owned));
    watched(&context.client, namespace)
        .try_filter_map(move |event| future::ready(Ok(only_readable(&reading, event))))
        .modify(move |selection| {
            // Managed fields are half of the size of an object, and are not needed after this.
            if written_last_by_another(&selection.metadata.managed_fields.take().unwrap_or_default()) {
                suspecting.writers.suspect(&selection.uid().unwrap_or_default());
            }
            selection.metadata.annotations = None;
        })
        .inspect_ok(move |event| match event {
            watcher::Event::Init => {
                listed.clear();
                relisting.doubt_unreadable(scope.as_deref());
            }
            watcher::Event::InitApply(selection) => listed.extend(selection.uid()),
            watcher::Event::InitDone => {
                relisting.drop_doubtful(scope.as_deref());
                forget_missing(&relisting, &store, &listed);
            }
            watcher::Event::Apply(_) | watcher::Event::Delete(_) => {}
        })
        .inspect_ok(move |event| match event {
            // A selection that was deleted without our cleanup (its finalizer was removed by hand) must not hold
            // permits for ever.
            watcher::Event::Delete(selection) => {
                report_left_running(&context, selection);
                context.forget(selection);
            }
            // What this wakes is reconciled by the task that polls this stream: after the store has the selection.
            watcher::Event::Apply(selection) | watcher::Event::InitApply(selection) => context.note_seen(selection),
            watcher::Event::Init | watcher::Event::InitDone => {}
        })
        .map_ok(to_stored_event)
        .reflect(writer)
        .inspect_ok(move |_| publisher.send_modify(|_| {}))
        .applied_objects()
        // With the generation alone, the watch would miss our own write of the finalizer, and the first reconcile would
        // never follow.
        .predicate_filter(predicates::generation.combine(predicates::finalizers), PredicateConfig::default())
        .boxed()
}

pub(super) async fn reconcile_all(
    selections: Selections,
    store: Store<StoredSelection>,
    mut woken: Woken,
    concurrency: u16,
    shutdown: impl Future<Output = ()> + Clone + Send + Sync + 'static,
    context: Arc<Context>,
) {
    // A controller whose watch has delivered nothing yet keeps waiting for it even during shutdown, so the stream ends
    // it.
    let (seen, ending) = (store.clone(), shutdown.clone());
    let ended_before_it_began = async move {
        ending.await;
        if seen.wait_until_ready().now_or_never().is_some() {
            future::pending::<()>().await;
        }
    };
    let reconciling = Controller::for_stream(selections, store)
        .with_config(controller::Config::default().concurrency(concurrency).debounce(Duration::from_millis(50)))
        .reconcile_on(stream::poll_fn(move |cx| woken.poll_recv(cx)).map(|object| object.into_kind_unchecked(())))
        .graceful_shutdown_on(shutdown)
        .run(reconcile::reconcile, reconcile::error_policy, context)
        .for_each(|result| {
            if let Err(error) = result {
                report_controller_error(&error);
            }
            future::ready(())
        });
    tokio::select! {
        () = reconciling => {}
        () = ended_before_it_began => {}
    }
}

/// Sends each wake-up to the loop of its namespace.
pub(super) async fn dispatch(mut woken: Woken, loops: HashMap<Option<String>, Wake>) {
    while let Some(selection) = woken.recv().await {
        if let Some(sender) = loops.get(&selection.namespace).or_else(|| loops.get(&None)) {
            // A loop that has ended has nothing to wake.
            let _ = sender.send(selection);
        }
    }
}

fn report_controller_error<E: std::error::Error + 'static>(error: &controller::Error<E, watcher::Error>) {
    match error {
        // The object was deleted between being queued and being reconciled.
        controller::Error::ObjectNotFound(_) => tracing::debug!(%error, "nothing to reconcile"),
        // The reconcile itself logs this, with the object's name.
        controller::Error::ReconcilerFailed(..) => {}
        _ => tracing::warn!(error = trouble(error), "the watch failed"),
    }
}

/// The error in one sentence: its full text repeats the API server's response four times.
fn trouble(error: &(dyn std::error::Error + 'static)) -> String {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    let answer = causes.find_map(|error| error.downcast_ref::<kube::Error>());
    answer.map_or_else(|| error.to_string(), message)
}
