//! The plugin as kubectl finds it, completes it, and hands it the way to the cluster.

use std::path::Path;
use std::process::Command;

use super::{PLUGIN, Place, said};
use samples::results::{complete, running};

/// kubectl with a folder that has the plugin, under the names that kubectl looks for.
fn kubectl(place: &Place, folder: &Path, arguments: &[&str]) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("kubectl");
    command.args(arguments).env("KUBECONFIG", place.plane.kubeconfig()).env("LANG", "C.UTF-8");
    command.env("PATH", format!("{}:{path}", folder.display()));
    command
}

#[tokio::test]
async fn kubectl_runs_it_and_completes_it() {
    let place = Place::new("kubectl").await;
    place.put("caltech256", &complete()).await;
    place.put("flowers", &running()).await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["kubectl-msel", "kubectl-modelselection", "kubectl_complete-msel"] {
        std::os::unix::fs::symlink(PLUGIN, folder.path().join(name)).unwrap();
    }
    for name in ["msel", "modelselection"] {
        let shown = said(&mut kubectl(&place, folder.path(), &[name, "get", "-n", &place.namespace]));
        assert!(shown.code == 0 && shown.out.contains("caltech256"), "{shown:?}");
    }
    for (words, found) in [
        (&["msel", "st"] as &[&str], "status\t"),
        (&["msel", "status", "-n", &place.namespace, "cal"], "caltech256\t5/5"),
        (&["msel", "pareto", "caltech256", "-n", &place.namespace, "--dataset", ""], "caltech256"),
        (
            &["msel", "promote", "caltech256", "-n", &place.namespace, "--candidate", "mob"],
            "mobilenet-v2-100-160\ton the front",
        ),
    ] {
        let words: Vec<&str> = [&["__complete"], words].concat();
        let completed = said(&mut kubectl(&place, folder.path(), &words));
        assert!(completed.code == 0 && completed.out.contains(found), "{words:?}: {completed:?}");
        assert!(completed.out.contains("\n:4\n"), "no files: {completed:?}");
    }
}

#[tokio::test]
async fn it_goes_where_the_flags_of_kubectl_say() {
    let place = Place::new("flags").await;
    place.put("caltech256", &complete()).await;
    let denied = place.run(&["get", "--as", "nobody"]);
    assert!(denied.code == 1 && denied.err.contains("User \"nobody\" cannot list"), "{denied:?}");
    let context = place.run(&["get", "--context", "elsewhere"]);
    assert!(context.code == 1 && context.err.contains("elsewhere"), "{context:?}");
    let all = said(Command::new(PLUGIN).args(["get", "-A", "-o", "name"]).env("KUBECONFIG", place.plane.kubeconfig()));
    assert!(all.out.contains("/caltech256\n"), "{all:?}");
    let file = place.plane.kubeconfig();
    let explicit = said(place.command(&["get", "--kubeconfig", file.to_str().unwrap()]).env("KUBECONFIG", "/nowhere"));
    assert!(explicit.code == 0 && explicit.out.contains("caltech256"), "{explicit:?}");
    let version = place.shows(&["version"]);
    assert!(
        version.contains("kubernetes: v1.") && version.contains("modelselections.modelselection.dev: v1alpha1"),
        "{version}"
    );
    assert_eq!(place.shows(&["version", "--client"]).lines().count(), 1);
}

#[tokio::test]
async fn credentials_may_come_from_a_program() {
    let place = Place::new("exec").await;
    place.put("caltech256", &complete()).await;
    let config: serde_json::Value =
        serde_saphyr::from_str(&std::fs::read_to_string(place.plane.kubeconfig()).unwrap()).unwrap();
    let user = config["users"][0]["user"].clone();
    let decoded = |field: &str| {
        use std::io::Write as _;
        let mut base64 = Command::new("base64")
            .arg("-d")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        base64.stdin.take().unwrap().write_all(user[field].as_str().unwrap_or_default().as_bytes()).unwrap();
        String::from_utf8(base64.wait_with_output().unwrap().stdout).unwrap()
    };
    let credential = serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": decoded("client-certificate-data"), "clientKeyData": decoded("client-key-data"),
                   "token": user["token"]},
    });
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("credential.json");
    std::fs::write(&answer, credential.to_string()).unwrap();
    let mut config = config;
    config["users"][0]["user"] = serde_json::json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "args": [answer], "interactiveMode": "Never"}});
    let file = folder.path().join("kubeconfig");
    std::fs::write(&file, config.to_string()).unwrap();
    assert!(place.shows(&["get", "--kubeconfig", file.to_str().unwrap()]).contains("caltech256"));
}
