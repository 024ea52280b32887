//! Selections as large as the schema allows: they make progress, and others do not wait for them.

use std::time::Duration;

use api::{Reason, RunState};
use serde_json::{Value, json};
use testkit::status::{condition, runs_in};
use testkit::world::{LATER, LONG};
use testkit::{Selection, World, shared};

/// SageMaker accepts a few creations per second, and the machine may be busy.
const LONG_WAIT: Duration = Duration::from_mins(5);

/// 16 derived metrics of 1,024 characters, each using the previous one.
fn largest_expressions() -> Value {
    let metrics = (0..16).map(|number| {
        let before = if number == 0 { "0".to_owned() } else { format!("d{}", number - 1) };
        let mut expression = format!("{before}+1");
        while let room @ 20.. = 1024 - expression.len() {
            expression += &format!("+0*min({})", vec!["e"; 64.min((room - 7) / 2)].join(","));
        }
        json!({"name": format!("d{number}"), "expression": expression})
    });
    metrics.collect()
}

fn selection(name: &str, runs: usize) -> Selection {
    let names: Vec<String> = (0..runs).map(|number| format!("image-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let metrics = json!([
        {"name": "val_accuracy", "regex": "- val_accuracy: ([0-9.]+)"},
        {"name": "test_accuracy", "regex": "- Test accuracy: ([0-9.]+)"},
        {"name": "e", "regex": "- Test accuracy: ([0-9.]+)"},
    ]);
    Selection::new(name)
        .images(&names)
        .with("/training/metricDefinitions", metrics)
        .with("/maxConcurrentTuningJobs", json!(runs))
        .with("/derivedMetrics", largest_expressions())
        .with(
            "/objectives",
            json!([{"metric": "test_accuracy", "goal": "Maximize"}, {"metric": "d15", "goal": "Minimize"}]),
        )
}

#[tokio::test]
async fn expressions_as_large_as_the_schema_allows_are_computed() {
    let limits = [("MODELSELECTION_MAX_TUNING_JOBS", "1000")];
    let emulator = ["--speed", "0", "--max-tuning-jobs", "1000"];
    let world = World::start(shared().await, "expressions", &emulator, &limits).await;
    world.apply(&selection("large", 128)).await;
    // Another selection does not wait for it.
    world.apply(&Selection::new("small").images(&["one"])).await;
    world.await_launched("small").await;
    let all_run = |status: &api::ModelSelectionStatus| runs_in(status, RunState::Running) == 128;
    world.await_observed_within("large", "all jobs run", LONG_WAIT, all_run).await;
    world.emulator.advance(LONG).await;
    world.await_complete("small").await;
    let status = world.await_complete_within("large", LONG_WAIT).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 128);
    let derived = &status.runs[127].best.as_ref().expect("a result").derived_metrics;
    assert_eq!(derived.last().map(|metric| metric.value.as_str()), Some("16"));
}

#[tokio::test]
async fn expressions_over_the_budget_are_reported_before_a_job_is_made() {
    let world = World::held("budget").await;
    let over = selection("over", 128)
        .with("/collect", json!("All"))
        .with("/tuning/maxTrainingJobs", json!(750))
        .with("/tuning/maxParallelTrainingJobs", json!(1));
    world.apply(&over).await;
    let status = world.await_condition("over", "Stalled", Reason::ExpressionBudgetExceeded).await;
    let message = &condition(&status, "Stalled").expect("it is stalled").message;
    assert!(message.contains("`derivedMetrics`") && message.contains("`collect: Best`"), "{message}");
    assert!(status.runs.iter().all(|run| run.reason == Some(Reason::ExpressionBudgetExceeded)), "{status:#?}");
    assert_eq!(world.jobs_created().await, 0);
    world.apply(&over.with("/derivedMetrics/0/expression", json!("1")).with("/collect", json!("Best"))).await;
    world.await_observed_within("over", "jobs run", LATER, |status| runs_in(status, RunState::Running) > 0).await;
}
