//! The example in README.md is correct, and the commands of docs/how-to/read-results.md can read its results.
#![allow(clippy::unwrap_used)] // a test may panic

use std::process::Command;
use std::time::Duration;

use api::ModelSelection;
use kube::Api;
use testkit::{Emulator, Operator, OperatorOptions, apply_yaml, await_object, fresh_namespace, install_crd, shared};

const README: &str = include_str!("../../README.md");
const RESULTS: &str = include_str!("../../docs/how-to/read-results.md");

/// The first fenced block that begins with `beginning`.
fn block<'a>(fence: &str, beginning: &str) -> &'a str {
    let start = README.find(&format!("```{fence}\n{beginning}")).unwrap_or_else(|| panic!("no block with {beginning}"));
    let block = &README[start + 4 + fence.len()..];
    &block[..block.find("```").unwrap()]
}

#[tokio::test]
async fn the_sample_manifest_gives_the_sample_status() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "readme").await;
    let emulator = Emulator::start(&["--speed", "20000"]).await;
    let mut operator = Operator::start(OperatorOptions::new(plane, &emulator, &namespace));
    operator.await_ready(Duration::from_secs(30)).await;

    let manifest = block("yaml", "apiVersion: modelselection.dev/v1alpha1");
    apply_yaml(&client, &manifest.replace("namespace: default", &format!("namespace: {namespace}"))).await.unwrap();
    let api: Api<ModelSelection> = Api::namespaced(client, &namespace);
    let done = await_object(&api, "flowers", "complete", Duration::from_secs(60), |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;

    let sample = block("", "$ kubectl get msel flowers");
    let kubectl = |arguments: &[&str]| {
        let output = Command::new("kubectl")
            .args(arguments)
            .args(["-n", &namespace])
            .env("KUBECONFIG", plane.kubeconfig())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = kubectl(&["get", "msel", "flowers"]);
    // The age differs.
    for line in shown.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let expected = sample.lines().any(|sample| {
            let sample: Vec<&str> = sample.split_whitespace().collect();
            sample.len() == words.len() && sample[..words.len() - 1] == words[..words.len() - 1]
        });
        assert!(expected, "README.md does not show: {line}");
    }
    let fronts = serde_json::to_value(&done.status.unwrap().fronts).unwrap();
    let shown = &sample[sample.find('[').unwrap()..=sample.rfind(']').unwrap()];
    assert_eq!(serde_json::from_str::<serde_json::Value>(shown).unwrap(), fronts);

    // The commands on the page read this selection, in a folder of their own.
    let folder = tempfile::tempdir().unwrap();
    let commands: String = RESULTS.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(commands.matches("kubectl ").count() > 8);
    let script = format!("kubectl() {{ command kubectl --namespace {namespace} \"$@\"; }}\n{commands}cat flowers.csv");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script]).current_dir(&folder).env("KUBECONFIG", plane.kubeconfig());
    let output = bash.output().unwrap();
    let [shown, said] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success() && said.is_empty(), "{said}\n{script}");
    for part in [
        "flowers\town-resnet\n",
        "flowers,own-resnet,test_accuracy,0.8380146,test_throughput,2.5\n",
        "\nmobilenet,flowers,val_accuracy,",
        "\ts3://my-bucket/selections/ms-",
        "\nms-flowers-mobilen",
        "condition met",
    ] {
        assert!(shown.contains(part), "docs/how-to/read-results.md does not show {part:?}:\n{shown}");
    }
}
