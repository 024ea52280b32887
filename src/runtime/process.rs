//! The process from start to end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_sagemaker::config::ProvideCredentials as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, Client, Resource as _};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::args::Args;
use super::clock;
use super::election::{self, Election};
use super::leadership::Leadership;
use super::metrics::Metrics;
use super::readiness::Readiness;
use super::{rights, server, telemetry};
use crate::api::ModelSelection;
use crate::controller::{self, Settings};
use crate::tuning::SageMaker;

/// How often what is missing at the start is looked for again.
const RECHECK: Duration = Duration::from_secs(2);
/// How often what was in order is looked at again.
const RECHECK_WHEN_THERE: Duration = Duration::from_secs(20);
/// How long reconciles may go on after SIGTERM.
const GRACE: Duration = Duration::from_secs(8);

/// Where the probes are, when nothing else is said.
const DEFAULT_HTTP: (Ipv4Addr, u16) = (Ipv4Addr::UNSPECIFIED, 8080);

const API_SERVER: &str = "kubernetes";
const CRD: &str = "custom resource definition";
const CREDENTIALS: &str = "aws credentials";

/// Why the process ends, when nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Stopped,
    /// Another leads, or may by now.
    LeadershipLost,
}

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;
type Shutdown = watch::Receiver<Option<&'static str>>;

/// Runs the operator until SIGTERM or SIGINT, or until it does not lead any more.
///
/// # Errors
/// When a port cannot be bound, or the configuration of Kubernetes cannot be read. What can come later (the API server,
/// the CRD, credentials) is waited for, and told by `/readyz`.
pub async fn run(mut args: Args) -> Result<End, Error> {
    // An empty variable means all namespaces, as in a manifest that leaves it empty.
    args.namespaces.retain(|namespace| !namespace.is_empty());
    for setting in [
        &mut args.region,
        &mut args.sagemaker_endpoint,
        &mut args.cluster_name,
        &mut args.leader_election_namespace,
        &mut args.otlp_endpoint,
    ] {
        // Two clusters with the empty name would share their jobs.
        setting.take_if(|value| value.is_empty());
    }
    let traces = telemetry::start(args.log_format, args.otlp_endpoint.as_deref())?;
    let end = live(args).await;
    traces.end().await;
    end
}

/// From the first word to the last.
async fn live(args: Args) -> Result<End, Error> {
    if let Some(name) = args.cluster_name.as_ref().filter(|name| !is_tag_value(name)) {
        let allowed = "letters, digits and _.:/=+-@, at most 256";
        return Err(format!("--cluster-name '{name}' must be a value that a tag can have: {allowed}").into());
    }
    // The AWS SDK and kube both bring rustls; with two providers and no default it would panic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let shutdown = on_signal();
    let metrics = Arc::new(Metrics::default());
    let parts = [API_SERVER, CRD, CREDENTIALS, rights::PART];
    let elected = args.leader_elect.then_some(election::PART);
    let readiness = Arc::new(Readiness::new(parts.into_iter().chain(elected)));

    let listener = listen(args.http_listen).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), http = %listener.local_addr()?, "starting");
    let serving = server::serve(listener, readiness.clone(), metrics.clone(), ended(shutdown.clone()));
    let server = tokio::spawn(serving);

    let aws = aws_config(&args).await;
    tokio::spawn(watch_credentials(aws.clone(), readiness.clone()));
    let leadership = Leadership::default();
    let sagemaker = SageMaker::new(aws, args.sagemaker_endpoint.clone(), metrics.clone(), leadership.clone());
    let config = kubernetes().await?;
    // For what a standby does too: looking around, and the election itself.
    let client = Client::try_from(config.clone())?;
    let mut election = args
        .leader_elect
        .then(|| Election::new(&args, client.clone(), leadership.clone(), metrics.clone(), readiness.clone()));
    let lease = election.as_ref().map(Election::lease);
    tokio::spawn(rights::watch(client.clone(), args.namespaces.clone(), lease, readiness.clone()));

    let prepared = async {
        let scope = scope(&args, &client, &readiness).await;
        await_crd(&args, &client, &readiness).await;
        tokio::spawn(watch_crd(args.clone(), client.clone(), readiness.clone()));
        match &mut election {
            Some(election) => election.win().await,
            None => leadership.lasts(),
        }
        scope
    };
    let scope = tokio::select! {
        scope = prepared => scope,
        // Nothing is under way yet that could need the grace.
        () = ended(shutdown.clone()) => return Ok(stopped(server).await),
    };
    tracing::info!(scope, region = sagemaker.default_region(), namespaces = ?args.namespaces, "operating");
    let settings = Settings {
        scope,
        catalog: args.catalog_source.into(),
        namespaces: args.namespaces,
        concurrency: args.concurrency,
        max_tuning_jobs: args.max_tuning_jobs,
        pauses: crate::observe::Pauses { min: args.min_sweep_seconds, max: args.max_sweep_seconds },
        deletion_deadline: args.deletion_deadline_seconds,
        readiness,
    };
    let acting = leadership.client(config)?;
    let operating = controller::run(acting, sagemaker, metrics, settings, ended(shutdown.clone()));
    match operate(operating, election, shutdown).await? {
        End::Stopped => Ok(stopped(server).await),
        End::LeadershipLost => Ok(End::LeadershipLost),
    }
}

/// Operates until the shutdown, or until this process does not lead any more.
async fn operate(
    operating: impl Future<Output = ()>,
    election: Option<Election>,
    shutdown: Shutdown,
) -> Result<End, Error> {
    let (end, ends) = oneshot::channel();
    let mut keeping = tokio::spawn(async {
        // Without a word the lease is kept, to run out: what is under way may still reach SageMaker.
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
        tracing::info!("stopping: reconciles under way may end");
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = operating => {}
        () = grace => {
            tracing::warn!("stopped with reconciles under way; the next start takes them up");
            return Ok(End::Stopped);
        }
        lost = &mut keeping => {
            let why = lost.map_or_else(|error| error.to_string(), |kept| kept.err().unwrap_or_default());
            tracing::error!(why, "leadership lost; ending, to start again as a standby");
            return Ok(End::LeadershipLost);
        }
    }
    // The controller also ends by itself if all its streams do, which must not look like a healthy end.
    if shutdown.borrow().is_none() {
        return Err("the controller ended by itself".into());
    }
    let _: Result<(), ()> = end.send(());
    if let Ok(Err(why)) = keeping.await {
        tracing::warn!(why, "leadership lost while stopping");
    }
    Ok(End::Stopped)
}

/// The last words.
async fn stopped(server: JoinHandle<std::io::Result<()>>) -> End {
    let _ = tokio::time::timeout(Duration::from_secs(1), server).await;
    tracing::info!("stopped");
    End::Stopped
}

/// The socket of the probes. An address that was asked for must be had; the default one may be taken by another program
/// of the same machine, which is no reason not to work.
async fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, Error> {
    if let Some(address) = asked {
        let told = |error| format!("cannot listen on {address} (--http-listen): {error}");
        return Ok(TcpListener::bind(address).await.map_err(told)?);
    }
    match TcpListener::bind(DEFAULT_HTTP).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            tracing::warn!(%error, "port {} is taken; the probes are on another one", DEFAULT_HTTP.1);
            Ok(TcpListener::bind((DEFAULT_HTTP.0, 0)).await?)
        }
    }
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
                    tracing::error!(%error, "cannot listen to signals");
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
    // An error means that the sender is gone, which is the end as well.
    let _ = signal.wait_for(Option::is_some).await;
}

async fn kubernetes() -> Result<kube::Config, Error> {
    let mut config = kube::Config::infer().await?;
    // Retries inside the client could hold a reconcile for minutes; the reconcile loop is the retry.
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.write_timeout = Some(Duration::from_secs(30));
    Ok(config)
}

async fn aws_config(args: &Args) -> aws_config::SdkConfig {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(region) = &args.region {
        loader = loader.region(aws_config::Region::new(region.clone()));
    }
    loader.load().await
}

async fn watch_credentials(aws: aws_config::SdkConfig, readiness: Arc<Readiness>) {
    loop {
        let remedy = "use IRSA, Pod Identity or the environment";
        let state = credentials(&aws).await.map_err(|why| format!("{why}; {remedy}"));
        let pause = if state.is_ok() { RECHECK_WHEN_THERE } else { RECHECK };
        readiness.set(CREDENTIALS, state);
        tokio::time::sleep(pause).await;
    }
}

/// Whether there are credentials that have not expired. What AWS makes of them, only calls can tell.
async fn credentials(aws: &aws_config::SdkConfig) -> Result<(), String> {
    let provider = aws.credentials_provider().ok_or("no provider is configured")?;
    let found = provider.provide_credentials().await.map_err(|error| {
        let error = aws_sdk_sagemaker::error::DisplayErrorContext(&error).to_string();
        format!("none found ({})", error.split(" (").next().unwrap_or_default())
    })?;
    match found.expiry() {
        Some(expiry) if expiry <= SystemTime::from(clock::now()) => Err("those found have expired".to_owned()),
        _ => Ok(()),
    }
}

/// The name of the cluster in the identity of tuning jobs.
async fn scope(args: &Args, client: &Client, readiness: &Readiness) -> String {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    loop {
        // Asked even when the name is given: it shows that the API server is there.
        match (tokio::time::timeout(Duration::from_secs(10), namespaces.get("kube-system")).await, &args.cluster_name) {
            (Ok(Ok(_)), Some(name)) => {
                readiness.set(API_SERVER, Ok(()));
                return name.clone();
            }
            (Ok(Ok(namespace)), None) => {
                if let Some(uid) = namespace.metadata.uid {
                    readiness.set(API_SERVER, Ok(()));
                    return uid;
                }
                readiness.set(API_SERVER, Err("the namespace kube-system has no uid; set --cluster-name".to_owned()));
            }
            // With a name, the right to read kube-system is not needed.
            (Ok(Err(kube::Error::Api(status))), Some(name)) if status.is_forbidden() => {
                readiness.set(API_SERVER, Ok(()));
                return name.clone();
            }
            (Ok(Err(error)), _) => {
                readiness.set(API_SERVER, Err(format!("cannot read the namespace kube-system: {error}")));
            }
            (Err(_), _) => readiness.set(API_SERVER, Err("the API server does not answer".to_owned())),
        }
        tokio::time::sleep(RECHECK).await;
    }
}

async fn await_crd(args: &Args, client: &Client, readiness: &Readiness) {
    loop {
        let state = crd(args, client).await;
        let there = state.is_ok();
        readiness.set(CRD, state);
        if there {
            return;
        }
        tokio::time::sleep(RECHECK).await;
    }
}

/// Notices when the CRD goes, which the watch would only log.
async fn watch_crd(args: Args, client: Client, readiness: Arc<Readiness>) {
    loop {
        tokio::time::sleep(RECHECK_WHEN_THERE).await;
        await_crd(&args, &client, &readiness).await;
    }
}

async fn crd(args: &Args, client: &Client) -> Result<(), String> {
    let api: Api<ModelSelection> = match args.namespaces.first() {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    match tokio::time::timeout(Duration::from_secs(10), api.list(&ListParams::default().limit(1))).await {
        Ok(Ok(_)) => Ok(()),
        // By the code: for a group that is not served the API server answers plain text, without a reason.
        Ok(Err(kube::Error::Api(status))) if status.code == 404 => Err(format!(
            "the CRD {}.{} is not installed; apply crds/modelselections.yaml",
            ModelSelection::plural(&()),
            ModelSelection::group(&())
        )),
        Ok(Err(error)) => Err(format!("cannot list modelselections: {error}")),
        Err(_) => Err("the API server does not answer".to_owned()),
    }
}
