//! `kubectl modelselection plan --show-requests` before a manifest is applied, and what SageMaker then gets.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::{World, programs};

const CREATE: &str = "CreateHyperParameterTuningJob";

/// The requests by the names of their jobs.
pub type Requests = BTreeMap<String, Value>;

/// What the plugin says of a manifest. `models` is the folder of descriptions that it keeps.
pub fn planned(world: &World<'_>, manifest: &Path, models: &Path) -> Requests {
    let mut plugin = Command::new(programs::program("kubectl-msel"));
    plugin.args(["plan", "--show-requests", "--filename"]).arg(manifest).arg("--models").arg(models);
    plugin.args(["--namespace", &world.namespace, "--sagemaker-endpoint", world.emulator.url()]);
    plugin.env("KUBECONFIG", world.plane.kubeconfig());
    for (name, value) in [
        ("AWS_REGION", "us-west-2"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        plugin.env(name, value);
    }
    let output = plugin.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{}: {told}", manifest.display());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let requests = document["items"].as_array().unwrap().iter().map(|item| item["request"].clone());
    requests.map(|request| (name_of(&request), request)).collect()
}

fn name_of(request: &Value) -> String {
    request["HyperParameterTuningJobName"].as_str().unwrap().to_owned()
}

/// What the emulator got from the operator for the selection of that name.
pub async fn sent(world: &World<'_>, selection: &str) -> Requests {
    let all = world.emulator.requests(CREATE).await;
    let is_of = |request: &&Value| {
        let tags = request["Tags"].as_array().into_iter().flatten();
        tags.into_iter().any(|tag| tag["Key"] == "modelselection.dev/name" && tag["Value"] == selection)
    };
    let requests = all.as_array().unwrap().iter().map(|entry| &entry["request"]).filter(is_of);
    requests.map(|request| (name_of(request), request.clone())).collect()
}
