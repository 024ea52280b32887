//! The objects in the guides are valid, and the files that they refer to exist.

use std::path::Path;

use serde_json::Value;

use crate::argocd_programs::{self, may};
use crate::flux_programs;
use crate::parts::{all_of_guide, command, install_crds_of, make_namespace, of_guide, plane};
use testkit::run_folder::run_folder;
use testkit::{kubectl, tool};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PAGES: [&str; 2] = [flux_programs::GUIDE, argocd_programs::GUIDE];

/// Each `path` and `chart` in this repository that the guides use, with the version.
fn paths_in_this_repository() -> Vec<String> {
    let mut paths = Vec::new();
    for object in PAGES.into_iter().flat_map(all_of_guide) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let ours = |pointer: &str| text(pointer).is_some_and(|source| source.ends_with("modelselection-operator"));
        let path = match object["kind"].as_str().unwrap() {
            "Kustomization" if ours("/spec/sourceRef/name") => text("/spec/path"),
            "HelmRelease" => text("/spec/chart/spec/chart"),
            "Application" if ours("/spec/source/repoURL") => text("/spec/source/path"),
            _ => continue,
        };
        paths.push(path.unwrap().to_owned());
    }
    paths
}

#[test]
fn files_that_the_guides_refer_to_exist() {
    let paths = paths_in_this_repository();
    assert_eq!(paths.len(), 4, "{paths:?}");
    for path in paths {
        let folder = Path::new(ROOT).join(&path);
        if path.contains("charts/") {
            assert!(folder.join("Chart.yaml").exists(), "{path}");
        } else {
            let built = command(&folder, "kubectl", &["kustomize"]);
            assert!(built.contains("kind: CustomResourceDefinition"), "{path}");
        }
    }
    // There is no release yet: the guides use an existing branch, and an image that the reader has built.
    let image = "registry.example.com";
    for page in PAGES {
        let branches = page.matches("  ref: {branch: main}\n").count() + page.matches("targetRevision: main\n").count();
        assert_eq!(branches, 2, "the guides take the branch main");
        assert!(!page.contains("tag: v") && !page.contains("Revision: v"), "the guides take a tag that does not exist");
        let version = env!("CARGO_PKG_VERSION");
        let chart = format!("image: {{registry: {image}, repository: modelselection-operator, tag: {version}}}");
        assert!(page.contains(&chart), "the chart takes {chart}");
        let overlays = [format!("newTag: {version}"), format!("={image}/modelselection-operator:{version}")];
        assert!(overlays.iter().any(|overlay| page.contains(overlay)), "the overlay takes {overlays:?}");
        assert!(page.contains("../install.md#1-build-the-image"));
    }
}

/// Argo CD's own command, with the policy of the guide.
#[test]
#[ignore = "builds Argo CD: make test-gitops"]
fn actions_are_allowed_for_the_roles_of_the_guide() {
    let settings = of_guide(argocd_programs::GUIDE, "ConfigMap", "argocd-rbac-cm");
    let policy = run_folder().join("policy.csv");
    std::fs::write(&policy, settings["data"]["policy.csv"].as_str().unwrap()).unwrap();
    let action = |name: &str| format!("action/modelselection.dev/ModelSelection/{name}");
    for (role, name, expected) in [
        ("role:pausers", "suspend", true),
        ("role:pausers", "resume", true),
        ("role:pausers", "rerun", false),
        ("role:runners", "rerun", true),
        ("role:runners", "suspend", true),
        ("role:others", "suspend", false),
    ] {
        assert_eq!(may(&policy, role, &action(name), "default/selections"), expected, "{role} {name}");
    }
    assert!(!may(&policy, "role:runners", "sync", "default/selections"));
    assert!(!may(&policy, "role:runners", &action("rerun"), "other/selections"));
}

/// No field is misspelt, and no value violates its kind's schema.
#[tokio::test]
#[ignore = "builds Flux and Argo CD: make test-gitops"]
async fn the_server_accepts_every_object_unchanged() {
    let plane = &plane(&[]).await;
    let client = plane.client();
    for program in ["kustomize-controller", "flux-kinds", "argo-cd"] {
        install_crds_of(&client, &tool(program)).await;
    }
    for namespace in [flux_programs::SYSTEM, argocd_programs::SYSTEM] {
        make_namespace(&client, namespace).await;
    }
    for page in PAGES {
        for object in all_of_guide(page) {
            let arguments = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
            let (code, said) = kubectl(plane, &arguments, &object.to_string());
            assert_eq!(code, 0, "{said}\n{object:#}");
        }
    }
}
