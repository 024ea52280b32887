//! Mistakes of users, and the messages about them: field, value, remedy. Reported once, and without a storm of calls;
//! the other runs continue, and after an edit that fixes the mistake the selection completes.
#![allow(clippy::unwrap_used)] // a test may panic

use api::{ExclusionReason, ModelSelectionStatus, Reason, RunState};
use serde_json::json;
use testkit::status::{condition, run_of, runs_in, status_and_reason};
use testkit::world::{DEADLINE, LATER};
use testkit::{Selection, World, await_until};

const CREATE: &str = "CreateHyperParameterTuningJob";
const HUB: &str = "DescribeHubContent";
const LIST: &str = "ListHyperParameterTuningJobs";
const MODEL: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const FAST: &[&str] = &["--speed", "300"];

/// A spec that also works with a JumpStart model.
const FOR_JUMPSTART: &str = "training:
  instanceType: ml.p3.2xlarge
  hyperparameters: {epochs: \"2\"}
  metricDefinitions:
  - {name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}
  outputS3URI: s3://bucket/selections/";

fn jumpstart(id: &str, version: &str) -> String {
    format!("- {{name: js, jumpStart: {{modelID: {id}, version: \"{version}\"}}}}")
}

/// Checks everything that is reported about a selection that needs a person, while its other runs continue and succeed.
async fn stalled(world: &World<'_>, name: &str, reason: Reason, good: usize, texts: &[&str]) {
    let status = world.await_condition(name, "Stalled", reason).await;
    for (kind, expected) in [
        ("Stalled", ("True", reason.as_str())),
        ("Ready", ("False", reason.as_str())),
        ("Succeeded", ("Unknown", reason.as_str())),
        ("Reconciling", ("", "")),
    ] {
        assert_eq!(status_and_reason(&status, kind), expected, "{kind}: {status:#?}");
    }
    let message = &condition(&status, "Ready").expect("checked above").message;
    for text in texts {
        assert!(message.contains(text), "{text} is not in: {message}");
    }
    let status = world
        .await_observed(name, "the other runs have succeeded", |status| runs_in(status, RunState::Succeeded) == good)
        .await;
    assert_eq!(status_and_reason(&status, "Stalled"), ("True", reason.as_str()), "{status:#?}");
    assert_eq!(runs_in(&status, RunState::Failed), 0);
    world.await_single_event(name, reason.as_str()).await;
}

async fn cured(world: &World<'_>, manifest: &Selection, runs: usize) {
    world.apply(manifest).await;
    let status = world.await_complete_within(manifest.name(), LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), runs, "{status:#?}");
    assert_eq!(status_and_reason(&status, "Ready"), ("True", "Completed"));
    assert_eq!(status_and_reason(&status, "Stalled"), ("", ""));
}

/// Runs a check with both sources of models concurrently: with its name, and the operation that reads a model.
async fn over_both(check: impl AsyncFn(&'static str, &'static str)) {
    futures::join!(Box::pin(check("hub", HUB)), Box::pin(check("s3", "s3:GetObject")));
}

async fn world_of(purpose: &str, source: &str) -> World<'static> {
    World::short_epochs(&format!("{purpose}-{source}"), FAST, &[("MODELSELECTION_CATALOG_SOURCE", source)]).await
}

/// Without a grace period: faults that are usually transient need a person from the first refusal on.
const AT_ONCE: [(&str, &str); 1] = [("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "0")];

#[tokio::test]
async fn a_model_that_does_not_exist() {
    over_both(async |source, read| {
        let world = world_of("unknown-model", source).await;
        let wrong = jumpstart("tensorflow-ic-mobilnet", "*");
        world.apply(&Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&wrong)).await;
        let texts = [
            "'js'",
            "`jumpStart.modelID`",
            "'tensorflow-ic-mobilnet'",
            "did you mean 'tensorflow-ic-imagenet-mobilenet-v2-",
        ];
        stalled(&world, "sel", Reason::UnknownModel, 2, &texts).await;
        assert!(world.calls_of(read).await <= if source == "hub" { 1 } else { 2 });
        cured(&world, &Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "*")), 3)
            .await;
        assert_eq!(world.jobs_created().await, 3, "the edit touches only the run that it concerns");
    })
    .await;
}

#[tokio::test]
async fn a_version_that_does_not_exist() {
    for (purpose, version) in [("unknown-version", "9.9.9"), ("unknown-prefix", "9.*")] {
        over_both(async |source, read| {
            let world = world_of(purpose, source).await;
            world
                .apply(&Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, version)))
                .await;
            let value = format!("'{version}'");
            let texts = ["`jumpStart.version`", &value, MODEL, "4.0.17"];
            stalled(&world, "sel", Reason::UnknownVersion, 2, &texts).await;
            assert!(world.calls_of(read).await + world.calls_of("ListHubContentVersions").await <= 2);
            cured(
                &world,
                &Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "4.*")),
                3,
            )
            .await;
            assert_eq!(world.jobs_created().await, 3);
        })
        .await;
    }
}

#[tokio::test]
async fn an_instance_type_that_the_model_has_no_image_for() {
    let world = World::short_epochs("instance-type", FAST, &[]).await;
    let with = |instance: &str| {
        let training = FOR_JUMPSTART.replace("ml.p3.2xlarge", instance);
        Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "*")).with_yaml(&training)
    };
    world.apply(&with("ml.trn1.2xlarge")).await;
    let texts = ["`training.instanceType`", "'ml.trn1.2xlarge'", MODEL, "it supports ml.p3.2xlarge"];
    stalled(&world, "sel", Reason::UnsupportedInstanceType, 2, &texts).await;
    assert!(world.calls_of(HUB).await <= 2);
    cured(&world, &with("ml.g5.xlarge"), 3).await;
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_yet() {
    let world = World::short_epochs("role", FAST, &AT_ONCE).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "RoleNotAssumable"})).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b", "c", "d", "e", "f"])).await;
    let role = "arn:aws:iam::111122223333:role/SageMakerTraining";
    let texts = ["Could not assume role", role, "`executionRoleARN`", "sagemaker.amazonaws.com"];
    stalled(&world, "sel", Reason::RoleNotAssumable, 0, &texts).await;
    // The role would fail for every run, so not each of them tries.
    let tries = world.calls_of(CREATE).await;
    println!("role: {tries} creates for 6 runs");
    assert!(tries <= 4, "{tries} creates");
    // The second try has the same result, which is not reported again.
    await_until("it was tried again", LATER, async || world.calls_of(CREATE).await > tries).await;
    let status = world.await_condition("sel", "Stalled", Reason::RoleNotAssumable).await;
    let since = condition(&status, "Stalled").unwrap().last_transition_time.clone();
    world.await_single_event("sel", "RoleNotAssumable").await;
    assert!(world.calls_of(CREATE).await <= tries + 4);
    world.emulator.clear_faults().await;
    // Without an edit.
    let status = world.await_complete_within("sel", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 6, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(world.jobs_created().await, 6);
    let generation = world.selections.get("sel").await.unwrap().metadata.generation;
    assert_eq!(generation, Some(1));
    assert!(since.0 < condition(&status, "Ready").unwrap().last_transition_time.0);
}

#[tokio::test]
async fn creating_jobs_is_denied() {
    let world = World::short_epochs("deny-create", FAST, &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "AccessDenied"})).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b", "c", "d", "e", "f"])).await;
    let texts =
        ["AccessDeniedException", "sagemaker:CreateHyperParameterTuningJob", "allow the action in the IAM policy"];
    stalled(&world, "sel", Reason::AccessDenied, 0, &texts).await;
    assert!(world.calls_of(CREATE).await <= 4, "{} creates", world.calls_of(CREATE).await);
    world.emulator.clear_faults().await;
    cured(
        &world,
        &Selection::one_metric("sel").images(&["a", "b", "c", "d", "e", "f"]).with_yaml("maxConcurrentTuningJobs: 6"),
        6,
    )
    .await;
}

#[tokio::test]
async fn listing_jobs_is_denied() {
    let world = World::short_epochs("deny-list", &["--speed", "0"], &[]).await;
    world.emulator.fault(json!({"operation": LIST, "kind": "AccessDenied"})).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b"])).await;
    let status = world.await_condition("sel", "Stalled", Reason::AccessDenied).await;
    assert_eq!(status_and_reason(&status, "Ready"), ("False", "AccessDenied"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("sagemaker:ListHyperParameterTuningJobs") && message.contains("IAM policy"), "{message}");
    assert_eq!(runs_in(&status, RunState::Running), 2, "{status:#?}");
    let sweeps = world.calls_of(LIST).await;
    await_until("two more sweeps", DEADLINE, async || world.calls_of(LIST).await >= sweeps + 2).await;
    world.await_single_event("sel", "AccessDenied").await;
    world.emulator.clear_faults().await;
    world.await_condition("sel", "Ready", Reason::TuningRunning).await;
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("sel").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 2);
}

/// Seconds between the calls of an operation, by the emulator's log, up to the first successful one.
async fn gaps(world: &World<'_>, operation: &str) -> Vec<f64> {
    let calls = world.emulator.requests(operation).await;
    let calls = calls.as_array().unwrap();
    let refused = calls.iter().take_while(|call| !call["error"].is_null()).count();
    let times: Vec<f64> = calls.iter().take(refused + 1).map(|call| call["realMillis"].as_f64().unwrap()).collect();
    times.windows(2).map(|pair| (pair[1] - pair[0]) / 1000.0).collect()
}

/// Only runs that need a model description wait for it. The calls become rarer, and without an edit the runs continue
/// once the permission is granted.
#[tokio::test]
async fn reading_models_is_denied() {
    over_both(async |source, read| {
        let world = world_of("deny-models", source).await;
        world.emulator.fault(json!({"operation": read, "kind": "AccessDenied", "count": 2})).await;
        world.apply(&Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "*"))).await;
        stalled(&world, "sel", Reason::AccessDenied, 2, &["'js'", read, "IAM policy"]).await;
        assert_eq!(world.calls_of(read).await, 1, "the others have ended before it was tried again");
        recovered(&world).await;
        let gaps = gaps(&world, read).await;
        println!("{source} denied: {gaps:?}");
        // 15 s and 30 s, each plus or minus a fifth.
        assert!(gaps.len() == 2 && gaps[0] >= 12.0 && gaps[1] > gaps[0] * 1.2, "{gaps:?}");
        world.await_single_event("sel", "AccessDenied").await;
    })
    .await;
}

#[tokio::test]
async fn the_source_of_model_descriptions_is_unavailable() {
    over_both(async |source, read| {
        let world = world_of("models-away", source).await;
        world.emulator.fault(json!({"operation": read, "kind": "InternalFailure", "count": 3})).await;
        world.apply(&Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "*"))).await;
        let status = world.await_condition("sel", "Reconciling", Reason::RetryingAfterError).await;
        assert_eq!(status_and_reason(&status, "Stalled"), ("", ""), "{status:#?}");
        let message = &condition(&status, "Ready").unwrap().message;
        assert!(message.contains(read) && message.contains("trying again"), "{message}");
        let others = |status: &ModelSelectionStatus| runs_in(status, RunState::Succeeded) == 2;
        world.await_observed("sel", "the other runs have succeeded", others).await;
        recovered(&world).await;
        let gaps = gaps(&world, read).await;
        println!("{source} away: {gaps:?}");
        assert!(gaps.len() == 3 && gaps[2] > gaps[0], "{gaps:?}");
    })
    .await;
}

/// All three runs succeed, without an edit.
async fn recovered(world: &World<'_>) {
    let status = world.await_complete_within("sel", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 3, "{status:#?}");
    assert_eq!(
        (status_and_reason(&status, "Ready"), status_and_reason(&status, "Stalled")),
        (("True", "Completed"), ("", ""))
    );
    assert_eq!(world.selections.get("sel").await.unwrap().metadata.generation, Some(1));
    assert_eq!(world.jobs_created().await, 3);
}

#[tokio::test]
async fn an_objective_that_one_candidate_does_not_emit() {
    let world = World::short_epochs("metric-missing", FAST, &[]).await;
    let manifest = |regex: &str| {
        let quiet = format!(
            "- name: quiet\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/quiet:1\"}}\n  metricDefinitions:\n  - {{name: throughput, regex: \"{regex}\"}}"
        );
        Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&quiet).with_yaml(
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
    world.apply(&manifest("- No such line: ([0-9.]+)")).await;
    let status = world.await_complete("sel").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 3, "{status:#?}");
    assert_eq!(status_and_reason(&status, "Ready"), ("True", "Completed"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("quiet") && message.contains("`status.fronts[].excluded`"), "{message}");
    let [excluded] = status.fronts[0].excluded.as_slice() else { panic!("{status:#?}") };
    assert_eq!((excluded.candidate.as_str(), excluded.reason), ("quiet", ExclusionReason::MetricMissing));
    assert!(excluded.message.contains("'throughput'"), "{}", excluded.message);
    assert!(excluded.message.contains("regex"), "the remedy: {}", excluded.message);
    world.await_single_event("sel", "MetricMissing").await;
    cured(&world, &manifest("- Average test throughput: ([0-9.]+)"), 3).await;
    let status = world.await_complete("sel").await;
    assert!(status.fronts[0].excluded.is_empty(), "{status:#?}");
    assert_eq!(world.jobs_created().await, 4);
}

#[tokio::test]
async fn an_objective_that_no_run_emits() {
    let world = World::short_epochs("metric-nowhere", FAST, &[]).await;
    let manifest = |regex: &str| {
        Selection::one_metric("sel").images(&["a"]).with_yaml(&format!(
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
    world.apply(&manifest("- No such line: ([0-9.]+)")).await;
    let status = world.await_complete("sel").await;
    assert_eq!(status_and_reason(&status, "Ready"), ("False", "MetricMissing"), "{status:#?}");
    assert_eq!(status_and_reason(&status, "Stalled"), ("True", "MetricMissing"));
    assert_eq!(status_and_reason(&status, "Succeeded"), ("False", "MetricMissing"));
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("'throughput'") && message.contains("'birds'") && message.contains("'a'"), "{message}");
    world.await_single_event("sel", "MetricMissing").await;
    cured(&world, &manifest("- Average test throughput: ([0-9.]+)"), 1).await;
}

#[tokio::test]
async fn a_tuning_objective_that_no_training_job_emits() {
    let world = World::short_epochs("objective-regex", FAST, &[]).await;
    let manifest = |regex: &str| {
        let quiet = format!(
            "- name: quiet\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/quiet:1\"}}\n  metricDefinitions:\n  - {{name: accuracy, regex: \"{regex}\"}}"
        );
        Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&quiet)
    };
    world.apply(&manifest("- no_such_accuracy: ([0-9.]+)")).await;
    let status = world.await_complete("sel").await;
    let quiet = run_of(&status, "quiet");
    assert_eq!((quiet.state, quiet.reason), (RunState::Failed, Some(Reason::ObjectiveNotEmitted)), "{status:#?}");
    let message = quiet.message.as_deref().unwrap();
    assert!(message.contains("`tuning.objective.metric`") && message.contains("check its regex"), "{message}");
    assert_eq!(runs_in(&status, RunState::Succeeded), 2);
    assert_eq!(status_and_reason(&status, "Succeeded"), ("True", "Completed"));
    assert!(condition(&status, "Ready").unwrap().message.contains("1 failed"));
    world.await_single_event("sel", "ObjectiveNotEmitted").await;
    cured(&world, &manifest("- val_accuracy: ([0-9.]+)"), 3).await;
    assert_eq!(world.jobs_created().await, 4);
}

#[tokio::test]
async fn a_range_over_a_hyperparameter_that_the_model_does_not_have() {
    let world = World::short_epochs("hyperparameter", FAST, &[]).await;
    let manifest = |name: &str| {
        Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(&jumpstart(MODEL, "*")).with_yaml(&format!(
            "tuning:
  objective: {{metric: accuracy, goal: Maximize}}
  maxTrainingJobs: 1
  parameterRanges:
  - {{name: {name}, continuous: {{min: \"0.0001\", max: \"0.1\"}}}}"
        ))
    };
    world.apply(&manifest("learning_rat")).await;
    let texts = ["'js'", "`tuning.parameterRanges`", "'learning_rat'", "did you mean 'learning_rate'?"];
    stalled(&world, "sel", Reason::UnknownHyperparameter, 2, &texts).await;
    assert!(world.calls_of(HUB).await <= 2);
    cured(&world, &manifest("learning_rate"), 3).await;
}

#[tokio::test]
async fn an_objective_without_a_metric_definition() {
    let world = World::short_epochs("unknown-metric", FAST, &[]).await;
    let own = |name: &str| {
        format!(
            "- name: {name}\n  algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/{name}:1\"}}\n  metricDefinitions:\n  - {{name: top5, regex: \"- Test top_5_accuracy: ([0-9.]+)\"}}"
        )
    };
    let manifest = |objective: &str| {
        Selection::one_metric("sel")
            .candidate_yaml(&own("a"))
            .candidate_yaml(&own("b"))
            .candidate_yaml(&jumpstart(MODEL, "*"))
            .with_yaml(&format!(
                "objectives:\n- {{metric: accuracy, goal: Maximize}}\n- {{metric: {objective}, goal: Maximize}}"
            ))
    };
    world.apply(&manifest("top5")).await;
    let texts = ["'js'", "`objectives`", "'top5'", "`training.metricDefinitions`", "accuracy"];
    stalled(&world, "sel", Reason::UnknownMetric, 2, &texts).await;
    assert!(world.calls_of(HUB).await <= 2);
    let cure = Selection::one_metric("sel")
        .candidate_yaml(&own("a"))
        .candidate_yaml(&own("b"))
        .candidate_yaml(&jumpstart(MODEL, "*"));
    cured(&world, &cure, 3).await;
    assert_eq!(world.jobs_created().await, 3, "other objectives make no job");
}

#[tokio::test]
async fn data_that_does_not_exist() {
    let world = World::short_epochs("data", FAST, &AT_ONCE).await;
    let missing = json!({"operation": CREATE, "kind": "NoS3Objects", "nameContains": "s3://bucket/fsh/"});
    world.emulator.fault(missing).await;
    let with = |dataset: &str| Selection::one_metric("sel").images(&["a", "b"]).dataset(dataset);
    world.apply(&with("fsh")).await;
    let texts = ["'fsh'", "No S3 objects found", "s3://bucket/fsh/train/", "`s3URI`"];
    stalled(&world, "sel", Reason::DataNotFound, 2, &texts).await;
    assert_eq!(world.errors(&format!("{CREATE} ValidationException")).await, 2, "one try for each of the two runs");
    cured(&world, &with("fish"), 4).await;
    assert_eq!(world.jobs_created().await, 4);
}

/// Of a selector's models, one that SageMaker refuses to describe is left out, and one whose description fails is
/// named.
#[tokio::test]
async fn one_model_that_cannot_be_described() {
    let world = World::short_epochs("one-model", FAST, &[]).await;
    let manifest = |name: &str| {
        Selection::one_metric(name).images(&["own"]).with_yaml(&format!(
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
    world.emulator.fault(fault("InternalFailure", "pytorch-ic-resnet18")).await;
    world.apply(&manifest("fails")).await;
    let status = world.await_condition("fails", "Ready", Reason::RetryingAfterError).await;
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("'pytorch-ic-resnet18'") && message.contains("add it to `exclude`"), "{message}");
    world.emulator.clear_faults().await;
    world.emulator.fault(fault("AccessDenied", "pytorch-ic-resnet18")).await;
    world.apply(&manifest("refused")).await;
    let status = world.await_complete_within("refused", LATER).await;
    let message = status.expansions[0].message.as_deref().unwrap();
    assert!(message.contains("excluded because they cannot be described, which SageMaker refuses: 1"), "{message}");
    assert!(!status.expansions[0].model_ids.is_empty(), "{message}");
}

/// A name for all candidates, which the scripts would ignore.
#[tokio::test]
async fn a_hyperparameter_that_no_candidate_has() {
    let world = World::short_epochs("shared-name", FAST, &[]).await;
    let manifest = |name: &str| {
        let other = "- {name: other, jumpStart: {modelID: tensorflow-ic-resnet-50-classification-1}}";
        let training = FOR_JUMPSTART.replace("epochs:", &format!("{name}:"));
        Selection::one_metric("sel").candidate_yaml(&jumpstart(MODEL, "*")).candidate_yaml(other).with_yaml(&training)
    };
    world.apply(&manifest("epoch")).await;
    let texts = ["`training.hyperparameters` has 'epoch'", "that no candidate has", "did you mean 'epochs'?"];
    stalled(&world, "sel", Reason::UnknownHyperparameter, 0, &texts).await;
    assert_eq!(world.jobs_created().await, 0);
    cured(&world, &manifest("epochs"), 2).await;
}
