//! The process from start to end.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::args::Args;
use super::credentials;
use super::election::{self, Election};
use super::exit_reason::{End, Error};
use super::prerequisites::{API_SERVER, CRD, await_crd, kubernetes, scope, watch_crd};
use super::{check, listen, permissions, probes, telemetry, ui};
use crate::controller::{self, Settings, StoresPublisher};
use events::Queue;
use platform::clock;
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use platform::readiness::Readiness;
use sagemaker::{Account, SageMaker};

/// How long running reconciles may continue after SIGTERM.
const GRACE: Duration = Duration::from_secs(8);

type Shutdown = watch::Receiver<Option<&'static str>>;

/// Runs the operator until SIGTERM or SIGINT, or until it is not the leader any more.
///
/// # Errors
/// A port cannot be bound, or the configuration of Kubernetes cannot be read. The operator waits for everything that
/// may become available later (the API server, the CRD, credentials), and reports it in `/readyz`.
pub async fn run(mut args: Args) -> Result<End, Error> {
    clock::set_scale(args.time_scale);
    // An empty variable means all namespaces, as in a manifest that leaves it empty.
    args.namespaces.retain(|namespace| !namespace.is_empty());
    // A namespace that is named twice would have two loops.
    args.namespaces.sort_unstable();
    args.namespaces.dedup();
    for setting in [
        &mut args.region,
        &mut args.sagemaker_endpoint,
        &mut args.cluster_name,
        &mut args.leader_election_namespace,
        &mut args.otlp_endpoint,
    ] {
        // Two clusters with an empty name would share their jobs.
        setting.take_if(|value| value.is_empty());
    }
    let traces = telemetry::start(args.log_format, args.otlp_endpoint.as_deref())?;
    let end = Box::pin(live(args)).await;
    traces.end().await;
    end
}

/// Everything from the first log line to the last.
async fn live(args: Args) -> Result<End, Error> {
    if let Some(name) = args.cluster_name.as_ref().filter(|name| !is_tag_value(name)) {
        let allowed = "letters, digits and _.:/=+-@, at most 256";
        return Err(format!("--cluster-name '{name}' must be valid as a tag value: {allowed}").into());
    }
    // The AWS SDK and kube both bring rustls; with two crypto providers and no default it would panic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if let Some(longest) = args.check {
        return Box::pin(check::run(&args, longest)).await;
    }
    let shutdown = on_signal();
    let metrics = Arc::new(Metrics::default());
    let parts = [API_SERVER, CRD, credentials::PART, permissions::PART];
    let elected = args.leader_elect.then_some(election::PART);
    let readiness = Arc::new(Readiness::new(parts.into_iter().chain(elected)));

    let listener = listen::of_probes(args.http_listen).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), http = %listener.local_addr()?, "starting");
    let serving = probes::serve(listener, readiness.clone(), metrics.clone(), ended(shutdown.clone()));
    let server = tokio::spawn(serving);

    let account = Account::load(args.region.as_deref()).await;
    tokio::spawn(credentials::watch(account.clone(), readiness.clone()));
    let queue = args.events_queue()?;
    let leadership = Leadership::default();
    let sagemaker =
        SageMaker::new(account.clone(), args.sagemaker_endpoint.clone(), metrics.clone(), leadership.clone());
    if sagemaker.default_region().is_none() {
        let why = "no default region (AWS_REGION or --region): each selection must set `region`";
        readiness.warn("region", Some(why.to_owned()));
    }
    let config = kubernetes().await?;
    // For what a standby does too: the checks and the election itself.
    let client = Client::try_from(config.clone())?;
    let mut election = args
        .leader_elect
        .then(|| Election::new(&args, client.clone(), leadership.clone(), metrics.clone(), readiness.clone()));
    let lease = election.as_ref().map(Election::lease);
    tokio::spawn(permissions::watch(client.clone(), args.namespaces.clone(), lease, readiness.clone()));
    let stores_publisher = StoresPublisher::default();
    if let Some(address) = args.ui_listen {
        ui::start(address, args.ui_authenticate, &client, &stores_publisher, &readiness).await?;
    }

    let prepared = async {
        let scope = scope(&args, &client, &readiness).await;
        await_crd(&args, &client, &readiness).await;
        tokio::spawn(watch_crd(args.clone(), client.clone(), readiness.clone()));
        match &mut election {
            Some(election) => tokio::select! {
                () = election.win() => {}
                () = ui::stand_by(&args, &client, &stores_publisher) => {}
            },
            None => leadership.always(),
        }
        scope
    };
    let scope = tokio::select! {
        scope = prepared => scope,
        // No reconcile is running yet that could need the grace period.
        () = ended(shutdown.clone()) => return Ok(stopped(server).await),
    };
    tracing::info!(scope, region = sagemaker.default_region(), namespaces = ?args.namespaces, "operating");
    let settings = Settings {
        scope,
        queue: queue.map(|url| Queue::new(account.config(), url)),
        catalog: args.catalog_source.into(),
        namespaces: args.namespaces,
        concurrency: args.concurrency,
        max_tuning_jobs: args.max_tuning_jobs,
        pauses: observe::Pauses { min: args.min_sweep_seconds, max: args.max_sweep_seconds },
        deletion_deadline: args.deletion_deadline_seconds,
        consistency_window: args.consistency_window_seconds,
        readiness,
        stores_publisher,
    };
    let acting = leadership.client(config)?;
    let operating = controller::run(acting, sagemaker, metrics, settings, ended(shutdown.clone()));
    match operate(operating, election, shutdown).await? {
        End::Stopped => Ok(stopped(server).await),
        end => Ok(end),
    }
}

/// Runs the controller until the shutdown, or until this process is not the leader any more.
async fn operate(
    operating: impl Future<Output = ()>,
    election: Option<Election>,
    shutdown: Shutdown,
) -> Result<End, Error> {
    let (end, ends) = oneshot::channel();
    let mut keeping = tokio::spawn(async {
        // Do not release the Lease: calls in flight may still reach SageMaker, so it must expire.
        let ends = async {
            if ends.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match election {
            Some(election) => election.keep(ends).await,
            None => {
                ends.await;
                Ok(())
            }
        }
    });
    let stopped = ended(shutdown.clone());
    let grace = async {
        stopped.await;
        tracing::info!("stopping: waiting for the running reconciles");
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = operating => {}
        () = grace => {
            tracing::warn!("stopped before all reconciles ended; the next start continues them");
            return Ok(End::Stopped);
        }
        lost = &mut keeping => {
            let why = lost.map_or_else(|error| error.to_string(), |kept| kept.err().unwrap_or_default());
            tracing::error!(why, "leadership lost; exiting, to restart as a standby");
            return Ok(End::LeadershipLost);
        }
    }
    // The controller also ends by itself if all its streams do, which must not look like a normal exit.
    if shutdown.borrow().is_none() {
        return Err("the controller ended by itself".into());
    }
    let _: Result<(), ()> = end.send(());
    if let Ok(Err(why)) = keeping.await {
        tracing::warn!(why, "leadership lost while stopping");
    }
    Ok(End::Stopped)
}

/// Writes the last log line.
async fn stopped(server: JoinHandle<std::io::Result<()>>) -> End {
    let _ = tokio::time::timeout(Duration::from_secs(1), server).await;
    tracing::info!("stopped");
    End::Stopped
}

fn is_tag_value(text: &str) -> bool {
    text.len() <= 256 && text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
}

/// A flag that is set by SIGTERM or SIGINT.
fn on_signal() -> Shutdown {
    use tokio::signal::unix::{SignalKind, signal};
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let wait = |kind| async move {
            match signal(kind) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(error) => {
                    tracing::error!(%error, "cannot listen for signals");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = wait(SignalKind::terminate()) => drop(sender.send(Some("SIGTERM"))),
            () = wait(SignalKind::interrupt()) => drop(sender.send(Some("SIGINT"))),
        }
        sender.closed().await;
    });
    receiver
}

async fn ended(mut signal: Shutdown) {
    // An error means that the sender is gone, which is a shutdown as well.
    let _ = signal.wait_for(Option::is_some).await;
}
