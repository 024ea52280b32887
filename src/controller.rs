//! The reconcile loop: observe, decide, act, report. One file for each step.

mod adopt;
mod api_server;
mod cache;
mod causes;
mod cleanup;
mod collect_all;
mod concurrency_limiter;
mod conflicting_writer;
mod context;
mod counts;
mod create;
mod describe;
mod expand;
mod fetch;
mod gathering;
mod hosting;
mod incarnation_memory;
mod joint_search;
mod observe;
mod observed_config_maps;
mod pass;
mod previous_incarnation;
mod readable;
mod reconcile;
mod record;
mod requests;
mod result_config_map;
mod retry_memory;
mod settings;
mod stand_by;
mod state_changes;
mod stop;
mod table_config_maps;
mod table_memory;
mod unwritten;
mod versions;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::OptionFuture;
use futures::{FutureExt as _, future};
use kube::Client;
use kube::runtime::reflector;
use tokio::sync::mpsc;

use ::observe::Observer;
use context::Context;
use platform::metrics::Metrics;
use sagemaker::SageMaker;
pub use settings::{Settings, StoresPublisher};
pub use stand_by::stand_by;
pub use state_changes::{EVENT_QUEUE, queue_problem};
use store::Stores;

/// Reconciles until `shutdown` is set and the running reconciles have ended.
pub async fn run(
    client: Client,
    sagemaker: SageMaker,
    metrics: Arc<Metrics>,
    mut settings: Settings,
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let (wake, woken) = mpsc::unbounded_channel();
    let observer = Observer::new(sagemaker.clone(), wake.clone(), settings.pauses, metrics.clone());
    // One watch, store and loop for each namespace, or one of each for all namespaces.
    let namespaces = watch::scopes(&settings.namespaces);
    let (stores, writers): (Vec<_>, Vec<_>) = namespaces.iter().map(|_| reflector::store()).unzip();
    let all = Stores::new(stores.clone());
    let concurrency = settings.concurrency;
    metrics.set_max_workers(namespaces.len() * usize::from(concurrency));
    settings.stores_publisher.send_replace(all.clone());
    let queue = settings.queue.take();
    let counted = all.clone();
    metrics.count_by(move || counts::counts(&counted));
    let context = Arc::new(Context::new(client, sagemaker, observer, metrics, all, wake, settings));
    let shutdown = shutdown.shared();
    let mut loops = Vec::new();
    let mut wakes = HashMap::new();
    for ((namespace, writer), store) in namespaces.into_iter().zip(writers).zip(stores) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let selections = watch::selections(&context, namespace.as_deref(), writer);
        wakes.insert(namespace, sender);
        loops.push(watch::reconcile_all(selections, store, receiver, concurrency, shutdown.clone(), context.clone()));
    }
    let events = OptionFuture::from(queue.map(|queue| state_changes::follow(queue, context)));
    tokio::select! {
        _ = future::join_all(loops) => {}
        Some(()) = events => {}
        () = watch::dispatch(woken, wakes) => {}
    }
}
