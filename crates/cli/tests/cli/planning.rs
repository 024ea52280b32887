//! `plan` and `diff`: what they say of a manifest, and their exit codes.

use std::io::Write as _;
use std::process::Stdio;

use api::{RunState, RunStatus};
use serde_json::json;

use super::{Place, Said};
use samples::results::complete;
use testkit::Emulator;
use view::effect::Comparison;

/// The plugin with a manifest of the sample spec on standard input.
fn fed(place: &Place, arguments: &[&str], edit: impl FnOnce(&mut serde_json::Value)) -> Said {
    let mut manifest = samples::manifest("caltech256");
    edit(&mut manifest);
    let mut command = place.command(arguments);
    let account =
        [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")];
    let mut child = command.envs(account).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[tokio::test]
async fn a_new_manifest_creates_everything() {
    let place = Place::new("plan").await;
    let bounded = |manifest: &mut serde_json::Value| {
        manifest["spec"]["training"]["maxRuntimeSeconds"] = json!(3600);
        manifest["spec"]["prices"] = json!({"ml.p3.2xlarge": "3.825"});
    };
    for arguments in [&["plan", "-f", "-"] as &[&str], &["plan", "-f", "-", "--offline"]] {
        let said = fed(&place, arguments, bounded);
        assert_eq!((said.code, said.err.as_str()), (2, ""), "{said:?}");
        assert!(said.out.starts_with("caltech256  runs: 2 to create"), "{said:?}");
        assert!(said.out.contains("at most:  4.0 instance hours, 15.30 by spec.prices for 2 new jobs"), "{said:?}");
        assert!(said.out.contains("expected: unknown"), "{said:?}");
    }
    let invalid = fed(&place, &["plan", "-f", "-"], |manifest| manifest["spec"]["retries"] = json!(-1));
    assert!(invalid.code == 1 && invalid.err.contains("spec.retries: Invalid value: -1"), "{invalid:?}");
}

#[tokio::test]
async fn an_edit_is_reported_by_its_fields_and_what_it_runs_again() {
    let place = Place::new("diff").await;
    let mut status = complete();
    status["region"] = json!("us-west-2");
    status["runs"] = json!([]);
    place.put("caltech256", &status).await;
    let edited = fed(&place, &["diff", "-f", "-"], |manifest| {
        manifest["spec"]["training"]["hyperparameters"]["epochs"] = json!("6");
    });
    assert_eq!(edited.code, 2, "{edited:?}");
    assert!(edited.out.starts_with("spec.training.hyperparameters.epochs: \"5\" → \"6\"\n"), "{edited:?}");
}

#[tokio::test]
async fn requests_are_shown_from_a_hub_and_later_from_the_folder_that_keeps_its_models() {
    let place = Place::new("requests").await;
    let emulator = Emulator::start(&[]).await;
    let models = tempfile::tempdir().unwrap();
    let models = models.path().to_str().unwrap();
    let values = |manifest: &mut serde_json::Value| {
        manifest["spec"]["tuning"]["parameterRanges"][0]["categorical"] = json!({"values": ["0.001", "0.0002"]});
    };
    let model = |manifest: &mut serde_json::Value| {
        values(manifest);
        let id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
        manifest["spec"]["candidates"][0]["jumpStart"] = json!({"modelID": id, "version": "*"});
    };
    let shown = ["plan", "-f", "-", "--show-requests", "--models", models];
    let online = [&shown[..], &["--sagemaker-endpoint", emulator.url(), "--cluster-name", "prod"]].concat();
    let said = fed(&place, &online, model);
    assert_eq!((said.code, said.err.as_str()), (2, ""), "{said:?}");
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&document["kind"], document["items"].as_array().unwrap().len()), (&json!("RequestList"), 2));
    let request = &document["items"][0]["request"];
    assert_eq!(request["TrainingJobDefinition"]["RoleArn"], "arn:aws:iam::111122223333:role/SageMakerTraining");
    assert_eq!(emulator.calls().await["CreateHyperParameterTuningJob"], json!(null), "nothing is created");

    let calls = emulator.calls().await;
    let offline = [&shown[..], &["--offline", "--cluster-name", "prod"]].concat();
    assert_eq!(fed(&place, &offline, model).out, said.out, "from the folder");
    assert_eq!(emulator.calls().await, calls);
    let unnamed = fed(&place, &[&shown[..], &["--offline"]].concat(), model);
    assert!(unnamed.code == 1 && unnamed.err.contains("give the operator's --cluster-name"), "{unnamed:?}");
    let unknown = fed(&place, &offline, values);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("candidate 'mobilenet', dataset 'caltech256': UnknownModel: "), "{unknown:?}");
    let rest: serde_json::Value = serde_json::from_str(&unknown.out).unwrap();
    assert_eq!(rest["items"][0]["candidate"], "own", "the other request is shown");
}

#[tokio::test]
async fn what_is_in_the_cluster_already_is_no_change() {
    let place = Place::new("same").await;
    let spec = samples::spec();
    let comparison = Comparison::new(&spec, None, "us-west-2");
    let planned = comparison.plan(&[Some(Ok("4.0.2".to_owned())), None]).runs.into_iter();
    let runs: Vec<RunStatus> = planned.map(|run| RunStatus { state: RunState::Succeeded, ..run }).collect();
    place.put("caltech256", &json!({"region": "us-west-2", "runs": runs})).await;
    for verb in ["plan", "diff"] {
        let said = fed(&place, &[verb, "-f", "-"], |_| ());
        assert_eq!((said.code, said.out.as_str()), (0, "caltech256  runs: 2 to keep\n"), "{said:?}");
        let other = fed(&place, &[verb, "-f", "-"], |manifest| manifest["spec"]["rerun"] = json!("again"));
        assert!(other.code == 2 && other.out.contains("runs: 2 to run again"), "{other:?}");
    }
}
