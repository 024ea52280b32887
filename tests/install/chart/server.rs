//! The response of a real API server to the rendered objects.

use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{DynamicObject, Patch, PatchParams, PostParams, ValidationDirective};
use kube::core::{GroupVersionKind, TypeMeta};
use kube::discovery::{Scope, pinned_kind};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::cases::{CASES, both_modes};
use super::helm::{CHART, Helm, NAMESPACE, namespace_of_the_release};
use testkit::manifests::{apply, install_crd};
use testkit::{ControlPlane, ControlPlaneOptions, shared};

/// Kinds of the Prometheus operator, without a schema: enough for creating their objects.
const MONITORS: [(&str, &str); 3] =
    [("ServiceMonitor", "servicemonitors"), ("PodMonitor", "podmonitors"), ("PrometheusRule", "prometheusrules")];

async fn install_stub(client: &Client, kind: &str, plural: &str) {
    let stub = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.monitoring.coreos.com")},
        "spec": {
            "group": "monitoring.coreos.com", "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            }}}],
        },
    });
    let file = testkit::run_folder::run_folder().join(format!("{plural}.yaml"));
    std::fs::write(&file, stub.to_string()).unwrap();
    install_crd(client, &file).await;
}

/// Server-side apply as a dry run, in which an unknown field is an error.
async fn dry_run(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    let types: TypeMeta = serde_json::from_value(object.clone()).unwrap();
    let (resource, capabilities) = pinned_kind(client, &GroupVersionKind::try_from(&types).unwrap()).await?;
    let api: Api<DynamicObject> = match (capabilities.scope, object["metadata"]["namespace"].as_str()) {
        (Scope::Namespaced, Some(namespace)) => Api::namespaced_with(client.clone(), namespace, &resource),
        (Scope::Namespaced, None) => panic!("no namespace: {object:#}"),
        (Scope::Cluster, _) => Api::all_with(client.clone(), &resource),
    };
    let mut parameters = PatchParams::apply("chart").dry_run();
    parameters.field_validation = Some(ValidationDirective::Strict);
    api.patch(object["metadata"]["name"].as_str().unwrap(), &parameters, &Patch::Apply(object)).await
}

#[tokio::test]
async fn the_server_accepts_all_rendered_objects_and_the_pods_under_restricted_pod_security() {
    // A server of its own: other tests install the CRD with another field manager, with which our annotations would
    // conflict.
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    for (kind, plural) in MONITORS {
        install_stub(&client, kind, plural).await;
    }
    apply(&client, &namespace_of_the_release()).await.unwrap();
    for namespace in ["team-a", "team-b"] {
        apply(&client, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))
            .await
            .unwrap();
    }
    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    for (values, _) in CASES {
        for values in both_modes(values) {
            let rendered = Helm::Four.template(CHART, &values).unwrap_or_else(|error| panic!("{values}: {error}"));
            for (name, object) in &rendered.0 {
                dry_run(&client, object).await.unwrap_or_else(|error| panic!("{name} with {values}: {error}"));
            }
            // The server checks Pods, not the objects that create them.
            let template = &rendered.the("Deployment")["spec"]["template"];
            let pod = json!({
                "metadata": {"name": "of-the-deployment", "labels": template["metadata"]["labels"]},
                "spec": template["spec"],
            });
            let pod: Pod = serde_json::from_value(pod).unwrap();
            let dry = PostParams { dry_run: true, ..PostParams::default() };
            pods.create(&dry, &pod).await.unwrap_or_else(|error| panic!("{values}: {error}"));
        }
    }
    // The restriction is really enforced.
    let pod = json!({"metadata": {"name": "any"}, "spec": {"containers": [{"name": "any", "image": "any"}]}});
    let refused = pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await;
    assert!(refused.unwrap_err().to_string().contains("violates PodSecurity"));
}

#[tokio::test]
async fn editors_of_a_namespace_may_edit_its_selections() {
    let plane = shared().await;
    let client = plane.client();
    let rendered = Helm::Four.template(CHART, "fullnameOverride: users").unwrap();
    for role in rendered.of_kind("ClusterRole") {
        apply(&client, role).await.unwrap();
    }
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = testkit::fresh_namespace(&client, "users").await;
    let selection = testkit::Selection::new("mine").images(&["resnet"]).0;
    // No controller aggregates roles here, so the test does what the labels request.
    for (user, role, may_edit) in [("viewer", "users-view", false), ("editor", "users-edit", true)] {
        let roles: &[&str] = if may_edit { &["users-view", "users-edit"] } else { &[role] };
        for role in roles {
            let binding = json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": format!("{user}-{role}"), "namespace": namespace},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
            });
            apply(&client, &binding).await.unwrap();
        }
        let theirs = plane.client_for(&plane.kubeconfig_for(user, &[])).await;
        let api: Api<api::ModelSelection> = Api::namespaced(theirs.clone(), &namespace);
        testkit::await_until("may list", std::time::Duration::from_secs(10), async || {
            api.list(&kube::api::ListParams::default()).await.map(drop).map_err(|error| error.to_string())
        })
        .await;
        let mut object = selection.clone();
        object["metadata"]["namespace"] = json!(namespace);
        let created = api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await;
        assert_eq!(created.is_ok(), may_edit, "{user}: {created:?}");
        let namespaces: Api<Namespace> = Api::all(theirs);
        assert!(namespaces.list(&kube::api::ListParams::default()).await.is_err(), "{user}");
    }
}
