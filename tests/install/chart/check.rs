//! `helm test` runs `--check`, which reports what is missing, and changes nothing.

use api::ModelSelection;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

use super::helm::{CHART, Helm, NAMESPACE, environment};
use super::permissions::{install, options};
use super::releases::CRD;
use testkit::manifests::apply;
use testkit::process::{Process, Program};
use testkit::run_folder::{numbered, run_folder};
use testkit::world::DEADLINE;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Moto, OperatorOptions, Selection, await_gone, await_until,
    fresh_namespace, install_crd, shared,
};

/// The result of a check.
pub struct Checked {
    pub code: Option<i32>,
    /// On standard output.
    pub said: String,
    pub log: String,
}

/// Runs a check that waits at most `seconds`.
pub async fn check(options: OperatorOptions, seconds: u32) -> Checked {
    let mut environment = vec![
        ("KUBECONFIG", options.kubeconfig.display().to_string()),
        ("AWS_ENDPOINT_URL_SAGEMAKER", options.sagemaker_url.clone()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    environment.retain(|(name, _)| !options.extra_env.iter().any(|(other, _)| other == name));
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut process = Process::start(Program {
        name: &numbered("check"),
        binary: testkit::programs::operator(),
        arguments: vec![format!("--check={seconds}")],
        environment: environment.chain(options.extra_env).collect(),
        folder: run_folder(),
    });
    let status = await_until("the check ends", DEADLINE, async || process.exit_status()).await;
    Checked { code: status.code(), said: process.output(), log: process.log() }
}

#[tokio::test]
async fn it_reports_what_is_missing_and_changes_nothing() {
    // Not the shared one, because this test removes the CRD.
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    let namespace = fresh_namespace(&client, "checked").await;
    // The release is installed, but none of its Pods is running.
    let rendered = Helm::Four.template(CHART, "emulator: {enabled: true}\nreplicas: 0").unwrap();
    let kubeconfig = install(&plane, &client, &rendered).await;
    let mut selection = Selection::new("waits").images(&["resnet"]).0;
    selection["metadata"]["namespace"] = json!(namespace);
    apply(&client, &selection).await.unwrap();
    let selections: Api<ModelSelection> = Api::namespaced(client.clone(), &namespace);
    let version = async |selections: &Api<ModelSelection>| selections.get("waits").await.unwrap().resource_version();
    let before = version(&selections).await;
    let emulator = Emulator::start(&[]).await;
    let pod = options(&plane, &emulator, kubeconfig, &rendered, "test");

    let checked = check(pod.clone(), 30).await;
    assert_eq!((checked.code, checked.said.as_str()), (Some(0), "ok\n"), "{}", checked.log);

    emulator.fault(json!({"operation": "*", "kind": "AccessDenied"})).await;
    let checked = check(pod.clone(), 2).await;
    assert_eq!(checked.code, Some(1), "{}", checked.said);
    let expected = "sagemaker: in us-west-2, ListHyperParameterTuningJobs answered AccessDeniedException";
    assert!(checked.said.starts_with(expected), "{}", checked.said);
    emulator.clear_faults().await;

    let mut nowhere = pod.clone();
    nowhere.extra_env.retain(|(name, _)| name != "AWS_REGION");
    let checked = check(nowhere, 30).await;
    assert_eq!(checked.code, Some(0), "{}", checked.said);
    assert!(checked.said.contains("warning: sagemaker: not called: no default region"), "{}", checked.said);

    let mut stranger = pod.clone();
    stranger.kubeconfig = plane.kubeconfig_for("stranger", &[]);
    stranger.extra_env.retain(|(name, _)| !name.starts_with("AWS_"));
    stranger.extra_env.push(("AWS_REGION".to_owned(), "us-west-2".to_owned()));
    let checked = check(stranger, 3).await;
    assert_eq!(checked.code, Some(1), "{}", checked.said);
    for part in
        ["aws credentials: none found", "kubernetes: cannot read the namespace", "permissions: the operator may not"]
    {
        assert!(checked.said.contains(part), "{part} is not in {}", checked.said);
    }

    // A leader is not disturbed, and a missing one is not replaced.
    let leases: Api<Lease> = Api::namespaced(client, NAMESPACE);
    assert_eq!(leases.list(&ListParams::default()).await.unwrap().items, []);
    let jobs = emulator.calls().await;
    assert_eq!(jobs["jobsCreated"], 0, "{jobs}");
    assert_eq!(version(&selections).await, before);

    let definitions: Api<CustomResourceDefinition> = Api::all(plane.client());
    definitions.delete(CRD, &DeleteParams::default()).await.unwrap();
    await_gone(&definitions, CRD, DEADLINE).await;
    let checked = check(pod, 3).await;
    assert_eq!(checked.code, Some(1), "{}", checked.said);
    let expected = "custom resource definition: the CRD modelselections.modelselection.dev is not installed";
    assert!(checked.said.starts_with(expected), "{}", checked.said);
}

const NEEDED: &str = include_str!("../../../deploy/iam/operator-events.json");

/// With a queue, and with the keys of somebody at AWS.
fn with_queue(options: &OperatorOptions, url: &str, (id, secret): (&str, &str)) -> OperatorOptions {
    let more = [
        ("AWS_REGION", "us-west-2"),
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("MODELSELECTION_NAMESPACES", &options.namespace),
        ("MODELSELECTION_LEADER_ELECTION_NAMESPACE", &options.namespace),
        ("MODELSELECTION_EVENTS_QUEUE_URL", url),
    ];
    let extra_env = more.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    OperatorOptions { extra_env, ..options.clone() }
}

#[tokio::test]
async fn the_queue_of_events_is_checked_and_its_messages_stay_for_the_operator() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "checked-queue").await;
    let emulator = Emulator::start(&[]).await;
    let options = OperatorOptions::new(plane, &emulator, &namespace);
    let moto = Moto::start().await;
    let queue = moto.create_queue("events").await;
    moto.send(&queue, &["an event".to_owned()]).await;

    let checked = check(with_queue(&options, &queue, ("any", "any")), 30).await;
    assert_eq!((checked.code, checked.said.as_str()), (Some(0), "ok\n"), "{}", checked.log);
    let request = json!({"QueueUrl": queue, "WaitTimeSeconds": 0});
    let received = moto.call("sqs", "AmazonSQS.ReceiveMessage", &request).await;
    assert_eq!(received["Messages"][0]["Body"], "an event", "{received}");

    let missing = format!("{queue}-of-yesterday");
    let checked = check(with_queue(&options, &missing, ("any", "any")), 2).await;
    assert_eq!(checked.code, Some(1), "{}", checked.said);
    for part in
        ["event queue: ReceiveMessage failed: ", "deploy/events creates one", "; until then running tuning jobs"]
    {
        assert!(checked.said.contains(part), "{part} is not in {}", checked.said);
    }
}

/// Who may do what the operator may, and no more, can check.
#[tokio::test]
async fn the_check_of_the_queue_needs_only_the_policy_of_the_operator() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "checked-permissions").await;
    let emulator = Emulator::start(&[]).await;
    let options = OperatorOptions::new(plane, &emulator, &namespace);
    let moto = Moto::with_permissions(6).await;
    let queue = moto.create_queue("modelselection-events").await;
    let (id, secret) = moto.create_user("nobody").await;
    let operator = moto.create_user("operator").await;
    moto.allow("operator", &NEEDED.replace("ACCOUNT", testkit::moto::ACCOUNT)).await;

    let denied = check(with_queue(&options, &queue, (&id, &secret)), 2).await;
    assert_eq!(denied.code, Some(1), "{}", denied.said);
    let remedy = "attach the policy deploy/iam/operator-events.json to the operator's role";
    assert!(denied.said.starts_with("event queue: ") && denied.said.contains(remedy), "{}", denied.said);
    let allowed = check(with_queue(&options, &queue, (&operator.0, &operator.1)), 30).await;
    assert_eq!((allowed.code, allowed.said.as_str()), (Some(0), "ok\n"), "{}", allowed.log);
}

#[test]
fn the_pod_of_helm_test_only_checks() {
    let rendered = Helm::Four.template(CHART, "emulator: {enabled: true}").unwrap();
    let pod = &rendered.the("Pod")["spec"];
    assert_eq!(pod["containers"].as_array().unwrap().len(), 1, "Helm 3 reads the log of a Pod with one container only");
    assert_eq!(pod["containers"][0]["command"], json!(["modelselection-operator", "--check"]));
    assert!(!environment(&pod["containers"][0]).contains_key("MODELSELECTION_CHECK"));
}
