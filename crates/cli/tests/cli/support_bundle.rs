//! `support-bundle` against a real API server: what is in it, and that no planted secret is.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use testkit::fresh_namespace;

use super::doctor::{cluster, pod};
use super::{Place, said};
use samples::results::complete;

/// In the manifest, in the status, in an Event, in the Deployment and in the Pod.
const SECRETS: [&str; 4] =
    ["hunter2-of-the-manifest", "wJalrXUtnFEMI/K7MDENG", "AKIAIOSFODNN7EXAMPLE", "s3cr3t-of-a-url"];

/// The files of an archive by their paths, without the folder.
fn unpacked(archive: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(archive).unwrap()));
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path.split_once('/').unwrap().1.to_owned(), text)
    });
    files.collect()
}

#[tokio::test]
async fn a_planted_secret_is_nowhere_in_the_bundle() {
    let (server, client) = cluster().await;
    let place = Place { plane: server, client: client.clone(), namespace: fresh_namespace(&client, "bundle").await };
    let [manifest_secret, aws_secret, aws_key, url_secret] = SECRETS;
    let mut manifest = samples::manifest("caltech256");
    let training = &mut manifest["spec"]["training"];
    training["environment"] = json!({"HF_TOKEN": manifest_secret, "MODE": "fast"});
    training["hyperparameters"] = json!({"epochs": "5", "wandb_api_key": manifest_secret});
    manifest["metadata"]["annotations"] = json!({
        "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"HF_TOKEN\":\"{manifest_secret}\"}}"),
        "notes": format!("data: postgres://me:{url_secret}@db/x, key {aws_key}"),
    });
    place.api().create(&PostParams::default(), &serde_json::from_value(manifest).unwrap()).await.unwrap();
    let mut status = complete();
    status["runs"][4]["message"] = json!(format!("{manifest_secret} was refused"));
    place.write_status("caltech256", &status).await;
    let event = json!({
        "metadata": {"name": "refused", "namespace": place.namespace}, "eventTime": "2026-11-24T12:00:00.000000Z",
        "reportingController": "modelselection-operator", "reportingInstance": "x", "action": "Tune", "reason": "Refused",
        "type": "Warning", "note": format!("the hub said no to {manifest_secret}"),
        "regarding": {"kind": "ModelSelection", "name": "caltech256", "namespace": place.namespace},
    });
    let events: Api<Event> = Api::namespaced(client.clone(), &place.namespace);
    events.create(&PostParams::default(), &serde_json::from_value(event).unwrap()).await.unwrap();
    let env = json!([{"name": "AWS_SECRET_ACCESS_KEY", "value": aws_secret}, {"name": "AWS_REGION", "value": "us-west-2"},
                     {"name": "NOBODY_KNOWS", "value": url_secret}]);
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "modelselection-system");
    let more = json!({"spec": {"template": {"spec": {"containers": [{"name": "operator", "env": env}]}}}});
    deployments.patch("modelselection-operator", &PatchParams::default(), &Patch::Strategic(&more)).await.unwrap();
    pod(&client, 1, &env).await;

    let folder = tempfile::tempdir().unwrap();
    let bundle = |name: &str, more: &[&str]| {
        let file = folder.path().join(name);
        let arguments = [&["support-bundle", "--offline", "-o", file.to_str().unwrap()], more].concat();
        let written = said(&mut place.command(&arguments));
        assert_eq!((written.code, written.out.trim()), (0, file.to_str().unwrap()), "{written:?}");
        unpacked(&file)
    };
    let files = bundle("one.tar.gz", &[]);
    let selection = format!("modelselections/{}/caltech256.yaml", place.namespace);
    let operator = "operator/modelselection-system/modelselection-operator";
    let expected = [
        "crd.yaml".to_owned(),
        "doctor.yaml".to_owned(),
        format!("events/{}.yaml", place.namespace),
        "events/modelselection-system.yaml".to_owned(),
        selection.clone(),
        "not-read.yaml".to_owned(),
        format!("{operator}/deployment.yaml"),
        // Empty: there is no kubelet that has logs.
        format!("{operator}/logs/operator-1-operator.log"),
        format!("{operator}/pods/operator-1.yaml"),
        "redactions.yaml".to_owned(),
        "versions.yaml".to_owned(),
    ];
    assert_eq!(files.keys().cloned().collect::<Vec<_>>(), expected);
    for (path, text) in &files {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} is in {path}:\n{text}");
        }
    }
    // What is no secret is still there, and it is told what is not.
    assert!(
        files[&selection].contains("MODE: fast")
            && files[&selection].contains("epochs: '5'") | files[&selection].contains("epochs: \"5\""),
        "{}",
        files[&selection]
    );
    assert!(files[&format!("{operator}/deployment.yaml")].contains("us-west-2"));
    for place in [
        "value of HF_TOKEN",
        "value of AWS_SECRET_ACCESS_KEY",
        "variable NOBODY_KNOWS",
        "password in a URL",
        "a copy of the whole object",
    ] {
        assert!(files["redactions.yaml"].contains(place), "{place}:\n{}", files["redactions.yaml"]);
    }
    assert!(files["not-read.yaml"].contains("lease.yaml: there is none"), "{}", files["not-read.yaml"]);
    assert!(files["doctor.yaml"].contains("check: crd"), "{}", files["doctor.yaml"]);

    assert!(files[&selection].contains("111122223333"), "accounts stay unless they are to go");
    let files = bundle("two.tar.gz", &["--redact-account-ids"]);
    assert!(files.values().all(|text| !text.contains("111122223333")));
    assert!(files[&selection].contains("arn:aws:iam::account-"), "{}", files[&selection]);
}
