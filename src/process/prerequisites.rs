//! What the operator needs before it can work, with checks that wait until it is available.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, Client, Resource as _};

use super::args::Args;
use api::ModelSelection;
use platform::readiness::Readiness;

/// How often a missing prerequisite is checked again.
pub(super) const RECHECK: Duration = Duration::from_secs(2);
/// How often a fulfilled prerequisite is checked again.
const RECHECK_WHEN_THERE: Duration = Duration::from_secs(20);

pub(super) const API_SERVER: &str = "kubernetes";
pub(super) const CRD: &str = "custom resource definition";

/// The client configuration of Kubernetes.
pub(super) async fn kubernetes() -> Result<kube::Config, kube::config::InferConfigError> {
    let mut config = kube::Config::infer().await?;
    // Retries inside the client could hold a reconcile for minutes; the reconcile loop is the retry.
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    // Longer than the API server keeps a watch open, so that only a lost connection reaches this timeout.
    config.read_timeout = Some(Duration::from_secs(80));
    let agent = concat!("modelselection-operator/", env!("CARGO_PKG_VERSION"));
    config.headers.push((axum::http::header::USER_AGENT, axum::http::HeaderValue::from_static(agent)));
    config.write_timeout = Some(Duration::from_secs(30));
    Ok(config)
}

/// The name of the cluster in the identity of tuning jobs.
pub(super) async fn scope(args: &Args, client: &Client, readiness: &Readiness) -> String {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    loop {
        // Also read if the name is given: a response shows that the API server is reachable.
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
            // If the name is given, the permission to read kube-system is not needed.
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

/// Waits for the CRD, and reports if it is missing.
pub(super) async fn await_crd(args: &Args, client: &Client, readiness: &Readiness) {
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

/// Notices when the CRD is removed, which the watch would only log.
pub(super) async fn watch_crd(args: Args, client: Client, readiness: Arc<Readiness>) {
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
        // Checked by status code: for a group that is not served, the API server responds with plain text and without a
        // reason.
        Ok(Err(kube::Error::Api(status))) if status.code == 404 => Err(format!(
            "the CRD {}.{} is not installed; apply crds/modelselections.yaml",
            ModelSelection::plural(&()),
            ModelSelection::group(&())
        )),
        Ok(Err(error)) => Err(format!("cannot list modelselections: {error}")),
        Err(_) => Err("the API server does not answer".to_owned()),
    }
}
