//! Collects the content of the bundle. `not-read.yaml` lists what cannot be read; the rest is still useful.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, LogParams};
use kube::{Api, Client, ResourceExt as _};
use serde::Serialize;
use serde_json::json;

use super::document::Document;
use crate::cluster::Cluster;
use crate::verbs::doctor::{self, Scope, installation};

/// The maximum size of a Pod's log.
const LOG_BYTES: i64 = 10 * 1024 * 1024;

/// The collected documents, and the failed reads.
#[derive(Default)]
struct Gathered {
    documents: Vec<Document>,
    not_read: Vec<String>,
}

impl Gathered {
    /// Adds a document under a path.
    fn keep<T: Serialize>(&mut self, path: String, read: kube::Result<Option<T>>) {
        match read.map(|object| object.map(serde_json::to_value)) {
            Ok(Some(Ok(object))) => self.documents.push(Document::object(path, object)),
            Ok(None) => self.not_read.push(format!("{path}: there is none")),
            Ok(Some(Err(error))) => self.not_read.push(format!("{path}: {error}")),
            Err(error) => self.fail(&path, &error),
        }
    }

    fn fail(&mut self, path: &str, error: &kube::Error) {
        let why = match error {
            kube::Error::Api(status) => status.message.clone(),
            other => other.to_string(),
        };
        self.not_read.push(format!("{path}: {why}"));
    }
}

/// Everything, before redaction.
pub(super) async fn all(cluster: &Cluster, scope: &Scope<'_>, now: Timestamp) -> Vec<Document> {
    let client = &cluster.client;
    let mut gathered = Gathered::default();
    let checks = doctor::checks(cluster, scope).await;
    gathered.documents.push(Document::object("doctor.yaml", json!(checks)));
    let version = client.apiserver_version().await.map(|version| version.git_version);
    let versions = json!({"plugin": env!("CARGO_PKG_VERSION"), "kubernetes": version.ok(), "time": now});
    gathered.documents.push(Document::object("versions.yaml", versions));
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    gathered.keep("crd.yaml".into(), definitions.get_opt("modelselections.modelselection.dev").await);

    let mut namespaces = BTreeSet::from([cluster.namespace.clone()]);
    match doctor::selections(cluster, scope.all_namespaces).await {
        Ok(selections) => {
            for selection in selections {
                let namespace = selection.namespace().unwrap_or_default();
                let path = format!("modelselections/{namespace}/{}.yaml", selection.name_any());
                namespaces.insert(namespace);
                gathered.keep(path, Ok(Some(selection)));
            }
        }
        Err(error) => gathered.fail("modelselections", &error),
    }
    match installation::deployments(client, scope.operator_namespace).await {
        Ok(deployments) => {
            for deployment in deployments {
                namespaces.extend(deployment.namespace());
                operator(client, &deployment, &mut gathered).await;
            }
        }
        Err(error) => gathered.fail("operator", &error),
    }
    for namespace in namespaces {
        let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
        gathered.keep(format!("events/{namespace}.yaml"), events.list(&ListParams::default()).await.map(Some));
    }
    gathered.documents.push(Document::object("not-read.yaml", json!(gathered.not_read)));
    gathered.documents
}

/// The Deployment, its Lease, its Pods and their logs.
async fn operator(client: &Client, deployment: &Deployment, gathered: &mut Gathered) {
    let Some(found) = installation::read(deployment) else { return };
    let folder = format!("operator/{}/{}", found.namespace, found.name);
    gathered.keep(format!("{folder}/deployment.yaml"), Ok(Some(deployment)));
    if let Some(lease) = &found.lease {
        let leases: Api<Lease> = Api::namespaced(client.clone(), &lease.namespace);
        gathered.keep(format!("{folder}/lease.yaml"), leases.get_opt(&lease.name).await);
    }
    let pods: Api<Pod> = Api::namespaced(client.clone(), &found.namespace);
    match pods.list(&ListParams::default().labels(&found.pods)).await {
        Ok(listed) => {
            for pod in listed {
                let name = pod.name_any();
                logs(&pods, &pod, &folder, gathered).await;
                gathered.keep(format!("{folder}/pods/{name}.yaml"), Ok(Some(pod)));
            }
        }
        Err(error) => gathered.fail(&format!("{folder}/pods"), &error),
    }
}

/// The logs of each container of a Pod, and of its previous instance if there was one.
async fn logs(pods: &Api<Pod>, pod: &Pod, folder: &str, gathered: &mut Gathered) {
    let name = pod.name_any();
    let spec = pod.spec.iter();
    for container in spec.flat_map(|spec| spec.containers.iter().map(|container| container.name.clone())) {
        for previous in [false, true] {
            let wanted = LogParams {
                container: Some(container.clone()),
                previous,
                timestamps: true,
                limit_bytes: Some(LOG_BYTES),
                ..LogParams::default()
            };
            let path = format!("{folder}/logs/{name}-{container}{}.log", if previous { "-previous" } else { "" });
            match pods.logs(&name, &wanted).await {
                // Most containers have no previous instance.
                Ok(log) if previous && log.is_empty() => {}
                Ok(log) => gathered.documents.push(Document::text(path, log)),
                Err(kube::Error::Api(status)) if previous && status.code == 400 => {}
                Err(error) => gathered.fail(&path, &error),
            }
        }
    }
}
