//! The operator needs exactly the permissions in `deploy/`.
#![allow(clippy::unwrap_used)] // a test may panic

use std::time::Duration;

use api::ModelSelection;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use sagemaker::Operation;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, apply_yaml, await_gone, await_object,
    await_until, fresh_namespace, install_crd,
};

#[tokio::test]
async fn the_whole_life_of_a_selection_needs_only_the_permissions_of_the_manifest() {
    // An operator of all namespaces would also reconcile the selections of other tests.
    let plane = &ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    apply_yaml(&client, "apiVersion: v1\nkind: Namespace\nmetadata: {name: modelselection-system}").await.unwrap();
    let kubeconfig = plane.kubeconfig_for_service_account("modelselection-system", "modelselection-operator").await;
    apply_yaml(&client, include_str!("../../deploy/rbac.yaml")).await.unwrap();

    let namespace = fresh_namespace(&client, "permissions").await;
    let emulator = Emulator::start(&["--speed", "20000"]).await;
    let options = OperatorOptions::new(plane, &emulator, &namespace);
    // All namespaces, as it is deployed.
    let extra_env = vec![("POD_NAMESPACE".to_owned(), "modelselection-system".to_owned())];
    let options = OperatorOptions { kubeconfig, namespace: String::new(), extra_env, ..options };
    let mut operator = Operator::start(options);
    operator.await_ready(Duration::from_secs(30)).await;

    let manifest = include_str!("../../examples/caltech256.yaml")
        .replace("namespace: default", &format!("namespace: {namespace}"));
    let manifest = manifest.replace("\nspec:\n", "\nspec:\n  collect: All\n");
    apply_yaml(&client, &manifest).await.unwrap();
    let api: Api<ModelSelection> = Api::namespaced(client.clone(), &namespace);
    await_object(&api, "caltech256", "complete", Duration::from_secs(60), |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;
    let done = api.get("caltech256").await.unwrap().status.unwrap();
    let with_result = done.runs.iter().filter(|run| run.best.is_some());
    assert!(with_result.clone().count() > 1 && with_result.clone().all(|run| run.trials.is_some()), "{done:#?}");
    let events: Api<Event> = Api::namespaced(client, &namespace);
    await_until("the Event of the completion", Duration::from_secs(10), async || {
        let events = events.list(&ListParams::default()).await.ok()?;
        events.items.iter().any(|event| event.reason.as_deref() == Some("Completed")).then_some(())
    })
    .await;
    api.delete("caltech256", &DeleteParams::default()).await.unwrap();
    await_gone(&api, "caltech256", Duration::from_secs(30)).await;

    let user = "system:serviceaccount:modelselection-system:modelselection-operator";
    let refused: Vec<String> =
        plane.audit().iter().filter(|e| e.user == user && e.code == 403).map(testkit::AuditEntry::action).collect();
    assert_eq!(refused, [""; 0]);
}

/// The policy contains every operation that the operator can call, and nothing else, except for what AWS requires in
/// addition. `make generated` compares the file with the generated one; this test is for contributors who do not run
/// it.
#[test]
fn the_iam_policy_names_the_calls_that_are_made() {
    let policy: serde_json::Value = serde_json::from_str(include_str!("../../deploy/iam/operator.json")).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let mut allowed: Vec<&str> = statements
        .iter()
        .filter_map(|statement| statement["Action"].as_array())
        .flatten()
        .filter_map(|action| action.as_str()?.strip_prefix("sagemaker:"))
        .filter(|action| *action != "AddTags") // asked for when a job is created with tags
        .collect();
    allowed.sort_unstable();
    let mut called: Vec<&str> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
    called.sort_unstable();
    assert_eq!(allowed, called, "run `make generate`");
    // Write actions are limited to jobs with the operator's own names.
    for statement in statements {
        let actions = statement["Action"].to_string();
        let writes = ["Create", "Stop", "AddTags"].iter().any(|verb| actions.contains(&format!("sagemaker:{verb}")));
        let resources = statement["Resource"].as_array().into_iter().flatten().filter_map(|resource| resource.as_str());
        assert!(!writes || resources.into_iter().all(|resource| resource.ends_with("/ms-*")), "{statement:#}");
    }
}
