//! Realistic candidates: observed, stopped early, with a warm start, of frameworks that measure differently, and with
//! mistakes that can be reported before SageMaker is called.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use api::{ModelSelectionStatus, Reason, RunState};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams};
use serde_json::json;
use testkit::status::{condition, job_of, run_of};
use testkit::world::{LATER, LONG};
use testkit::{Operator, Selection, World};

const CREATE: &str = "CreateHyperParameterTuningJob";

/// Writes the `ConfigMap` `production`.
async fn production(world: &World<'_>, data: &[(&str, &str)]) {
    let api: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    let data: BTreeMap<String, String> =
        data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let metadata = ObjectMeta { name: Some("production".into()), ..ObjectMeta::default() };
    let map = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
    let params = PatchParams::apply("tests").force();
    api.patch("production", &params, &Patch::Apply(&map)).await.unwrap();
}

/// An observed candidate whose values are in the `ConfigMap` `production`.
fn incumbent(name: &str) -> Selection {
    Selection::new(name).images(&["one"]).candidate_yaml(
        "- name: incumbent
  observed:
    metricsFrom:
    - {name: test_accuracy, configMapKeyRef: {name: production, key: accuracy}}
    datasets:
    - name: small
      metricsFrom:
      - {name: test_throughput, configMapKeyRef: {name: production, key: throughput}}",
    )
}

#[tokio::test]
async fn values_of_a_config_map_are_on_the_front_and_are_read_again() {
    let mut world = World::fast("references").await;
    let excluded = |text: &'static str| {
        move |status: &ModelSelectionStatus| {
            let mut excluded = status.fronts.iter().flat_map(|front| &front.excluded);
            excluded.any(|excluded| excluded.candidate == "incumbent" && excluded.message.contains(text))
        }
    };
    let missing = "ConfigMap 'production' does not exist in namespace";
    world.apply(&incumbent("sel")).await;
    let status = world.await_complete("sel").await;
    assert!(excluded(missing)(&status), "{status:#?}");
    let jobs = world.jobs_created().await;

    production(&world, &[("accuracy", "0.999"), ("throughput", "1000")]).await;
    // An edit reads it at once, and creates no job.
    world.apply(&incumbent("sel").with("/maxConcurrentTuningJobs", json!(7))).await;
    let on_front = |status: &ModelSelectionStatus| status.fronts[0].members.iter().any(|member| member.observed);
    let status = world.await_observed("sel", "the incumbent is on the front", on_front).await;
    assert_eq!(status.fronts[0].observed[0].values[0], "0.999");
    assert_eq!(status.fronts[0].members.len(), 1, "{status:#?}");

    // So does a restart; the message does not show the value that is not a number.
    production(&world, &[("accuracy", "a secret"), ("throughput", "1000")]).await;
    world.operator.kill();
    world.operator = Operator::start(world.options.clone());
    let reported = excluded("key 'accuracy' of ConfigMap 'production' must hold a decimal number");
    let status = world.await_status("sel", "the value is not a number", reported).await;
    assert!(!format!("{status:?}").contains("a secret"));
    assert_eq!(world.jobs_created().await, jobs);
    let api: Api<ConfigMap> = Api::namespaced(world.client.clone(), &world.namespace);
    api.delete("production", &DeleteParams::default()).await.unwrap();
}

/// The validation metric of one framework comes from a split of its script.
#[tokio::test]
async fn values_that_are_not_comparable_get_a_warning() {
    let world = World::fast("own-split").await;
    let range = json!([{"name": "learning_rate", "continuous": {"min": "0.0001", "max": "0.01"}}]);
    let selection = Selection::new("sel")
        .jump_start("torch", "pytorch-ic-mobilenet-v2", "*")
        .jump_start("tensorflow", "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4", "*")
        .with("/objectives", json!([{"metric": "val_accuracy", "goal": "Maximize"}]))
        .with("/tuning/parameterRanges", range)
        .with(
            "/training",
            json!({"instanceType": "ml.m5.xlarge", "hyperparameters": {"epochs": 2}, "outputS3URI": "s3://bucket/s/"}),
        );
    world.apply(&selection).await;
    let status = world.await_complete_within("sel", LATER).await;
    let (torch, tensorflow) = (run_of(&status, "torch"), run_of(&status, "tensorflow"));
    assert_eq!((torch.own_split, tensorflow.own_split), (true, false), "{status:#?}");
    assert!(torch.warning.as_deref().unwrap().contains("'val_accuracy' on a part of the training data"));
    let [warning] = status.fronts[0].warnings.as_slice() else { panic!("{status:#?}") };
    assert_eq!(warning.metric, "val_accuracy");
    assert!(warning.message.contains("for torch: their scripts do not use the channel 'validation'"), "{warning:?}");
    let ready = &condition(&status, "Ready").unwrap().message;
    assert!(ready.contains("Not all values of 'val_accuracy' are comparable"), "{ready}");
}

#[tokio::test]
async fn a_mistake_found_in_advance_makes_no_call_to_sagemaker() {
    let world = World::held("mistakes").await;
    let one = |name: &str| Selection::new(name).images(&["one"]);
    let own = |name: &str, part: &str, value: serde_json::Value| {
        let patch = json!([{"name": "own", "algorithm": {"trainingImage": "111122223333.dkr.ecr.us-west-2.amazonaws.com/own:1"}, part: value}]);
        one(name).with("/candidates", patch)
    };
    let cases = [
        (
            one("region").with("/region", json!("us-west-9")),
            Reason::InvalidSpec,
            "`region` 'us-west-9' is not an AWS region",
        ),
        (
            one("group").with("/training/metricDefinitions/1/regex", json!("- Test accuracy: ([0-9.]+")),
            Reason::InvalidRequest,
            "`training.metricDefinitions[1].regex`: unclosed group",
        ),
        (
            one("combinations")
                .with("/tuning/parameterRanges", json!([{"name": "learning_rate", "categorical": {"values": [1]}}])),
            Reason::InvalidHyperparameter,
            "`tuning.maxTrainingJobs` 2 must be at most 1",
        ),
        (
            own("own-jobs", "tuning", json!({"maxParallelTrainingJobs": 3})),
            Reason::InvalidSpec,
            "`tuning.maxParallelTrainingJobs` 3 must be at most",
        ),
        (
            own("own-type", "training", json!({"instanceType": "ml.inf2.xlarge"})),
            Reason::UnsupportedInstanceType,
            "SageMaker does not train on `instanceType` 'ml.inf2.xlarge'",
        ),
        (
            own("own-output", "training", json!({"outputS3URI": "s3://my_bucket/out/"})),
            Reason::InvalidRequest,
            "`training.outputS3URI`: there cannot be an S3 bucket 'my_bucket'",
        ),
        (
            one("line").with("/training/hyperparameters", json!({"prompt": "hello\n"})),
            Reason::InvalidHyperparameter,
            "hyperparameter 'prompt' must be one line",
        ),
        (
            one("parent")
                .with("/tuning/warmStart", json!({"type": "TransferLearning", "parentTuningJobNames": ["nowhere"]})),
            Reason::UnknownTuningJob,
            "the warm start's parent, the tuning job 'nowhere', does not exist",
        ),
    ];
    for (selection, reason, text) in cases {
        world.apply(&selection).await;
        let status = world.await_condition(selection.name(), "Stalled", reason).await;
        let message = &condition(&status, "Ready").unwrap().message;
        assert!(message.contains(text), "{}: {message}", selection.name());
        assert!(condition(&status, "Finished").is_some_and(|finished| finished.status == "True"), "{status:#?}");
    }
    assert_eq!(world.calls_of(CREATE).await, 0);
}

/// A warm start from a run of the same selection, whose name is known from the status.
#[tokio::test]
async fn a_parent_may_be_another_run_of_the_selection() {
    let world = World::held("siblings").await;
    world.apply(&Selection::new("sel").images(&["one"])).await;
    let parent = job_of(&world.await_launched("sel").await, "one");
    let both = Selection::new("sel").images(&["one", "two"]);
    let warm_start = json!({"type": "TransferLearning", "parentTuningJobNames": [parent]});
    let both = both.with("/candidates/1/warmStart", warm_start);
    world.apply(&both).await;
    let waits = |status: &ModelSelectionStatus| {
        status.runs.iter().any(|run| run.candidate == "two" && run.reason == Some(Reason::WaitingForParent))
    };
    let status = world.await_observed("sel", "the second waits for the first", waits).await;
    assert!(condition(&status, "Stalled").is_none(), "{status:#?}");
    assert!(run_of(&status, "two").message.as_deref().unwrap().contains(&parent));
    world.emulator.advance(LONG).await;
    let begun = |status: &ModelSelectionStatus| run_of(status, "two").state == RunState::Running;
    world.await_observed("sel", "the second begins", begun).await;
}

/// What was trained before the limit was paid for.
#[tokio::test]
async fn training_until_the_limit_of_the_search_counts() {
    let world = World::held("limit").await;
    world.emulator.set_seconds_per_epoch(60.0).await;
    let selection = Selection::new("sel")
        .images(&["one"])
        .with("/tuning/maxTrainingJobs", json!(50))
        .with("/tuning/maxParallelTrainingJobs", json!(1))
        .with("/tuning/maxRuntimeSeconds", json!(1500));
    world.apply(&selection).await;
    let job = job_of(&world.await_launched("sel").await, "one");
    world.emulator.advance(LONG).await;
    let described = json!({"HyperParameterTuningJobName": job});
    let at_sagemaker = world.emulator.call("DescribeHyperParameterTuningJob", &described).await.unwrap();
    let completed = at_sagemaker["TrainingJobStatusCounters"]["Completed"].as_i64().unwrap();
    assert!((1..50).contains(&completed), "{at_sagemaker}");
    let status = world.await_complete("sel").await;
    assert_eq!(run_of(&status, "one").state, RunState::Succeeded, "{status:#?}");
    assert_eq!(status.fronts[0].members.len(), 1, "{status:#?}");
}

/// Each training job is stopped at its own limit: all of them exist, with their metrics.
#[tokio::test]
async fn training_jobs_that_were_all_stopped_at_their_limit_do_not_count_as_deleted() {
    let world = World::held("stopped").await;
    world.emulator.set_seconds_per_epoch(100.0).await;
    let selection = Selection::new("sel")
        .images(&["one"])
        .with("/collect", json!("All"))
        .with("/objectives", json!([{"metric": "val_accuracy", "goal": "Maximize"}]))
        .with("/training/hyperparameters", json!({"epochs": 50}))
        .with("/training/maxRuntimeSeconds", json!(600));
    world.apply(&selection).await;
    world.await_launched("sel").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("sel").await;
    let run = run_of(&status, "one");
    assert_eq!((run.state, run.reason), (RunState::Succeeded, None), "{status:#?}");
    assert_eq!(run.training_jobs.unwrap().stopped, 2, "{status:#?}");
    assert_eq!(run.trials.as_ref().unwrap().count, 2, "{status:#?}");
}

/// A request that SageMaker refuses permanently is repeated only after an edit. The instance type may be newer than
/// this release, so that it is not refused earlier.
#[tokio::test]
async fn a_permanently_refused_request_waits_for_an_edit() {
    let world = World::fast("refused").await;
    let selection =
        |instance: &str| Selection::one_metric("sel").images(&["one"]).with("/training/instanceType", json!(instance));
    world.apply(&selection("ml.new9.large")).await;
    let status = world.await_condition("sel", "Stalled", Reason::InvalidRequest).await;
    let message = &condition(&status, "Ready").unwrap().message;
    assert!(message.contains("correct the spec"), "{message}");
    // Meanwhile other selections are reconciled by the same loop.
    world.apply(&Selection::one_metric("other").images(&["one"])).await;
    world.await_complete("other").await;
    assert_eq!(world.calls_of(CREATE).await, 2);
    world.apply(&selection("ml.m5.large")).await;
    let status = world.await_complete_within("sel", LATER).await;
    assert_eq!((run_of(&status, "one").state, world.calls_of(CREATE).await), (RunState::Succeeded, 3));
}
