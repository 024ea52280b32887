//! The reconcile loop: observe, decide, act, report. One file for each step.

mod adopt;
mod api_server;
mod cache;
mod causes;
mod cleanup;
mod collect_all;
mod concurrency_limiter;
mod config_maps;
mod conflicting_writer;
mod context;
mod counts;
mod create;
mod describe;
mod expand;
mod fetch;
mod gathering;
mod incarnation_memory;
mod joint_search;
mod observe;
mod pass;
mod previous_incarnation;
mod reconcile;
mod record;
mod references;
mod requests;
mod retry_memory;
mod settings;
mod stop;
mod table_memory;
mod unwritten;
mod versions;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;

use futures::{FutureExt as _, future};
use kube::Client;
use kube::runtime::reflector;
use tokio::sync::mpsc;

use ::observe::Observer;
use context::Context;
use platform::metrics::Metrics;
use sagemaker::SageMaker;
pub use settings::Settings;

/// Reconciles until `shutdown` is set and the running reconciles have ended.
pub async fn run(
    client: Client,
    sagemaker: SageMaker,
    metrics: Arc<Metrics>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let (wake, woken) = mpsc::unbounded_channel();
    let observer = Observer::new(sagemaker.clone(), wake.clone(), settings.pauses, metrics.clone());
    // One watch, store and loop for each namespace, or one of each for all namespaces.
    let namespaces: Vec<Option<String>> = match settings.namespaces.as_slice() {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    let (stores, writers): (Vec<_>, Vec<_>) = namespaces.iter().map(|_| reflector::store()).unzip();
    let concurrency = settings.concurrency;
    metrics.set_max_workers(namespaces.len() * usize::from(concurrency));
    let counted = stores.clone();
    metrics.count_by(move || counts::counts(&counted));
    let context = Arc::new(Context::new(client, sagemaker, observer, metrics, stores, wake, settings));
    let shutdown = shutdown.shared();
    let mut loops = Vec::new();
    let mut wakes = HashMap::new();
    for (index, (namespace, writer)) in namespaces.into_iter().zip(writers).enumerate() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let selections = watch::selections(&context, namespace.as_deref(), writer);
        wakes.insert(namespace, sender);
        loops.push(watch::reconcile_all(selections, index, receiver, concurrency, shutdown.clone(), context.clone()));
    }
    tokio::select! {
        _ = future::join_all(loops) => {}
        () = watch::dispatch(woken, wakes) => {}
    }
}
