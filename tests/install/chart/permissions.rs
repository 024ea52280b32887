//! The operator with exactly the permissions and settings of the chart.

use std::path::PathBuf;

use api::ModelSelection;
use futures::StreamExt as _;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::check::check;
use super::helm::{CHART, Helm, NAMESPACE, Objects, RELEASE, namespace_of_the_release};
use testkit::manifests::apply;
use testkit::world::DEADLINE;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, Selection, await_gone, await_object,
    await_until, fresh_namespace, install_crd,
};
use tokio::sync::OnceCell;

/// The control plane of these tests: an operator of all namespaces would also reconcile the selections of other tests.
async fn plane() -> &'static ControlPlane {
    static PLANE: OnceCell<ControlPlane> = OnceCell::const_new();
    PLANE.get_or_init(|| ControlPlane::start(ControlPlaneOptions::default())).await
}

/// Applies the rendered objects and returns the credentials of the operator's service account.
pub async fn install(plane: &ControlPlane, client: &Client, rendered: &Objects) -> PathBuf {
    apply(client, &namespace_of_the_release()).await.unwrap();
    for (name, object) in &rendered.clone().without_hooks().0 {
        apply(client, object).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    install_crd(client, testkit::programs::CRD.as_ref()).await;
    let account = rendered.the("ServiceAccount")["metadata"]["name"].as_str().unwrap();
    plane.kubeconfig_for_service_account(NAMESPACE, account).await
}

/// With the environment of the rendered Pod, except for the addresses, which are those of the test.
pub fn options(
    plane: &ControlPlane,
    emulator: &Emulator,
    kubeconfig: PathBuf,
    rendered: &Objects,
    pod: &str,
) -> OperatorOptions {
    let mut environment = rendered.environment();
    for address in ["MODELSELECTION_HTTP_LISTEN", "AWS_ENDPOINT_URL_SAGEMAKER", "AWS_ENDPOINT_URL_S3"] {
        environment.remove(address).unwrap();
    }
    for (name, value) in [("POD_NAME", pod), ("POD_UID", pod), ("MODELSELECTION_MAX_SWEEP_SECONDS", "0.3")] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment.insert("MODELSELECTION_MIN_SWEEP_SECONDS".to_owned(), "0.3".to_owned());
    OperatorOptions {
        kubeconfig,
        extra_env: environment.into_iter().collect(),
        ..OperatorOptions::new(plane, emulator, "")
    }
}

async fn await_complete(api: &Api<ModelSelection>, name: &str) {
    await_object(api, name, "complete", DEADLINE, |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;
}

async fn apply_selection(client: &Client, namespace: &str, selection: Selection) {
    let mut selection = selection.0;
    selection["metadata"]["namespace"] = json!(namespace);
    apply(client, &selection).await.unwrap();
}

/// All situations of a selection's life, with the permissions of the rendered roles.
async fn lives(plane: &ControlPlane, rendered: &Objects, namespaces: &[&str]) {
    let client = plane.client();
    let kubeconfig = install(plane, &client, rendered).await;
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let mut operator = Operator::start(options(plane, &emulator, kubeconfig.clone(), rendered, "first"));
    operator.await_ready(DEADLINE).await;
    for namespace in namespaces {
        let api: Api<ModelSelection> = Api::namespaced(client.clone(), namespace);
        // With ConfigMaps for all training jobs, and a model of the hub.
        let whole = Selection::new("whole")
            .images(&["resnet"])
            .jump_start("mobilenet", "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4", "*")
            .with("/collect", json!("All"));
        apply_selection(&client, namespace, whole.clone()).await;
        await_complete(&api, "whole").await;
        let runs = api.get("whole").await.unwrap().status.unwrap().runs;
        assert!(runs.len() == 2 && runs.iter().all(|run| run.trials.is_some()), "{runs:#?}");
        let events: Api<Event> = Api::namespaced(client.clone(), namespace);
        await_until("the Event of the completion", DEADLINE, async || {
            let events = events.list(&ListParams::default()).await.ok()?;
            events.items.iter().any(|event| event.reason.as_deref() == Some("Completed")).then_some(())
        })
        .await;
        // An edit, a suspension, and a deletion while a job is running.
        emulator.set_speed(0.0).await;
        let edited = whole.images(&["densenet"]);
        apply_selection(&client, namespace, edited.clone()).await;
        await_object(&api, "whole", "the new run runs", DEADLINE, |selection: &ModelSelection| {
            let runs = selection.status.iter().flat_map(|status| &status.runs);
            runs.filter(|run| testkit::status::is_running(run)).count() == 1
        })
        .await;
        apply_selection(&client, namespace, edited.with("/suspend", json!(true))).await;
        await_object(&api, "whole", "it is suspended", DEADLINE, |selection: &ModelSelection| {
            let conditions = selection.status.iter().flat_map(|status| &status.conditions);
            conditions.into_iter().any(|condition| condition.type_ == "Suspended" && condition.status == "True")
        })
        .await;
        api.delete("whole", &DeleteParams::default()).await.unwrap();
        emulator.set_speed(3000.0).await;
        await_gone(&api, "whole", DEADLINE).await;
    }

    // The same permissions are enough for `helm test`.
    let checked = check(options(plane, &emulator, kubeconfig, rendered, "test"), 30).await;
    assert_eq!((checked.code, checked.said.as_str()), (Some(0), "ok\n"), "{}", checked.log);

    let account = rendered.the("ServiceAccount")["metadata"]["name"].as_str().unwrap();
    let user = format!("system:serviceaccount:{NAMESPACE}:{account}");
    let audit = plane.audit();
    let written: Vec<_> = audit.iter().filter(|entry| entry.user == user).collect();
    assert!(written.len() > 10, "{written:?}");
    let refused: Vec<String> = written.iter().filter(|entry| entry.code == 403).map(|entry| entry.action()).collect();
    assert_eq!(refused, [""; 0]);
    // The audit log does not contain reads, so the operator's logs are checked.
    for log in [operator.logs(), checked.log] {
        assert!(!log.to_lowercase().contains("forbidden"), "{log}");
    }
}

#[tokio::test]
async fn the_whole_life_of_a_selection_needs_only_the_permissions_of_the_chart() {
    // Not the shared one, because this operator would also reconcile the selections of the other tests.
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let namespace = fresh_namespace(&plane.client(), "everywhere").await;
    let rendered = Helm::Four.template(CHART, "emulator: {enabled: true}").unwrap();
    lives(&plane, &rendered, &[&namespace]).await;
}

#[tokio::test]
async fn for_some_namespaces_a_role_in_each_is_enough() {
    let plane = plane().await;
    let client = plane.client();
    let (one, two) = (fresh_namespace(&client, "one").await, fresh_namespace(&client, "two").await);
    let values = format!(
        "emulator: {{enabled: true}}\ncatalogSource: s3\nfullnameOverride: somewhere\nclusterName: prod\nwatchNamespaces: [{one}, {two}]"
    );
    let rendered = Helm::Four.template(CHART, &values).unwrap();
    lives(plane, &rendered, &[&one, &two]).await;
}

/// A verb of one of the operator's roles.
#[derive(Clone, Debug)]
struct Permission {
    verb: String,
    resource: String,
}

/// Names and verbs of all permissions in the rendered roles.
fn permissions(rendered: &Objects) -> Vec<Permission> {
    let rules = rendered.of_kind("Role").chain(rendered.of_kind("ClusterRole")).flat_map(rules);
    let words = |list: &Value| list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    let permissions = rules.flat_map(|rule| {
        let (verbs, resources): (Vec<String>, Vec<String>) = (words(&rule["verbs"]), words(&rule["resources"]));
        verbs.into_iter().map(move |verb| Permission { verb, resource: resources.join("") })
    });
    permissions.collect()
}

fn rules(role: &Value) -> impl Iterator<Item = &Value> {
    role["rules"].as_array().unwrap().iter()
}

/// Removes it from the roles.
fn reduce(rendered: &mut Objects, permission: &Permission) {
    for role in rendered.0.values_mut().filter(|object| object["kind"].as_str().is_some_and(|k| k.ends_with("Role"))) {
        let rules = role["rules"].as_array_mut().unwrap();
        for rule in rules.iter_mut().filter(|rule| rule["resources"] == json!([permission.resource])) {
            rule["verbs"].as_array_mut().unwrap().retain(|verb| *verb != permission.verb);
        }
        // The API server requires at least one verb.
        rules.retain(|rule| rule["verbs"] != json!([]));
    }
}

/// All strings in a value, one per line.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(fields) => fields.values().map(texts).collect(),
        _ => String::new(),
    }
}

/// A permission is removed; the operator must then name it in `/readyz`, in its log or in the status.
async fn without(permission: &Permission, values: &str) {
    let plane = plane().await;
    let client = plane.client();
    let name = format!("no-{}-{}", permission.verb, permission.resource.replace('/', "-"));
    let namespace = fresh_namespace(&client, &name).await;
    let values = values.replace("some-namespace", &namespace).replace("some-name", &name);
    let mut rendered = Helm::Four.template(CHART, &values).unwrap();
    reduce(&mut rendered, permission);

    let kubeconfig = install(plane, &client, &rendered).await;
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let operator = Operator::start(options(plane, &emulator, kubeconfig, &rendered, "first"));
    let selection = Selection::new("whole").images(&["resnet"]).with("/collect", json!("All"));
    apply_selection(&client, &namespace, selection).await;
    let selections: Api<ModelSelection> = Api::namespaced(client, &namespace);
    await_until(&format!("it is reported that {permission:?} is missing"), DEADLINE, async || {
        let status = texts(&json!(selections.get("whole").await.unwrap().status));
        let said = format!("{:?}\n{}\n{status}", operator.get("/readyz").await, operator.logs());
        let refused = |line: &&str| ["forbidden", "may not"].iter().any(|word| line.contains(word));
        let words = [permission.verb.as_str(), permission.resource.as_str()];
        let reported = said.lines().filter(refused).any(|line| words.iter().all(|word| line.contains(word)));
        if reported { Ok(()) } else { Err(said) }
    })
    .await;
}

#[tokio::test]
async fn each_missing_right_is_reported_by_name() {
    let some = "emulator: {enabled: true}\nfullnameOverride: some-name\nclusterName: prod\nwatchNamespaces: [some-namespace]\nrbac: {userRoles: false}";
    let permissions = permissions(&Helm::Four.template(CHART, some).unwrap());
    assert!(permissions.len() > 10, "{permissions:?}");
    // A few at a time, because each is an operator and an emulator.
    let all = futures::stream::iter(&permissions).map(|permission| without(permission, some)).buffer_unordered(4);
    all.collect::<()>().await;
    // This operator never reaches the selections of the other tests.
    let kube_system = Permission { verb: "get".to_owned(), resource: "namespaces".to_owned() };
    without(&kube_system, "emulator: {enabled: true}\nfullnameOverride: some-name\nrbac: {userRoles: false}").await;
}

/// The permissions of the chart's roles are listed to the last verb: no operator would notice an additional one.
#[test]
fn the_roles_are_these() {
    let rendered = Helm::Four.template(CHART, "").unwrap();
    let rules = |object: &str| -> Vec<String> {
        let rules = rendered.0[object]["rules"].as_array().unwrap().iter();
        let text = |list: &Value| {
            let words: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            words.join(",")
        };
        rules
            .map(|rule| {
                let names = if rule["resourceNames"].is_null() {
                    String::new()
                } else {
                    format!(" {}", text(&rule["resourceNames"]))
                };
                format!("{}/{}{names}: {}", text(&rule["apiGroups"]), text(&rule["resources"]), text(&rule["verbs"]))
            })
            .collect()
    };
    assert_eq!(
        rules(&format!("ClusterRole/{RELEASE}")),
        [
            "modelselection.dev/modelselections: list,watch,patch",
            "modelselection.dev/modelselections/status: patch",
            "/configmaps: get,create,patch",
            "events.k8s.io/events: create,patch",
            "/namespaces kube-system: get",
        ]
    );
    assert_eq!(
        rules(&format!("Role/{NAMESPACE}/{RELEASE}")),
        ["coordination.k8s.io/leases: create", &format!("coordination.k8s.io/leases {RELEASE}: get,update"),]
    );
}
