//! Derived metrics: an objective that the training script does not log, computed from metrics that it does log. An edit
//! of an expression costs no call, or one for each result if it introduces a hyperparameter; a mistake creates no job.

use std::time::Duration;

use api::{ExclusionReason, ModelSelectionStatus, RunState};
use serde_json::{Value, json};
use testkit::status::{condition_parts, run_of};
use testkit::world::LONG;
use testkit::{Selection, World};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";

/// Two models on a test set of 1000 images. The script counts batches: by its throughput the one with small batches
/// wins, by images per second the other one.
async fn two_batch_sizes(world: &World<'_>) -> Selection {
    for (name, throughput, latency, seconds) in [("small", 40.0, "3.125", 50.0), ("large", 20.0, "1.6", 100.0)] {
        let line = format!("- Test evaluation latency: {latency} seconds");
        let row = json!({"match": format!("*/{name}:1"), "throughput": throughput, "secondsPerEpoch": seconds, "extraLines": [line]});
        world.emulator.behave(row).await;
    }
    Selection::new("images")
        .images(&["small", "large"])
        .with("/candidates/0/hyperparameters", json!({"batch_size": "8"}))
        .with("/candidates/1/hyperparameters", json!({"batch_size": "32"}))
        .with("/training/metricPreset", json!("TensorFlowImageClassification"))
        .with("/datasets/0/testSize", json!(1000))
        .with("/objectives", json!([{"metric": "test_throughput", "goal": "Maximize"}]))
}

fn by(selection: &Selection, name: &str, goal: &str, expression: &str) -> Selection {
    let selection = selection.clone().with("/objectives", json!([{"metric": name, "goal": goal}]));
    selection.with("/derivedMetrics", json!([{"name": name, "expression": expression}]))
}

fn derived<'s>(status: &'s ModelSelectionStatus, candidate: &str) -> Vec<(&'s str, &'s str)> {
    let best = run_of(status, candidate).best.as_ref().expect("a result");
    best.derived_metrics.iter().map(|metric| (metric.name.as_str(), metric.value.as_str())).collect()
}

/// Applies an edit of a complete selection, waits until its results are `wanted`, and returns the calls that this took.
async fn edited(world: &World<'_>, selection: &Selection, wanted: impl Fn(&ModelSelectionStatus) -> bool) -> Value {
    world.await_idle().await;
    world.emulator.reset_calls().await;
    world.apply(selection).await;
    world.await_observed("images", "the edit is computed", wanted).await;
    world.await_idle().await;
    world.emulator.calls().await["byOperation"].clone()
}

#[tokio::test]
async fn images_per_second_rank_models_of_different_batch_sizes_and_edits_cost_few_calls() {
    let world = World::held("images").await;
    let selection = two_batch_sizes(&world).await;
    world.apply(&selection).await;
    world.await_launched("images").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("images").await;
    assert_eq!(status.recommended.as_deref(), Some("small"), "by batches");

    // From the size of the test set in the dataset: no call at all.
    let images = by(&selection, "images_per_second", "Maximize", "dataset.testSize / test_evaluation_latency");
    let calls = edited(&world, &images, |status| status.recommended.as_deref() == Some("large")).await;
    assert_eq!(calls, json!({}));
    let status = world.await_complete("images").await;
    assert_eq!(derived(&status, "small"), [("images_per_second", "320")]);
    assert_eq!(derived(&status, "large"), [("images_per_second", "625")]);
    assert_eq!(status.fronts[0].members[0].values[0], "625");

    // From the batch size, which was not kept: one describe for each result.
    let both = |status: &ModelSelectionStatus| {
        let shown = |candidate| run_of(status, candidate).best.as_ref().is_some_and(|b| b.derived_metrics.len() == 1);
        shown("small") && shown("large")
    };
    let of_batches = by(&selection, "images_per_second", "Maximize", "test_throughput * hyperparameters.batch_size");
    let calls = edited(&world, &of_batches, |s| both(s) && derived(s, "large")[0].1 == "640").await;
    assert_eq!(calls, json!({"DescribeTrainingJob": 2}));
    let status = world.await_complete("images").await;
    assert_eq!((derived(&status, "small")[0].1, status.recommended.as_deref()), ("320", Some("large")));
    let kept = &run_of(&status, "small").best.as_ref().unwrap().fixed_hyperparameters;
    assert_eq!(kept.iter().collect::<Vec<_>>(), [(&"batch_size".to_owned(), &"8".to_owned())]);

    // Once kept, it stays.
    let halved = by(&selection, "half", "Maximize", "test_throughput * hyperparameters.batch_size / 2");
    let calls = edited(&world, &halved, |s| both(s) && derived(s, "large") == [("half", "320")]).await;
    assert_eq!(calls, json!({}));

    // The price of a training job. The shorter one is cheaper.
    let cost = by(&selection, "cost", "Minimize", "billableSeconds / 3600 * instanceCount * prices[instanceType]")
        .with("/prices", json!({"ml.p3.2xlarge": "3.60"}));
    let calls = edited(&world, &cost, |s| s.recommended.as_deref() == Some("small") && both(s)).await;
    assert_eq!(calls, json!({}));
    let status = world.await_complete("images").await;
    let best = run_of(&status, "small").best.as_ref().unwrap();
    let dollars: f64 = derived(&status, "small")[0].1.parse().unwrap();
    assert!((dollars - f64::from(best.billable_seconds.unwrap()) / 1000.0).abs() < 1e-9, "{best:#?}");

    // A hyperparameter that no training job has: queried once, and never again.
    let none = by(&selection, "none", "Maximize", "test_throughput * hyperparameters.none");
    let excluded = |s: &ModelSelectionStatus| s.fronts[0].excluded.len() == 2;
    let calls = edited(&world, &none, excluded).await;
    assert_eq!(calls, json!({"DescribeTrainingJob": 2}));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.calls().await, 2);
    let status = world.await_complete("images").await;
    let why = &status.fronts[0].excluded[0];
    assert_eq!(why.reason, ExclusionReason::MetricMissing);
    assert!(why.message.contains("the training job has no `hyperparameters.none`"), "{}", why.message);
    assert_eq!(world.jobs().await.len(), 2, "no edit made a job");
}

#[tokio::test]
async fn a_throttled_describe_for_a_hyperparameter_is_tried_again() {
    let world = World::held("throttled").await;
    let selection = two_batch_sizes(&world).await;
    world.apply(&selection).await;
    world.await_launched("images").await;
    world.emulator.advance(LONG).await;
    world.await_complete("images").await;
    world.await_idle().await;
    let fault = json!({"operation": "DescribeTrainingJob", "kind": "Throttle", "count": 2});
    world.emulator.fault(fault).await;
    world.apply(&by(&selection, "images_per_second", "Maximize", "test_throughput * hyperparameters.batch_size")).await;
    let status = world.await_observed("images", "it is computed", |s| s.recommended.as_deref() == Some("large")).await;
    assert_eq!(derived(&status, "large")[0].1, "640");
}

#[tokio::test]
async fn a_mistake_in_an_expression_creates_no_job_and_is_reported_with_its_position() {
    let world = World::fast("mistake").await;
    let selection = two_batch_sizes(&world).await;
    for (expression, texts) in [
        (
            "dataset.testSize / test_evaluation_latenci",
            &["'images_per_second'", "did you mean test_evaluation_latency?"][..],
        ),
        ("dataset.testSize /* test_throughput", &["unexpected token at column 19"]),
        ("hyperparameters.batchsize * 2", &["did you mean hyperparameters.batch_size?"]),
        ("dataset.trainingSize * 1", &["dataset 'small' does not have"]),
        ("prices[instanceType]", &["'ml.p3.2xlarge', which `prices` does not have"]),
        ("instanceType", &["a number is needed"]),
    ] {
        world.apply(&by(&selection, "images_per_second", "Maximize", expression)).await;
        let stalled = |status: &ModelSelectionStatus| {
            condition_parts(status, "Stalled").is_some_and(|(_, reason, message)| {
                reason == "InvalidExpression" && texts.iter().all(|text| message.contains(text))
            })
        };
        let status = world.await_observed("images", &format!("{expression} is refused: {texts:?}"), stalled).await;
        assert!(status.runs.iter().all(|run| run.state == RunState::Waiting), "{status:#?}");
    }
    assert_eq!(world.jobs().await.len(), 0);
    world.apply(&by(&selection, "images_per_second", "Maximize", "dataset.testSize / test_evaluation_latency")).await;
    let status = world.await_complete("images").await;
    assert_eq!(status.recommended.as_deref(), Some("large"));
}

#[tokio::test]
async fn a_jumpstart_model_needs_no_definitions_and_gives_its_own_batch_size() {
    let world = World::fast("preset").await;
    let mut selection = Selection::new("images")
        .jump_start("mobilenet", MOBILENET, "*")
        .with("/objectives", json!([{"metric": "images", "goal": "Maximize"}]))
        .with("/constraints", json!([{"metric": "twice", "min": "0"}]))
        .with(
            "/derivedMetrics",
            json!([
                {"name": "images", "expression": "test_throughput * hyperparameters.batch_size"},
                {"name": "twice", "expression": "hyperparameters.optimizer == 'adam' ? 2 * images : -1"},
            ]),
        );
    selection.0["spec"]["training"].as_object_mut().unwrap().remove("metricDefinitions");
    world.apply(&selection).await;
    let status = world.await_complete("images").await;
    let best = run_of(&status, "mobilenet").best.as_ref().unwrap();
    // Those of the 29 that the script logs for this dataset.
    let metric = |name: &str| best.metrics.iter().find(|m| m.name == name).map(|m| m.value.parse::<f64>().unwrap());
    assert!(metric("num_params").is_some() && metric("val_top_5_accuracy").is_some(), "{best:#?}");
    let batch: f64 = best.fixed_hyperparameters["batch_size"].parse().unwrap();
    let images: f64 = derived(&status, "mobilenet")[0].1.parse().unwrap();
    assert!((images - metric("test_throughput").unwrap() * batch).abs() < 1e-6 * images, "{best:#?}");
    assert_eq!((status.recommended.as_deref(), derived(&status, "mobilenet").len()), (Some("mobilenet"), 2));
}
