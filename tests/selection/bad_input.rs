//! What people get wrong, and what they are told: which field, which value, what to do. Once, and without a storm of
//! calls; the other runs go on, and an edit that cures it lets the selection complete.
#![allow(clippy::unwrap_used)] // a test may panic

use api::{ExclusionReason, ModelSelectionStatus, Reason, RunState};
use serde_json::json;
use testkit::await_until;
use testkit::trouble::{LATER, Manifest, SOON, Scene, condition, number, run, says};

const CREATE: &str = "CreateHyperParameterTuningJob";
const HUB: &str = "DescribeHubContent";
const LIST: &str = "ListHyperParameterTuningJobs";
const MODEL: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const FAST: &[&str] = &["--speed", "300"];

/// A spec that a JumpStart model takes, too.
const FOR_JUMPSTART: &str = "training:
  instanceType: ml.p3.2xlarge
  hyperparameters: {epochs: \"2\"}
  metricDefinitions:
  - {name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}
  outputS3URI: s3://bucket/selections/";

fn jumpstart(id: &str, version: &str) -> String {
    format!("- {{name: js, jumpStart: {{modelID: {id}, version: \"{version}\"}}}}")
}

/// Checks all that is to be said of a selection that a person must help, while its other runs go on and succeed.
async fn stalled(scene: &Scene, name: &str, reason: Reason, good: usize, texts: &[&str]) {
    let status = scene.condition(name, "Stalled", reason).await;
    for (kind, expected) in [
        ("Stalled", ("True", reason.as_str())),
        ("Ready", ("False", reason.as_str())),
        ("Succeeded", ("Unknown", reason.as_str())),
        ("Reconciling", ("", "")),
    ] {
        assert_eq!(says(&status, kind), expected, "{kind}: {status:#?}");
    }
    let message = &condition(&status, "Ready").expect("checked above").message;
    for text in texts {
        assert!(message.contains(text), "{text} is not in: {message}");
    }
    let status = scene
        .status(name, "the other runs have succeeded", SOON, |status| number(status, RunState::Succeeded) == good)
        .await;
    assert_eq!(says(&status, "Stalled"), ("True", reason.as_str()), "{status:#?}");
    assert_eq!(number(&status, RunState::Failed), 0);
    scene.told_once(name, reason.as_str()).await;
}

async fn cured(scene: &Scene, manifest: &Manifest, runs: usize) {
    scene.apply(manifest).await;
    let status = scene.completed(&manifest.name, LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), runs, "{status:#?}");
    assert_eq!(says(&status, "Ready"), ("True", "Completed"));
    assert_eq!(says(&status, "Stalled"), ("", ""));
}

/// Runs a check over both sources of models at the same time: with its name, and the operation that reads a model.
async fn over_both(check: impl AsyncFn(&'static str, &'static str)) {
    futures::join!(Box::pin(check("hub", HUB)), Box::pin(check("s3", "s3:GetObject")));
}

async fn scene_of(purpose: &str, source: &str) -> Scene {
    Scene::start(&format!("{purpose}-{source}"), FAST, &[("MODELSELECTION_CATALOG_SOURCE", source)]).await
}

/// What often passes by itself needs a person from the first refusal on.
const AT_ONCE: [(&str, &str); 1] = [("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "0")];

#[tokio::test]
async fn a_model_that_does_not_exist() {
    over_both(async |source, read| {
        let scene = scene_of("unknown-model", source).await;
        let wrong = jumpstart("tensorflow-ic-mobilnet", "*");
        scene.apply(&Manifest::new("sel", &["a", "b"]).candidate(&wrong)).await;
        let texts = [
            "'js'",
            "`jumpStart.modelID`",
            "'tensorflow-ic-mobilnet'",
            "did you mean 'tensorflow-ic-imagenet-mobilenet-v2-",
        ];
        stalled(&scene, "sel", Reason::UnknownModel, 2, &texts).await;
        assert!(scene.calls(read).await <= if source == "hub" { 1 } else { 2 });
        cured(&scene, &Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "*")), 3).await;
        assert_eq!(scene.jobs_created().await, 3, "the edit touches only the run that it concerns");
    })
    .await;
}

#[tokio::test]
async fn a_version_that_does_not_exist() {
    for (purpose, version) in [("unknown-version", "9.9.9"), ("unknown-prefix", "9.*")] {
        over_both(async |source, read| {
            let scene = scene_of(purpose, source).await;
            scene.apply(&Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, version))).await;
            let value = format!("'{version}'");
            let texts = ["`jumpStart.version`", &value, MODEL, "4.0.17"];
            stalled(&scene, "sel", Reason::UnknownVersion, 2, &texts).await;
            assert!(scene.calls(read).await + scene.calls("ListHubContentVersions").await <= 2);
            cured(&scene, &Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "4.*")), 3).await;
            assert_eq!(scene.jobs_created().await, 3);
        })
        .await;
    }
}

#[tokio::test]
async fn an_instance_type_that_the_model_has_no_image_for() {
    let scene = Scene::start("instance-type", FAST, &[]).await;
    let with = |instance: &str| {
        let training = FOR_JUMPSTART.replace("ml.p3.2xlarge", instance);
        Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "*")).more(&training)
    };
    scene.apply(&with("ml.trn1.2xlarge")).await;
    let texts = ["`training.instanceType`", "'ml.trn1.2xlarge'", MODEL, "it supports ml.p3.2xlarge"];
    stalled(&scene, "sel", Reason::UnsupportedInstanceType, 2, &texts).await;
    assert!(scene.calls(HUB).await <= 2);
    cured(&scene, &with("ml.g5.xlarge"), 3).await;
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_yet() {
    let scene = Scene::start("role", FAST, &AT_ONCE).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "RoleNotAssumable"})).await;
    scene.apply(&Manifest::new("sel", &["a", "b", "c", "d", "e", "f"])).await;
    let role = "arn:aws:iam::111122223333:role/SageMakerTraining";
    let texts = ["Could not assume role", role, "`executionRoleARN`", "sagemaker.amazonaws.com"];
    stalled(&scene, "sel", Reason::RoleNotAssumable, 0, &texts).await;
    // The role would meet every run alike, so not each of them tries.
    let tries = scene.calls(CREATE).await;
    println!("role: {tries} creates for 6 runs");
    assert!(tries <= 4, "{tries} creates");
    // The second try finds it as it was: that is no news.
    await_until("it was tried again", LATER, async || scene.calls(CREATE).await > tries).await;
    let status = scene.condition("sel", "Stalled", Reason::RoleNotAssumable).await;
    let since = condition(&status, "Stalled").unwrap().last_transition_time.clone();
    scene.told_once("sel", "RoleNotAssumable").await;
    assert!(scene.calls(CREATE).await <= tries + 4);
    scene.emulator.clear_faults().await;
    // Without an edit.
    let status = scene.completed("sel", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 6, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(scene.jobs_created().await, 6);
    let generation = scene.selections.get("sel").await.unwrap().metadata.generation;
    assert_eq!(generation, Some(1));
    assert!(since.0 < condition(&status, "Ready").unwrap().last_transition_time.0);
}

#[tokio::test]
async fn creating_jobs_is_denied() {
    let scene = Scene::start("deny-create", FAST, &[]).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "AccessDenied"})).await;
    scene.apply(&Manifest::new("sel", &["a", "b", "c", "d", "e", "f"])).await;
    let texts =
        ["AccessDeniedException", "sagemaker:CreateHyperParameterTuningJob", "allow the action in the IAM policy"];
    stalled(&scene, "sel", Reason::AccessDenied, 0, &texts).await;
    assert!(scene.calls(CREATE).await <= 4, "{} creates", scene.calls(CREATE).await);
    scene.emulator.clear_faults().await;
    cured(&scene, &Manifest::new("sel", &["a", "b", "c", "d", "e", "f"]).more("maxConcurrentTuningJobs: 6"), 6).await;
}

#[tokio::test]
async fn listing_jobs_is_denied() {
    let scene = Scene::start("deny-list", &["--speed", "0"], &[]).await;
    scene.emulator.fault(json!({"operation": LIST, "kind": "AccessDenied"})).await;
    scene.apply(&Manifest::new("sel", &["a", "b"])).await;
    let status = scene.condition("sel", "Stalled", Reason::AccessDenied).await;
    assert_eq!(says(&status, "Ready"), ("False", "AccessDenied"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("sagemaker:ListHyperParameterTuningJobs") && message.contains("IAM policy"), "{message}");
    assert_eq!(number(&status, RunState::Running), 2, "{status:#?}");
    let sweeps = scene.calls(LIST).await;
    await_until("two more sweeps", SOON, async || scene.calls(LIST).await >= sweeps + 2).await;
    scene.told_once("sel", "AccessDenied").await;
    scene.emulator.clear_faults().await;
    scene.condition("sel", "Ready", Reason::TuningRunning).await;
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("sel", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 2);
}

/// Seconds between the calls of an operation, by the emulator's log, up to the first that is let through.
async fn gaps(scene: &Scene, operation: &str) -> Vec<f64> {
    let calls = scene.emulator.requests(operation).await;
    let calls = calls.as_array().unwrap();
    let refused = calls.iter().take_while(|call| !call["error"].is_null()).count();
    let times: Vec<f64> = calls.iter().take(refused + 1).map(|call| call["realMillis"].as_f64().unwrap()).collect();
    times.windows(2).map(|pair| (pair[1] - pair[0]) / 1000.0).collect()
}

/// Only what needs a description of a model waits for it, asks ever more seldom, and goes on without an edit once it may.
#[tokio::test]
async fn reading_models_is_denied() {
    over_both(async |source, read| {
        let scene = scene_of("deny-models", source).await;
        scene.emulator.fault(json!({"operation": read, "kind": "AccessDenied", "count": 2})).await;
        scene.apply(&Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "*"))).await;
        stalled(&scene, "sel", Reason::AccessDenied, 2, &["'js'", read, "IAM policy"]).await;
        assert_eq!(scene.calls(read).await, 1, "the others have ended before it was tried again");
        recovered(&scene).await;
        let gaps = gaps(&scene, read).await;
        println!("{source} denied: {gaps:?}");
        // 15 s and 30 s, each a fifth longer or shorter.
        assert!(gaps.len() == 2 && gaps[0] >= 12.0 && gaps[1] > gaps[0] * 1.2, "{gaps:?}");
        scene.told_once("sel", "AccessDenied").await;
    })
    .await;
}

#[tokio::test]
async fn what_describes_models_is_away() {
    over_both(async |source, read| {
        let scene = scene_of("models-away", source).await;
        scene.emulator.fault(json!({"operation": read, "kind": "InternalFailure", "count": 3})).await;
        scene.apply(&Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "*"))).await;
        let status = scene.condition("sel", "Reconciling", Reason::RetryingAfterError).await;
        assert_eq!(says(&status, "Stalled"), ("", ""), "{status:#?}");
        let message = &condition(&status, "Ready").unwrap().message;
        assert!(message.contains(read) && message.contains("trying again"), "{message}");
        let others = |status: &ModelSelectionStatus| number(status, RunState::Succeeded) == 2;
        scene.status("sel", "the other runs have succeeded", SOON, others).await;
        recovered(&scene).await;
        let gaps = gaps(&scene, read).await;
        println!("{source} away: {gaps:?}");
        assert!(gaps.len() == 3 && gaps[2] > gaps[0], "{gaps:?}");
    })
    .await;
}

/// All three runs succeed, without an edit.
async fn recovered(scene: &Scene) {
    let status = scene.completed("sel", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 3, "{status:#?}");
    assert_eq!((says(&status, "Ready"), says(&status, "Stalled")), (("True", "Completed"), ("", "")));
    assert_eq!(scene.selections.get("sel").await.unwrap().metadata.generation, Some(1));
    assert_eq!(scene.jobs_created().await, 3);
}

#[tokio::test]
async fn an_objective_that_one_candidate_does_not_emit() {
    let scene = Scene::start("metric-missing", FAST, &[]).await;
    let manifest = |regex: &str| {
        let quiet = format!(
            "- name: quiet\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/quiet:1\"}}\n  metricDefinitions:\n  - {{name: throughput, regex: \"{regex}\"}}"
        );
        Manifest::new("sel", &["a", "b"]).candidate(&quiet).more(
            "objectives:
- {metric: accuracy, goal: Maximize}
- {metric: throughput, goal: Maximize}
training:
  instanceType: ml.p3.2xlarge
  hyperparameters: {epochs: \"2\"}
  metricDefinitions:
  - {name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}
  - {name: throughput, regex: \"- Average test throughput: ([0-9.]+)\"}
  outputS3URI: s3://bucket/selections/",
        )
    };
    scene.apply(&manifest("- No such line: ([0-9.]+)")).await;
    let status = scene.completed("sel", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 3, "{status:#?}");
    assert_eq!(says(&status, "Ready"), ("True", "Completed"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("quiet") && message.contains("`status.fronts[].excluded`"), "{message}");
    let [excluded] = status.fronts[0].excluded.as_slice() else { panic!("{status:#?}") };
    assert_eq!((excluded.candidate.as_str(), excluded.reason), ("quiet", ExclusionReason::MetricMissing));
    assert!(excluded.message.contains("'throughput'"), "{}", excluded.message);
    assert!(excluded.message.contains("regex"), "the remedy: {}", excluded.message);
    scene.told_once("sel", "MetricMissing").await;
    cured(&scene, &manifest("- Average test throughput: ([0-9.]+)"), 3).await;
    let status = scene.completed("sel", SOON).await;
    assert!(status.fronts[0].excluded.is_empty(), "{status:#?}");
    assert_eq!(scene.jobs_created().await, 4);
}

#[tokio::test]
async fn an_objective_that_nobody_emits() {
    let scene = Scene::start("metric-nowhere", FAST, &[]).await;
    let manifest = |regex: &str| {
        Manifest::new("sel", &["a"]).more(&format!(
            "objectives:
- {{metric: throughput, goal: Maximize}}
training:
  instanceType: ml.p3.2xlarge
  hyperparameters: {{epochs: \"2\"}}
  metricDefinitions:
  - {{name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}}
  - {{name: throughput, regex: \"{regex}\"}}
  outputS3URI: s3://bucket/selections/"
        ))
    };
    scene.apply(&manifest("- No such line: ([0-9.]+)")).await;
    let status = scene.completed("sel", SOON).await;
    assert_eq!(says(&status, "Ready"), ("False", "MetricMissing"), "{status:#?}");
    assert_eq!(says(&status, "Stalled"), ("True", "MetricMissing"));
    assert_eq!(says(&status, "Succeeded"), ("False", "MetricMissing"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("'throughput'") && message.contains("'birds'") && message.contains("'a'"), "{message}");
    scene.told_once("sel", "MetricMissing").await;
    cured(&scene, &manifest("- Average test throughput: ([0-9.]+)"), 1).await;
}

#[tokio::test]
async fn a_tuning_objective_that_no_training_job_emits() {
    let scene = Scene::start("objective-regex", FAST, &[]).await;
    let manifest = |regex: &str| {
        let quiet = format!(
            "- name: quiet\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/quiet:1\"}}\n  metricDefinitions:\n  - {{name: accuracy, regex: \"{regex}\"}}"
        );
        Manifest::new("sel", &["a", "b"]).candidate(&quiet)
    };
    scene.apply(&manifest("- no_such_accuracy: ([0-9.]+)")).await;
    let status = scene.completed("sel", SOON).await;
    let quiet = run(&status, "quiet");
    assert_eq!((quiet.state, quiet.reason), (RunState::Failed, Some(Reason::ObjectiveNotEmitted)), "{status:#?}");
    let message = quiet.message.as_deref().unwrap();
    assert!(message.contains("`tuning.objective.metric`") && message.contains("check its regex"), "{message}");
    assert_eq!(number(&status, RunState::Succeeded), 2);
    assert_eq!(says(&status, "Succeeded"), ("True", "Completed"));
    assert!(condition(&status, "Ready").unwrap().message.contains("1 failed"));
    scene.told_once("sel", "ObjectiveNotEmitted").await;
    cured(&scene, &manifest("- val_accuracy: ([0-9.]+)"), 3).await;
    assert_eq!(scene.jobs_created().await, 4);
}

#[tokio::test]
async fn a_range_over_a_hyperparameter_that_the_model_does_not_have() {
    let scene = Scene::start("hyperparameter", FAST, &[]).await;
    let manifest = |name: &str| {
        Manifest::new("sel", &["a", "b"]).candidate(&jumpstart(MODEL, "*")).more(&format!(
            "tuning:
  objective: {{metric: accuracy, goal: Maximize}}
  maxTrainingJobs: 1
  parameterRanges:
  - {{name: {name}, continuous: {{min: \"0.0001\", max: \"0.1\"}}}}"
        ))
    };
    scene.apply(&manifest("learning_rat")).await;
    let texts = ["'js'", "`tuning.parameterRanges`", "'learning_rat'", "did you mean 'learning_rate'?"];
    stalled(&scene, "sel", Reason::UnknownHyperparameter, 2, &texts).await;
    assert!(scene.calls(HUB).await <= 2);
    cured(&scene, &manifest("learning_rate"), 3).await;
}

#[tokio::test]
async fn an_objective_without_a_metric_definition() {
    let scene = Scene::start("unknown-metric", FAST, &[]).await;
    let own = |name: &str| {
        format!(
            "- name: {name}\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/{name}:1\"}}\n  metricDefinitions:\n  - {{name: top5, regex: \"- Test top_5_accuracy: ([0-9.]+)\"}}"
        )
    };
    let manifest = |objective: &str| {
        Manifest::new("sel", &[]).candidate(&own("a")).candidate(&own("b")).candidate(&jumpstart(MODEL, "*")).more(
            &format!("objectives:\n- {{metric: accuracy, goal: Maximize}}\n- {{metric: {objective}, goal: Maximize}}"),
        )
    };
    scene.apply(&manifest("top5")).await;
    let texts = ["'js'", "`objectives`", "'top5'", "`training.metricDefinitions`", "accuracy"];
    stalled(&scene, "sel", Reason::UnknownMetric, 2, &texts).await;
    assert!(scene.calls(HUB).await <= 2);
    let cure = Manifest::new("sel", &[]).candidate(&own("a")).candidate(&own("b")).candidate(&jumpstart(MODEL, "*"));
    cured(&scene, &cure, 3).await;
    assert_eq!(scene.jobs_created().await, 3, "other objectives make no job");
}

#[tokio::test]
async fn data_that_is_not_there() {
    let scene = Scene::start("data", FAST, &AT_ONCE).await;
    let missing = json!({"operation": CREATE, "kind": "NoS3Objects", "nameContains": "s3://bucket/fsh/"});
    scene.emulator.fault(missing).await;
    let with = |dataset: &str| {
        let mut manifest = Manifest::new("sel", &["a", "b"]);
        manifest.datasets.push(dataset.to_owned());
        manifest
    };
    scene.apply(&with("fsh")).await;
    let texts = ["'fsh'", "No S3 objects found", "s3://bucket/fsh/train/", "`s3URI`"];
    stalled(&scene, "sel", Reason::DataNotFound, 2, &texts).await;
    assert_eq!(scene.errors(&format!("{CREATE} ValidationException")).await, 2, "one try for each of the two runs");
    cured(&scene, &with("fish"), 4).await;
    assert_eq!(scene.jobs_created().await, 4);
}

/// Of a selector's models, one that SageMaker refuses to describe is left out, and one that it fails to describe is named.
#[tokio::test]
async fn one_model_that_cannot_be_described() {
    let scene = Scene::start("one-model", FAST, &[]).await;
    let manifest = |name: &str| {
        Manifest::new(name, &["own"]).more(&format!(
            "candidateSelectors:
- jumpStart: {{framework: pytorch, include: [\"*resnet18*\", \"*resnet50\"]}}
tuning:
  objective: {{metric: accuracy, goal: Maximize}}
  maxTrainingJobs: 1
  parameterRanges:
  - {{name: epochs, integer: {{min: \"1\", max: \"3\"}}}}
{}",
            FOR_JUMPSTART.replace("epochs: \"2\"", "")
        ))
    };
    let fault = |kind: &str, model: &str| json!({"operation": HUB, "kind": kind, "nameContains": model});
    scene.emulator.fault(fault("InternalFailure", "pytorch-ic-resnet18")).await;
    scene.apply(&manifest("fails")).await;
    let status = scene.condition("fails", "Ready", Reason::RetryingAfterError).await;
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("'pytorch-ic-resnet18'") && message.contains("add it to `exclude`"), "{message}");
    scene.emulator.clear_faults().await;
    scene.emulator.fault(fault("AccessDenied", "pytorch-ic-resnet18")).await;
    scene.apply(&manifest("refused")).await;
    let status = scene.completed("refused", LATER).await;
    let told = status.expansions[0].message.as_deref().unwrap();
    assert!(told.contains("left out since they cannot be described, which SageMaker refuses: 1"), "{told}");
    assert!(!status.expansions[0].model_ids.is_empty(), "{told}");
}

/// A name for all candidates, which the scripts would ignore.
#[tokio::test]
async fn a_hyperparameter_that_no_candidate_has() {
    let scene = Scene::start("shared-name", FAST, &[]).await;
    let manifest = |name: &str| {
        let other = "- {name: other, jumpStart: {modelID: tensorflow-ic-resnet-50-classification-1}}";
        let training = FOR_JUMPSTART.replace("epochs:", &format!("{name}:"));
        Manifest::new("sel", &[]).candidate(&jumpstart(MODEL, "*")).candidate(other).more(&training)
    };
    scene.apply(&manifest("epoch")).await;
    let texts = ["`training.hyperparameters` has 'epoch'", "that no candidate has", "did you mean 'epochs'?"];
    stalled(&scene, "sel", Reason::UnknownHyperparameter, 0, &texts).await;
    assert_eq!(scene.jobs_created().await, 0);
    cured(&scene, &manifest("epochs"), 2).await;
}
