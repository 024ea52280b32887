//! Tuning jobs of other owners contribute their results, and are only ever read.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use api::{ModelSelectionStatus, RunState};
use serde_json::{Value, json};
use testkit::status::{condition_parts, is_running, run_of};
use testkit::world::{DEADLINE, LONG};
use testkit::{Selection, World, await_until};

/// Creates jobs manually: the operator's requests for own images, with other names and without our tags.
async fn by_hand(world: &World<'_>, names: &[&str]) {
    let seed = Selection::new("seed").images(&["theirs"]);
    world.apply(&seed).await;
    world.await_launched("seed").await;
    let mut request = world.emulator.requests("CreateHyperParameterTuningJob").await[0]["request"].clone();
    request["Tags"] = json!([{"Key": "team", "Value": "other"}]);
    for name in names {
        request["HyperParameterTuningJobName"] = json!(name);
        world.emulator.call("CreateHyperParameterTuningJob", &request).await.unwrap();
    }
    world.delete_and_wait("seed").await;
    world.emulator.reset_calls().await;
}

fn attaching(name: &str, job: &str) -> Selection {
    Selection::new(name).with("/candidates", json!([{"name": "theirs", "tuningJobName": job}]))
}

async fn status_of(world: &World<'_>, job: &str) -> Value {
    let request = json!({"HyperParameterTuningJobName": job});
    world.emulator.call("DescribeHyperParameterTuningJob", &request).await.unwrap()["HyperParameterTuningJobStatus"]
        .clone()
}

#[tokio::test]
async fn an_attached_job_is_followed_and_its_result_enters_the_front() {
    let world = World::held("attached").await;
    by_hand(&world, &["Their-Job-1"]).await;
    world.apply(&attaching("attached", "Their-Job-1").images(&["own"])).await;
    let status = world.await_launched("attached").await;
    assert!(run_of(&status, "theirs").attached && !run_of(&status, "own").attached);
    world.emulator.advance(LONG).await;
    let status = world.await_complete("attached").await;
    let run = run_of(&status, "theirs");
    assert_eq!(run.state, RunState::Succeeded);
    assert!(run.best.as_ref().unwrap().metrics.iter().any(|metric| metric.name == "test_accuracy"));
    assert!(run.pareto_rank.is_some());
    assert_eq!(world.calls_of("CreateHyperParameterTuningJob").await, 1, "only the own image's");
}

#[tokio::test]
async fn an_attached_job_is_never_stopped() {
    let world = World::held("never-stopped").await;
    by_hand(&world, &["Their-Job-2"]).await;
    world.apply(&attaching("watch", "Their-Job-2").images(&["own"])).await;
    world.await_launched("watch").await;
    // Neither by suspend, ...
    let suspended = attaching("watch", "Their-Job-2").images(&["own"]).with("/suspendPolicy", json!("Stop"));
    world.apply(&suspended.clone().with("/suspend", json!(true))).await;
    let stopping = |status: &ModelSelectionStatus| run_of(status, "own").state != RunState::Running;
    let status = world.await_observed("watch", "the own job to be stopped", stopping).await;
    assert!(is_running(run_of(&status, "theirs")));
    // ... nor by an edit that leaves it out, ...
    world.apply(&suspended.with("/suspend", json!(false)).without("theirs")).await;
    let status = world.await_observed("watch", "to be left out", |status| status.runs.len() == 1).await;
    assert!(status.superseded.iter().all(|job| job.candidate == "own"));
    // ... nor by a deletion.
    world.apply(&attaching("again", "Their-Job-2")).await;
    world.await_launched("again").await;
    world.delete_and_wait("again").await;
    world.delete_and_wait("watch").await;
    assert_eq!(status_of(&world, "Their-Job-2").await, "InProgress");
    let stops = world.emulator.requests("StopHyperParameterTuningJob").await;
    assert!(!stops.to_string().contains("Their-Job-2"), "{stops}");
}

/// They are in no listing of ours, so each is described: all of them, and each once per poll.
#[tokio::test]
async fn many_attached_jobs_are_all_described_and_each_at_most_once_per_poll() {
    let world = World::held("many").await;
    let jobs: Vec<String> = (0..40).map(|n| format!("Their-Many-{n}")).collect();
    by_hand(&world, &jobs.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let candidates: Vec<Value> =
        (0..40).map(|n| json!({"name": format!("theirs-{n}"), "tuningJobName": jobs[n]})).collect();
    world.apply(&Selection::new("many").with("/candidates", json!(candidates))).await;
    world
        .await_observed("many", "all run", |status| status.runs.len() == 40 && status.runs.iter().all(is_running))
        .await;
    world.emulator.reset_calls().await;
    let described = async || -> BTreeMap<String, u64> {
        let mut described = BTreeMap::new();
        for entry in world.emulator.requests("DescribeHyperParameterTuningJob").await.as_array().unwrap() {
            *described.entry(entry["request"].to_string()).or_default() += 1;
        }
        described
    };
    await_until("each is looked at", DEADLINE, async || described().await.len() == 40).await;
    // A poll that began before the reset may be counted in addition.
    let sweeps = world.calls_of("ListHyperParameterTuningJobs").await + 1;
    let most = described().await.into_values().max().unwrap();
    assert!(most <= sweeps, "one is described {most} times in {sweeps} sweeps");
}

#[tokio::test]
async fn two_selections_may_follow_one_job_and_a_stopped_job_with_a_result_counts() {
    let world = World::held("followed").await;
    by_hand(&world, &["Their-Job-3"]).await;
    for name in ["one", "two"] {
        world.apply(&attaching(name, "Their-Job-3")).await;
        world.await_launched(name).await;
    }
    world.emulator.advance(LONG).await;
    for name in ["one", "two"] {
        let status = world.await_complete(name).await;
        assert_eq!(run_of(&status, "theirs").state, RunState::Succeeded);
    }
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_reported() {
    let world = World::held("no-such-job").await;
    world.apply(&attaching("lost", "no-such-job").images(&["own"])).await;
    let reported = |status: &ModelSelectionStatus| {
        condition_parts(status, "Stalled").is_some_and(|(_, reason, _)| reason == "UnknownTuningJob")
            && is_running(run_of(status, "own"))
    };
    let status = world.await_status("lost", "to say so while the other runs", reported).await;
    let (_, _, message) = condition_parts(&status, "Stalled").unwrap();
    assert!(
        message.contains("there is no tuning job 'no-such-job' in us-west-2; correct `tuningJobName`"),
        "{message}"
    );
    assert!(world.calls_of("DescribeHyperParameterTuningJob").await <= 3);
}

/// One observation and one table for each job, no matter how many candidates refer to it.
#[tokio::test]
async fn many_candidates_with_the_same_job_cost_as_much_as_one() {
    let world = World::held("one-job").await;
    by_hand(&world, &["Their-Job-4"]).await;
    let candidates: Vec<Value> =
        (0..64).map(|n| json!({"name": format!("theirs-{n}"), "tuningJobName": "Their-Job-4"})).collect();
    world.apply(&Selection::new("all").with("/candidates", json!(candidates)).with("/collect", json!("All"))).await;
    world
        .await_observed("all", "all run", |status| status.runs.len() == 64 && status.runs.iter().all(is_running))
        .await;
    world.await_idle().await;
    world.emulator.reset_calls().await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("all").await;
    assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded), "{status:#?}");
    let tables: std::collections::BTreeSet<_> =
        status.runs.iter().map(|run| run.trials.as_ref().unwrap().config_map.clone()).collect();
    assert_eq!(tables.len(), 1);
    let calls = world.emulator.calls().await["byOperation"].clone();
    for operation in ["DescribeTrainingJob", "Search", "ListTrainingJobsForHyperParameterTuningJob"] {
        assert!(calls[operation].as_u64().unwrap_or(0) <= 2, "{calls}");
    }
    let sweeps = calls["ListHyperParameterTuningJobs"].as_u64().unwrap();
    assert!(calls["DescribeHyperParameterTuningJob"].as_u64().unwrap() <= sweeps + 1, "{calls}");
}
