//! Faults of an installation: each is reported by `/readyz`, and by a condition or an Event if there is an object, and
//! its fix is noticed.

use std::time::Duration;

use api::{Reason, RunState};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use testkit::manifests::apply;
use testkit::programs::CRD;
use testkit::status::runs_in;
use testkit::world::{DEADLINE, LATER};
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, Selection, World, apply_yaml, await_until,
    fresh_namespace, install_crd, shared,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Waits until `/readyz` returns this status, and all of these texts.
async fn readyz(operator: &mut Operator, status: u16, texts: &[&str]) {
    await_until(&format!("/readyz says {status} {texts:?}"), LATER, async || {
        assert!(operator.is_running(), "{}", operator.logs());
        match operator.get("/readyz").await {
            Ok((code, text)) if code == status && texts.iter().all(|part| text.contains(part)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

/// A Role, with a binding to a service account of the same namespace. `leases` and `status` are verbs.
fn role(namespace: &str, leases: &str, status: &str) -> String {
    format!(
        r"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: operator, namespace: {namespace}}}
rules:
- {{apiGroups: [modelselection.dev], resources: [modelselections], verbs: [list, watch, patch]}}
- {{apiGroups: [modelselection.dev], resources: [modelselections/status], verbs: [{status}]}}
- {{apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}}
- {{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [{leases}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: operator, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: operator}}
subjects:
- {{kind: ServiceAccount, name: operator, namespace: {namespace}}}
"
    )
}

#[tokio::test]
async fn a_missing_right_is_named_and_its_grant_is_noticed() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "a-missing-permission").await;
    apply_yaml(&client, &role(&namespace, "get, create", "get")).await.unwrap();
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    options.kubeconfig = plane.kubeconfig_for_service_account(&namespace, "operator").await;
    // In a single namespace, and with a name for the cluster, no cluster-wide permission is needed.
    options.extra_env = vec![("MODELSELECTION_CLUSTER_NAME".into(), "test".into())];
    let mut operator = Operator::start(options.clone());
    let status = format!("patch modelselections/status in {namespace}");
    let lease = format!("update leases in {namespace}");
    readyz(&mut operator, 503, &["permissions: the operator may not ", &status, &lease, "apply deploy/rbac.yaml"])
        .await;
    apply(&client, &Selection::one_metric("sel").images(&["a"]).manifest(&namespace)).await.unwrap();
    apply_yaml(&client, &role(&namespace, "get, create, update", "patch")).await.unwrap();
    operator.await_ready(DEADLINE).await;
    let selections: Api<api::ModelSelection> = Api::namespaced(client.clone(), &namespace);
    testkit::await_object(&selections, "sel", "it is complete", DEADLINE, |selection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;
    let (status, _) = operator.terminate().await;
    assert_eq!(status.code(), Some(0));

    // Without the permission to read the Lease, it never leads, and says why.
    apply_yaml(&client, &role(&namespace, "create", "patch")).await.unwrap();
    let mut operator = Operator::start(options);
    let election = "leader election: cannot read or write the lease";
    readyz(&mut operator, 503, &[election, "cannot get resource \"leases\""]).await;
    readyz(&mut operator, 503, &[&format!("get leases in {namespace}")]).await;
}

#[tokio::test]
async fn stopped_before_it_has_seen_its_selections_it_releases_the_lease_at_once() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "granted").await;
    let refused = fresh_namespace(&client, "refused").await;
    apply_yaml(&client, &role(&namespace, "get, create, update", "patch")).await.unwrap();
    let emulator = Emulator::start(&[]).await;
    let mut options = OperatorOptions::new(plane, &emulator, &format!("{namespace},{refused}"));
    options.kubeconfig = plane.kubeconfig_for_service_account(&namespace, "operator").await;
    options.extra_env = vec![("MODELSELECTION_CLUSTER_NAME".into(), "test".into())];
    let mut operator = Operator::start(options);
    await_until("it operates", DEADLINE, async || operator.logs().contains("operating")).await;
    readyz(&mut operator, 503, &[&format!("list modelselections in {refused}")]).await;
    let (status, _) = operator.terminate().await;
    assert_eq!(status.code(), Some(0));
    let logs = operator.logs();
    assert!(logs.contains("lease released") && !logs.contains("reconciles ended; the next"), "{logs}");
}

#[tokio::test]
async fn a_removed_crd_is_reported_and_its_return_is_noticed() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let mut world = World::short_epochs_on(&plane, "crd-goes", &["--speed", "3000"], &[]).await;
    let crds: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    crds.delete("modelselections.modelselection.dev", &DeleteParams::default()).await.unwrap();
    let text = "the CRD modelselections.modelselection.dev is not installed; apply crds/modelselections.yaml";
    readyz(&mut world.operator, 503, &[text]).await;
    testkit::await_gone(&crds, "modelselections.modelselection.dev", DEADLINE).await;
    install_crd(&world.client, CRD.as_ref()).await;
    world.operator.await_ready(LATER).await;
    world.apply(&Selection::one_metric("sel").images(&["a"])).await;
    world.await_complete_within("sel", LATER).await;
}

#[tokio::test]
async fn refused_credentials_are_a_condition_and_a_warning() {
    let mut world = World::short_epochs("refused", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b"])).await;
    world.await_condition("sel", "Ready", Reason::TuningRunning).await;
    readyz(&mut world.operator, 200, &["ok\n"]).await;
    world.emulator.fault(json!({"operation": "*", "kind": "ExpiredToken"})).await;
    world.await_condition("sel", "Stalled", Reason::CredentialsRejected).await;
    // Still ready: another Pod would have the same credentials, and this one continues once they are renewed.
    readyz(&mut world.operator, 200, &["ok\nwarning: aws credentials: SageMaker refuses them"]).await;
    let (_, metrics) = world.operator.get("/metrics").await.unwrap();
    assert!(metrics.contains("modelselection_aws_credentials_rejected 1"), "{metrics}");
    world.emulator.clear_faults().await;
    world.await_condition("sel", "Ready", Reason::TuningRunning).await;
    await_until("the warning is gone", DEADLINE, async || match world.operator.get("/readyz").await {
        Ok((200, text)) if text == "ok\n" => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// A credentials endpoint on the node, as for Pod Identity.
async fn serve_credentials(expiration: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let body = json!({
                "AccessKeyId": "test", "SecretAccessKey": "test", "Token": "test", "Expiration": expiration,
            })
            .to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            let mut request = [0_u8; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/credentials")
}

#[tokio::test]
async fn credentials_that_have_expired_are_reported_by_the_probe() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "expired-credentials").await;
    let emulator = Emulator::start(&[]).await;
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    let agent = serve_credentials("2001-01-01T00:00:00Z").await;
    options.extra_env = vec![
        ("AWS_ACCESS_KEY_ID".into(), String::new()),
        ("AWS_SECRET_ACCESS_KEY".into(), String::new()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI".into(), agent),
    ];
    let mut operator = Operator::start(options);
    readyz(&mut operator, 503, &["aws credentials: the credentials have expired"]).await;
}

/// For example, an environment variable that is set from another one which is empty.
#[tokio::test]
async fn an_empty_region_counts_as_none_and_is_reported_by_the_probe() {
    let mut world = World::short_epochs("no-region", &["--speed", "3000"], &[("AWS_REGION", "")]).await;
    readyz(&mut world.operator, 200, &["ok\nwarning: region: no default region"]).await;
    world.apply(&Selection::one_metric("sel").images(&["a"])).await;
    world.await_condition("sel", "Stalled", Reason::InvalidSpec).await;
    world.apply(&Selection::one_metric("sel").images(&["a"]).with_yaml("region: us-west-2")).await;
    world.await_complete("sel").await;
}

#[tokio::test]
async fn a_status_that_another_client_wrote_is_reported_and_corrected() {
    let mut world = World::short_epochs("rival", &["--speed", "3000"], &[]).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b"])).await;
    world.await_complete("sel").await;
    assert_eq!(world.events("sel", "AnotherOperator").await, 0, "its own writes are none");
    let forged = json!({"status": {"progress": "7/9"}});
    world.selections.patch_status("sel", &PatchParams::default(), &Patch::Merge(&forged)).await.unwrap();
    world.await_single_event("sel", "AnotherOperator").await;
    readyz(
        &mut world.operator,
        200,
        &["ok\nwarning: other operators: the status of ", "/sel was written by another client"],
    )
    .await;
    let corrected = |status: &api::ModelSelectionStatus| status.progress.as_deref() == Some("2/2");
    world.await_observed("sel", "it is corrected", corrected).await;
    // A second forgery, which is not reported again.
    let forged = json!({"status": {"progress": "8/9", "best": "nonsense"}});
    world.selections.patch_status("sel", &PatchParams::default(), &Patch::Merge(&forged)).await.unwrap();
    world.await_observed("sel", "it is corrected again", corrected).await;
    world.await_single_event("sel", "AnotherOperator").await;
}

#[tokio::test]
async fn two_operators_with_leases_of_their_own_are_reported() {
    let mut world = World::short_epochs("two", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b", "c"])).await;
    world.await_observed("sel", "all run", |status| runs_in(status, RunState::Running) == 3).await;
    let mut options = OperatorOptions::new(shared().await, &world.emulator, &world.namespace);
    options.extra_env = vec![
        ("MODELSELECTION_LEADER_ELECTION_ID".into(), "another".into()),
        ("MODELSELECTION_MIN_SWEEP_SECONDS".into(), "0.5".into()),
        ("MODELSELECTION_MAX_SWEEP_SECONDS".into(), "1".into()),
    ];
    let second = Operator::start(options);
    await_until("both operate", DEADLINE, async || second.logs().contains("operating")).await;
    world.emulator.set_speed(60.0).await;
    world.await_complete("sel").await;
    await_until("it is reported", Duration::from_secs(30), async || world.events("sel", "AnotherOperator").await > 0)
        .await;
    assert_eq!(world.jobs_created().await, 3, "no run is paid for twice");
    readyz(&mut world.operator, 200, &["ok\n"]).await;
    println!("Events AnotherOperator: {}", world.events("sel", "AnotherOperator").await);
}
