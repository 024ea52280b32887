//! The overlays: they build without warnings, and are equal to the chart.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::helm::{CHART, Helm, Objects};
use super::releases::copy;
use testkit::run_folder::run_folder;

/// Overlays, and the corresponding values of the chart.
const OVERLAYS: [(&str, &str); 4] = [
    ("cluster-wide", ""),
    ("namespaced", "watchNamespaces: [team-a]\nclusterName: my-cluster"),
    (
        "production",
        "replicas: 2\nnetworkPolicy: {enabled: true}\nmonitoring: {serviceMonitor: true, rules: true, dashboard: true}",
    ),
    ("try-out", "emulator: {enabled: true}"),
];

fn overlay(name: &str) -> Objects {
    build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/overlays").join(name))
}

/// Flux substitutes everything that looks like a variable, unless that is disabled.
pub fn has_no_variables_for_flux(objects: &Objects) {
    for (name, object) in &objects.0 {
        let spared = object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/substitute"] == "disabled";
        assert!(spared || !object.to_string().contains("${"), "{name} has a variable");
    }
}

fn build(folder: &Path) -> Objects {
    let output = Command::new("kubectl").arg("kustomize").arg(folder).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{}: {said}", folder.display());
    Objects::of(&String::from_utf8(output.stdout).unwrap())
}

/// Without the labels and annotations that are specific to Helm.
fn plain(objects: Objects) -> Objects {
    let mut objects = objects.without_hooks();
    for object in objects.0.values_mut() {
        let metadata = object["metadata"].as_object_mut().unwrap();
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            for helms in ["helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"] {
                labels.remove(helms);
            }
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for keep in
                ["helm.sh/resource-policy", "argocd.argoproj.io/sync-options", "kustomize.toolkit.fluxcd.io/prune"]
            {
                annotations.remove(keep);
            }
        }
        // The order of environment variables does not matter here, because no variable refers to another.
        if let Some(environment) = object.pointer_mut("/spec/template/spec/containers/0/env") {
            environment.as_array_mut().unwrap().sort_by_key(|variable| variable["name"].to_string());
        }
    }
    objects
}

#[test]
fn overlays_equal_the_chart() {
    for (name, values) in OVERLAYS {
        let mut built = overlay(name);
        has_no_variables_for_flux(&built);
        // Helm has `--create-namespace` instead.
        assert!(built.0.remove("Namespace/modelselection-system").is_some(), "{name}");
        let (built, rendered) = (plain(built), plain(Helm::Four.template(CHART, values).unwrap()));
        assert_eq!(built.0.keys().collect::<Vec<_>>(), rendered.0.keys().collect::<Vec<_>>(), "{name}");
        for (key, object) in &built.0 {
            assert_eq!(object, &rendered.0[key], "{key} of {name}, and then of the chart");
        }
    }
}

#[test]
fn a_copy_of_the_folder_is_enough() {
    let copied = run_folder().join("copied-deploy");
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy")), &copied);
    for (name, _) in OVERLAYS {
        assert_eq!(build(&copied.join("overlays").join(name)), overlay(name), "{name}");
    }
}

#[test]
fn an_overlay_can_have_another_namespace() {
    let folder = run_folder().join("overlay");
    std::fs::create_dir_all(&folder).unwrap();
    // Kustomize accepts only relative folders.
    let up = "../".repeat(folder.components().count() - 1);
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/overlays/cluster-wide").trim_start_matches('/');
    let text = format!("kind: Kustomization\nnamespace: elsewhere\nresources: [{up}{base}]\n");
    std::fs::write(folder.join("kustomization.yaml"), text).unwrap();
    let built = build(&folder);
    assert_eq!(built.the("Deployment")["metadata"]["namespace"], "elsewhere");
    assert_eq!(built.the("Namespace")["metadata"]["name"], "elsewhere");
    for binding in built.of_kind("ClusterRoleBinding").chain(built.of_kind("RoleBinding")) {
        assert_eq!(binding["subjects"][0]["namespace"], "elsewhere", "{binding:#}");
    }
}

#[test]
fn the_permissions_for_running_outside_of_a_cluster_are_the_same() {
    let overlay = overlay("cluster-wide");
    let alone = Objects::of(include_str!("../../../deploy/rbac.yaml"));
    let names: Vec<&String> = alone.0.keys().collect();
    let expected = [
        "ClusterRole/modelselection-operator",
        "ClusterRoleBinding/modelselection-operator",
        "Role/modelselection-system/modelselection-operator",
        "RoleBinding/modelselection-system/modelselection-operator",
        "ServiceAccount/modelselection-system/modelselection-operator",
    ];
    assert_eq!(names, expected);
    for (name, object) in &alone.0 {
        for field in ["rules", "roleRef", "subjects"] {
            assert_eq!(object[field], overlay.0[name][field], "{field} of {name}");
        }
    }
}
