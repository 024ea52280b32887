//! Quotas, time and the process itself.

use serde_json::json;

use super::harness::{Answers as _, CREATE, DESCRIBE, Emulator, named, on, request};

#[tokio::test]
async fn quotas_and_rates() {
    let emulator = Emulator::start(&[
        "--max-tuning-jobs",
        "3",
        "--instance-limit",
        "ml.p3.2xlarge=4",
        "--rate",
        "ListTags=0:2",
        "--unassumable-role",
        "arn:aws:iam::111122223333:role/Gone",
    ]);
    emulator.ok(CREATE, &request("a")).await;
    emulator.ok(CREATE, &request("b")).await;
    let text = "The account-level service limit 'ml.p3.2xlarge for training job usage' is 4 Instances, with current utilization of 4 \
                Instances and a request delta of 2 Instances. Please contact AWS support to request an increase for this limit.";
    let full = emulator.error(CREATE, &request("c")).await;
    assert_eq!(full, (400, json!({"__type": "ResourceLimitExceeded", "Message": text})));
    emulator.ok(CREATE, &on(request("c"), "ml.g5.xlarge")).await;
    let (_, body) = emulator.error(CREATE, &on(request("d"), "ml.g5.xlarge")).await;
    assert!(body["Message"].as_str().unwrap().contains("with current utilization of 3 Jobs"), "{body}");
    emulator.advance(1e6).await;
    emulator.ok(CREATE, &request("d")).await;

    let mut wide = request("wide");
    wide["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 11});
    assert_eq!(emulator.error(CREATE, &wide).await.1["__type"], "ResourceLimitExceeded");
    wide["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 751, "MaxParallelTrainingJobs": 1});
    assert_eq!(emulator.error(CREATE, &wide).await.1["__type"], "ResourceLimitExceeded");

    let mut gone = request("gone");
    gone["TrainingJobDefinition"]["RoleArn"] = json!("arn:aws:iam::111122223333:role/Gone");
    assert!(emulator.error(CREATE, &gone).await.1["message"].as_str().unwrap().starts_with("Could not assume role"));

    let tags = json!({"ResourceArn": emulator.arn("a")});
    emulator.ok("ListTags", &tags).await;
    emulator.ok("ListTags", &tags).await;
    assert_eq!(
        emulator.error("ListTags", &tags).await.1,
        json!({"__type": "ThrottlingException", "message": "Rate exceeded"})
    );
    assert_eq!(emulator.admin_get("calls").await["errors"]["ListTags ThrottlingException"], 1);
}

#[tokio::test]
async fn a_restarted_emulator_keeps_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let flags = ["--state", state.to_str().unwrap()];
    let emulator = Emulator::start(&flags);
    emulator.ok(CREATE, &request("kept")).await;
    emulator.advance(100.0).await;
    let before = emulator.ok(DESCRIBE, &named("kept")).await;
    assert!(emulator.terminate().success(), "a signal is a normal end");
    let again = Emulator::start(&flags);
    assert_eq!(again.ok(DESCRIBE, &named("kept")).await, before);
    again.advance(1e6).await;
    assert_eq!(again.ok(DESCRIBE, &named("kept")).await["HyperParameterTuningJobStatus"], "Completed");
}

#[tokio::test]
async fn the_clock_is_moved_by_hand_and_only_forward() {
    let emulator = Emulator::start(&[]);
    let before = emulator.admin_get("clock").await["now"].as_f64().unwrap();
    let after = emulator.admin_post("clock", &json!({"advanceSeconds": 86_400})).await.1;
    assert!((after["now"].as_f64().unwrap() - before - 86_400.0).abs() < 1e-6);
    assert_eq!(emulator.admin_post("clock", &json!({"speed": 1000})).await.1["speed"], 1000.0);
    assert_eq!(emulator.admin_post("clock", &json!({"advanceSeconds": -1})).await.0, 400);
}

#[test]
fn only_loopback_is_listened_on() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sagemaker-emulator"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a loopback address"));
    assert!(output.stdout.is_empty());
}
