//! The location and the configuration of the operator, from its Deployment.

use api::permissions::LeaseName;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Container;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt as _};

const PROGRAM: &str = "modelselection-operator";
/// The label of the operator's Deployments: the chart and the overlays set it.
const LABEL: &str = "app.kubernetes.io/component=operator";

/// A Deployment of the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// The service account of its Pods.
    pub(crate) service_account: String,
    /// The namespaces that it watches; empty for all.
    pub(crate) namespaces: Vec<String>,
    /// Its Lease; `None` without leader election.
    pub(crate) lease: Option<LeaseName>,
    /// Whether the cluster's name is configured, so that it need not read the namespace `kube-system`.
    pub(crate) names_cluster: bool,
    /// The default region of selections.
    pub(crate) region: Option<String>,
    /// The labels of its Pods, as a selector.
    pub(crate) pods: String,
}

/// The Deployments of the operator: in all namespaces, or in `fallback` for users who may not list all.
pub(crate) async fn deployments(client: &Client, fallback: &str) -> kube::Result<Vec<Deployment>> {
    let wanted = ListParams::default().labels(LABEL);
    let everywhere: Api<Deployment> = Api::all(client.clone());
    let listed = match everywhere.list(&wanted).await {
        Err(kube::Error::Api(status)) if status.code == 403 => {
            Api::<Deployment>::namespaced(client.clone(), fallback).list(&wanted).await?
        }
        other => other?,
    };
    Ok(listed.items.into_iter().filter(|deployment| operator(deployment).is_some()).collect())
}

/// The container of the operator.
fn operator(deployment: &Deployment) -> Option<&Container> {
    let containers = &deployment.spec.as_ref()?.template.spec.as_ref()?.containers;
    let is = |container: &&Container| {
        let words = container.command.iter().flatten().chain(container.image.iter());
        words.into_iter().any(|word| word.contains(PROGRAM))
    };
    containers.iter().find(is)
}

/// The configuration of a Deployment of the operator.
pub(crate) fn read(deployment: &Deployment) -> Option<Installation> {
    let container = operator(deployment)?;
    let namespace = deployment.namespace().unwrap_or_default();
    let spec = deployment.spec.as_ref()?;
    let set = |flag: &str, variable: &str| setting(container, flag, variable);
    let elects = set("leader-elect", "MODELSELECTION_LEADER_ELECT").is_none_or(|elects| elects != "false");
    let lease = elects.then(|| LeaseName {
        namespace: set("leader-election-namespace", "MODELSELECTION_LEADER_ELECTION_NAMESPACE")
            .unwrap_or_else(|| namespace.clone()),
        name: set("leader-election-id", "MODELSELECTION_LEADER_ELECTION_ID").unwrap_or_else(|| PROGRAM.to_owned()),
    });
    let watched = set("namespaces", "MODELSELECTION_NAMESPACES").unwrap_or_default();
    let pods = spec.selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let pod = spec.template.spec.as_ref()?;
    Some(Installation {
        name: deployment.name_any(),
        service_account: pod.service_account_name.clone().unwrap_or_else(|| "default".to_owned()),
        namespaces: watched.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        lease,
        names_cluster: set("cluster-name", "MODELSELECTION_CLUSTER_NAME").is_some(),
        region: set("region", "MODELSELECTION_REGION").or_else(|| set("", "AWS_REGION")),
        pods: pods.collect::<Vec<_>>().join(","),
        namespace,
    })
}

/// The value of a flag, which takes precedence, or of its variable. An empty one counts as not set.
fn setting(container: &Container, flag: &str, variable: &str) -> Option<String> {
    let flag = format!("--{flag}=");
    let words = container.command.iter().chain(&container.args).flatten();
    let given = words.filter_map(|word| word.strip_prefix(&flag)).next_back();
    let set = || container.env.iter().flatten().rfind(|entry| entry.name == variable)?.value.as_deref();
    given.or_else(set).filter(|value| !value.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment(container: &serde_json::Value) -> Deployment {
        let labels = json!({"app.kubernetes.io/name": "modelselection-operator"});
        serde_json::from_value(json!({
            "metadata": {"name": "msel", "namespace": "system"},
            "spec": {"selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"serviceAccountName": "sa", "containers": [container]}}},
        }))
        .unwrap()
    }

    #[test]
    fn flags_win_over_variables() {
        let found = read(&deployment(&json!({
            "name": "operator", "command": ["modelselection-operator"], "args": ["--namespaces=a,b", "--region="],
            "env": [{"name": "MODELSELECTION_NAMESPACES", "value": "c"}, {"name": "AWS_REGION", "value": "eu-west-1"},
                    {"name": "MODELSELECTION_LEADER_ELECTION_ID", "value": "lease"}],
        })))
        .unwrap();
        assert_eq!(found.namespaces, ["a", "b"]);
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        assert_eq!(found.lease, Some(LeaseName { namespace: "system".into(), name: "lease".into() }));
        assert_eq!((found.service_account.as_str(), found.names_cluster), ("sa", false));
        assert_eq!(found.pods, "app.kubernetes.io/name=modelselection-operator");
    }

    #[test]
    fn other_programs_are_no_operator() {
        assert_eq!(read(&deployment(&json!({"name": "x", "image": "other:1"}))), None);
        let env = json!([{"name": "MODELSELECTION_LEADER_ELECT", "value": "false"}]);
        let image = json!({"name": "x", "image": "ghcr.io/a/modelselection-operator:1", "env": env});
        assert_eq!(read(&deployment(&image)).unwrap().lease, None);
    }
}
