//! `doctor` against a real API server, with the manifests of `deploy/`, the unmodified operator, and moto for AWS.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use testkit::free_port::FreePort;
use testkit::moto::ACCOUNT;
use testkit::world::DEADLINE;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Moto, Operator, OperatorOptions, apply_yaml, await_until,
    fresh_namespace, install_crd,
};

use super::logs::with_aws;
use super::{PLUGIN, Place, Said, said};

const SYSTEM: &str = "modelselection-system";
const OPERATOR: &str = "modelselection-operator";

/// A control plane with the manifests of `deploy/`, as a cluster of the operator has them.
pub(crate) async fn cluster() -> (&'static ControlPlane, Client) {
    // Kept for the plugin's `Place`; it ends with the test process.
    let plane: &ControlPlane = Box::leak(Box::new(ControlPlane::start(ControlPlaneOptions::default()).await));
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    apply_yaml(&client, &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {SYSTEM}}}")).await.unwrap();
    for manifest in
        [include_str!("../../../../deploy/rbac.yaml"), include_str!("../../../../deploy/base/deployment.yaml")]
    {
        apply_yaml(&client, manifest).await.unwrap();
    }
    (plane, client)
}

/// A Pod of the Deployment, at a port of this machine. The API server does not go to loopback addresses for anybody.
pub(crate) async fn pod(client: &Client, port: u16, env: &Value) {
    let here = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let here = here.expect("an address that is not loopback").ip();
    let labels = json!({"app.kubernetes.io/name": OPERATOR, "app.kubernetes.io/instance": OPERATOR, "app.kubernetes.io/component": "operator"});
    let pods: Api<Pod> = Api::namespaced(client.clone(), SYSTEM);
    let object = json!({
        "metadata": {"name": "operator-1", "labels": labels},
        "spec": {"containers": [{"name": "operator", "image": "operator", "env": env, "ports": [{"name": "http", "containerPort": port}]}]},
    });
    pods.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
    let status = json!({"status": {"podIP": here, "podIPs": [{"ip": here}], "phase": "Running"}});
    pods.patch_status("operator-1", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), SYSTEM);
    let status = json!({"status": {"replicas": 1, "availableReplicas": 1, "readyReplicas": 1}});
    deployments.patch_status(OPERATOR, &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
}

/// Verdict and message of each check.
fn checks(said: &Said) -> BTreeMap<String, (String, String)> {
    let document: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    assert_eq!(document["kind"], "CheckList");
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let items = document["items"].as_array().unwrap().iter();
    items.map(|c| (text(c, "check"), (text(c, "verdict"), text(c, "message")))).collect()
}

/// The verdict of a check, whose message has to contain a text.
fn verdict(said: &Said, check: &str, contains: &str) -> String {
    let checks = checks(said);
    let (verdict, message) = &checks[check];
    assert!(message.contains(contains), "{check}: {message}");
    verdict.clone()
}

async fn wait_for_leader(client: &Client) {
    let leases: Api<Lease> = Api::namespaced(client.clone(), SYSTEM);
    await_until("somebody leads", DEADLINE, async || {
        leases.get(OPERATOR).await.ok()?.spec?.holder_identity.filter(|holder| !holder.is_empty())
    })
    .await;
}

#[tokio::test]
async fn an_installation_is_in_order_until_something_is_missing() {
    let moto = Moto::start().await;
    let (server, client) = cluster().await;
    let place = Place { plane: server, client: client.clone(), namespace: fresh_namespace(&client, "doctor").await };
    let mut manifest = samples::manifest("caltech256");
    manifest["spec"]["executionRoleARN"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/SageMakerTraining"));
    place.api().create(&PostParams::default(), &serde_json::from_value(manifest).unwrap()).await.unwrap();
    let emulator = Emulator::start(&[]).await;
    let port = FreePort::reserve();
    let options = OperatorOptions::new(server, &emulator, "");
    let kubeconfig = server.kubeconfig_for_service_account(SYSTEM, OPERATOR).await;
    let listen = ("MODELSELECTION_HTTP_LISTEN".to_owned(), format!("0.0.0.0:{}", port.number()));
    let extra_env = vec![("POD_NAMESPACE".to_owned(), SYSTEM.to_owned()), listen];
    let mut operator = Operator::start(OperatorOptions { kubeconfig, extra_env, ..options });
    pod(&client, port.number(), &json!([])).await;
    wait_for_leader(&client).await;
    let doctor = |arguments: &[&str]| {
        let arguments = [&["doctor"], arguments].concat();
        said(with_aws(&mut place.command(&arguments), &moto.url(), ("any", "any")))
    };

    let fine = await_until("all is in order", DEADLINE, async || {
        let found = doctor(&["-o", "json"]);
        if found.code == 0 && verdict(&found, "readyz", "operator-1: ") == "ok" {
            Ok(found)
        } else {
            Err(format!("{found:?}"))
        }
    })
    .await;
    for (check, contains) in [
        ("api server", "Kubernetes v1."),
        ("crd", "modelselections.modelselection.dev v1alpha1, that of this plugin"),
        ("operator", "1 of 1 replicas available"),
        ("leader", "holds the Lease modelselection-system/modelselection-operator"),
        ("operator permissions", "may do all that the operator does"),
        ("your permissions", "you may use all verbs"),
        ("aws identity", "you are arn:aws:sts::123456789012:"),
        ("quota", "4 ml.p3.2xlarge for training job usage in us-west-2; selections use at most 2 at a time"),
    ] {
        assert_eq!(verdict(&fine, check, contains), "ok", "{check}");
    }
    assert_eq!(verdict(&fine, "prices", "no derived metric"), "skipped");
    let shown = doctor(&["--offline"]);
    assert!(shown.code == 0 && shown.out.ends_with("0 failed, 0 warnings, 3 skipped, 7 ok\n"), "{shown:?}");

    // What a selection needs and does not have.
    let more = json!({"spec": {
        "prices": {"ml.p3.2xlarge": "3.825"}, "derivedMetrics": [{"name": "cost", "expression": "prices[instanceType]"}],
        "training": {"instanceType": "ml.g5.xlarge"},
    }});
    place.api().patch("caltech256", &PatchParams::default(), &Patch::Merge(&more)).await.unwrap();
    let worse = doctor(&["-o", "json"]);
    assert_eq!(verdict(&worse, "prices", "spec.prices has no ml.g5.xlarge"), "warning");
    assert_eq!(verdict(&worse, "quota", "0 ml.g5.xlarge for training job usage"), "failed");
    assert_eq!(worse.code, 1, "{worse:?}");

    let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
    bindings.delete(OPERATOR, &DeleteParams::default()).await.unwrap();
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let older = json!({"spec": {"versions": [{"name": "v1alpha1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    definitions
        .patch("modelselections.modelselection.dev", &PatchParams::default(), &Patch::Merge(&older))
        .await
        .unwrap();
    operator.terminate().await;
    let broken = await_until("the permissions are gone", Duration::from_secs(20), async || {
        let found = doctor(&["-o", "json", "--offline"]);
        if verdict(&found, "operator permissions", "") == "failed" { Ok(found) } else { Err(format!("{found:?}")) }
    })
    .await;
    assert_eq!(verdict(&broken, "operator permissions", "list modelselections in all namespaces"), "failed");
    assert_eq!(verdict(&broken, "leader", "nobody holds the Lease"), "failed");
    assert_eq!(verdict(&broken, "crd", "only in this plugin: spec.candidateSelectors, "), "warning");
    // Nobody listens there: that is no answer of the operator.
    assert_eq!(verdict(&broken, "readyz", ""), "skipped");
    assert_eq!(broken.code, 1);
}

#[tokio::test]
async fn who_may_nothing_is_told_so_and_nothing_fails() {
    let place = Place::new("nobody").await;
    let kubeconfig = place.plane.kubeconfig_for("nobody", &[]);
    let mut command = place.command(&["doctor", "-o", "json", "--kubeconfig", kubeconfig.to_str().unwrap()]);
    // Nobody's credentials, and no region either.
    let found = said(with_aws(&mut command, "http://127.0.0.1:1", ("", "")));
    assert_eq!(found.code, 0, "{found:?}");
    for check in ["crd", "operator", "selections"] {
        assert_eq!(verdict(&found, check, "you may not: "), "skipped");
    }
    assert_eq!(verdict(&found, "your permissions", "you may not list modelselections (for every verb)"), "warning");
    assert_eq!(verdict(&found, "aws identity", "there is no AWS region"), "skipped");
    let mut command =
        place.command(&["doctor", "-o", "json", "--region", "us-west-2", "--kubeconfig", kubeconfig.to_str().unwrap()]);
    let found = said(with_aws(&mut command, "http://127.0.0.1:1", ("", "")));
    assert_eq!(verdict(&found, "aws identity", "log in as for the AWS CLI"), "skipped");
    assert_eq!(found.code, 0, "{found:?}");
}

#[test]
fn without_a_cluster_the_rest_is_checked() {
    let mut command = std::process::Command::new(PLUGIN);
    let found = said(command.args(["doctor", "-o", "json", "--offline"]).env("KUBECONFIG", "/nowhere"));
    assert_eq!((found.code, verdict(&found, "api server", "kubeconfig").as_str()), (1, "failed"));
    assert_eq!(verdict(&found, "quota", "--offline"), "skipped");
}
