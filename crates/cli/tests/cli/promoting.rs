//! `promote`: what deploys the winner, on standard output and as files.

use std::path::Path;

use serde_json::{Value, json};

use super::Place;
use samples::results::complete;

/// A complete status whose recommended model can be served.
fn served() -> Value {
    let mut status = complete();
    status["region"] = json!("us-west-2");
    status["fronts"][0]["recommendation"]["hosting"] =
        json!({"image": "registry/serve:1", "environment": {"SAGEMAKER_ENV": "1"}, "instanceType": "ml.p3.2xlarge"});
    status
}

#[tokio::test]
async fn the_winner_is_written_in_each_format_and_nothing_else_is_said() {
    let place = Place::new("promote").await;
    place.put("caltech256", &served()).await;
    for (format, part) in [
        ("ack", "kind: EndpointConfig"),
        ("kustomize", "# file: kustomization.yaml"),
        ("terraform", "resource \"aws_sagemaker_model\" \"winner\""),
        ("sdk", "predictor = model.deploy("),
    ] {
        let shown = place.shows(&["promote", "caltech256", "-o", format]);
        assert!(shown.contains(part) && shown.contains("registry/serve:1"), "{shown}");
        assert!(shown.contains("mobilenet-v2-100-160-001"), "{shown}");
    }
}

/// The front has another training job of the run than its best one: only the table has it, on its second page.
#[tokio::test]
async fn a_training_job_of_a_table_is_handed_over() {
    let place = Place::new("promote-table").await;
    let mut status = served();
    status["runs"][2]["trials"] = json!({"configMap": "table", "count": 2});
    status["fronts"][0]["members"][2]["trainingJobName"] = json!("mobilenet-v2-100-160-002");
    place.put("caltech256", &status).await;
    let job = |number: u8| {
        json!({
            "trainingJobName": format!("mobilenet-v2-100-160-{number:03}"), "status": "Completed",
            "hyperparameters": {}, "metrics": {"test_accuracy": "0.8"},
            "modelArtifactS3URI": format!("s3://models/{number:03}/model.tar.gz"),
        })
    };
    place.put_table(&[&[job(1)], &[job(2)]]).await;
    let shown = place.shows(&["promote", "caltech256", "-o", "ack"]);
    assert!(shown.contains("s3://models/002/model.tar.gz"), "{shown}");
}

#[tokio::test]
async fn a_folder_for_kustomize_is_written_and_what_cannot_be_is_refused() {
    let place = Place::new("folder").await;
    place.put("caltech256", &served()).await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("winner");
    let arguments = ["promote", "-o", "kustomize", "--directory", into.to_str().unwrap()];
    let said = place.run(&arguments);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    let exists = |name: &str| Path::new(&into).join(name).exists();
    assert!(exists("kustomization.yaml") && exists("model.yaml") && exists("endpoint-config.yaml"));
    for (more, why) in [
        (["--candidate", "resnet"], "no candidate 'resnet' has a result"),
        (["--candidate", "mobilenet-v1-075-128"], "has no result: it is Failed"),
        (["--dataset", "birds"], "there is no dataset 'birds'; there is caltech256"),
    ] {
        let said = place.run(&[&["promote", "-o", "ack"] as &[&str], &more].concat());
        assert!(said.code == 1 && said.err.contains(why), "{said:?}");
    }
}
