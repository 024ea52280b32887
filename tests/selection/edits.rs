//! An edit touches only the runs whose definition it changes, and costs only what those runs cost.

use api::{ModelSelectionStatus, RunState};
use serde_json::json;
use testkit::status::{conditions, is_running, job_of, run_of, timeless};
use testkit::world::LONG;
use testkit::{Selection, World};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";

fn members(status: &ModelSelectionStatus) -> Vec<&str> {
    status.fronts[0].members.iter().map(|member| member.candidate.as_str()).collect()
}

#[tokio::test]
async fn editing_a_candidate_gives_it_a_new_job_stops_the_old_one_and_leaves_the_others_alone() {
    let world = World::held("candidate").await;
    let selection = Selection::new("candidate").images(&["edited", "other"]).jump_start("mobilenet", MOBILENET, "*");
    world.apply(&selection).await;
    let before = world.await_launched("candidate").await;
    world.apply(&selection.with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    let after = world.await_launched("candidate").await;

    assert_eq!(run_of(&after, "other"), run_of(&before, "other"));
    assert_eq!(run_of(&after, "mobilenet"), run_of(&before, "mobilenet"));
    let (old, new) = (job_of(&before, "edited"), job_of(&after, "edited"));
    assert_ne!(run_of(&after, "edited").definition, run_of(&before, "edited").definition);
    assert_eq!(run_of(&after, "edited").attempt, 0, "another definition begins with its own first attempt");
    world.await_stop(&old).await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 4);
    for running in [new, job_of(&before, "other"), job_of(&before, "mobilenet")] {
        assert_eq!(jobs[&running].status, "InProgress", "{running}");
    }
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 1);

    world.emulator.advance(LONG).await;
    let done = world.await_complete("candidate").await;
    assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded), "{done:#?}");
}

#[tokio::test]
async fn a_run_that_has_ended_is_not_stopped_when_its_definition_changes() {
    let world = World::held("ended").await;
    let selection = Selection::new("ended").images(&["edited", "other"]);
    world.apply(&selection).await;
    world.await_launched("ended").await;
    world.emulator.advance(LONG).await;
    let before = world.await_complete("ended").await;
    world.apply(&selection.with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    let running = world.await_observed("ended", "the new job runs", |s| is_running(run_of(s, "edited"))).await;
    assert!(run_of(&running, "edited").best.is_none(), "the old result is not the new definition's");
    assert_eq!(run_of(&running, "other").best, run_of(&before, "other").best);
    assert_eq!(members(&running), ["other"]);
    assert!(running.completion_time.is_none());
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
    assert_eq!(world.jobs().await.len(), 3);
}

#[tokio::test]
async fn adding_a_candidate_or_a_dataset_adds_runs_and_touches_no_other() {
    let world = World::held("adding").await;
    let selection = Selection::new("adding").images(&["one", "two"]);
    world.apply(&selection).await;
    let two = world.await_launched("adding").await;
    let selection = selection.images(&["three"]);
    world.apply(&selection).await;
    let three = world.await_launched("adding").await;
    assert_eq!((three.runs.len(), &three.runs[..2]), (3, &two.runs[..]));
    world.apply(&selection.dataset("large")).await;
    let six = world.await_launched("adding").await;
    assert_eq!((six.runs.len(), &six.runs[..3]), (6, &three.runs[..]));
    let jobs = world.jobs().await;
    assert_eq!((jobs.len(), jobs.values().filter(|job| job.dataset == "large").count()), (6, 3));
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

#[tokio::test]
async fn removing_a_candidate_stops_its_running_job_and_forgets_its_result() {
    let world = World::held("removing").await;
    let selection = Selection::new("removing").images(&["gone", "stays", "late"]);
    world.apply(&selection).await;
    let before = world.await_launched("removing").await;
    let selection = selection.without("gone");
    world.apply(&selection).await;
    let after = world.await_launched("removing").await;
    assert_eq!(after.runs, &before.runs[1..]);
    world.await_stop(&job_of(&before, "gone")).await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);

    world.emulator.advance(LONG).await;
    world.await_complete("removing").await;
    world.await_idle().await;
    world.emulator.reset_calls().await;
    world.apply(&selection.without("late")).await;
    let last = world.await_complete("removing").await;
    assert_eq!((last.runs.len(), members(&last)), (1, vec!["stays"]));
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0, "an ended job needs no stop");
}

#[tokio::test]
async fn reordering_candidates_reorders_runs_and_creates_none() {
    let world = World::held("order").await;
    world.apply(&Selection::new("order").images(&["one", "two"])).await;
    let before = world.await_launched("order").await;
    world.emulator.reset_calls().await;
    world.apply(&Selection::new("order").images(&["two", "one"])).await;
    let after = world.await_launched("order").await;
    assert_eq!(after.runs, [before.runs[1].clone(), before.runs[0].clone()]);
    for operation in ["CreateHyperParameterTuningJob", "StopHyperParameterTuningJob"] {
        assert_eq!(world.calls_of(operation).await, 0, "{operation}");
    }
}

#[tokio::test]
async fn objectives_and_constraints_recompute_the_front_and_cost_no_call() {
    let world = World::fast("objectives").await;
    for (image, accuracy, throughput) in [("accurate", 90.0, 10.0), ("quick", 80.0, 20.0), ("worse", 70.0, 5.0)] {
        let row = json!({"match": format!("*/{image}:1"), "accuracy": accuracy, "throughput": throughput, "secondsPerEpoch": 30});
        world.emulator.behave(row).await;
    }
    let selection = Selection::new("objectives").images(&["worse", "accurate", "quick"]);
    world.apply(&selection).await;
    let both = world.await_complete("objectives").await;
    assert_eq!(members(&both), ["accurate", "quick"]);
    world.await_idle().await;
    world.emulator.reset_calls().await;

    let only = |metric: &str, goal: &str| json!([{"metric": metric, "goal": goal}]);
    let steps = [
        (selection.clone().with("/objectives", only("test_throughput", "Maximize")), vec!["quick"]),
        (selection.clone().with("/objectives", only("test_throughput", "Minimize")), vec!["worse"]),
        (selection.clone().with("/objectives", only("val_accuracy", "Maximize")), vec!["accurate"]),
        (selection.clone().with("/constraints", json!([{"metric": "test_throughput", "max": "15"}])), vec!["accurate"]),
        (selection.clone().with("/constraints", json!([])), vec!["accurate", "quick"]),
    ];
    for (edited, expected) in steps {
        world.apply(&edited).await;
        let status = world.await_observed("objectives", "the edit is seen", |_| true).await;
        assert_eq!(members(&status), expected);
        assert_eq!(status.completion_time, both.completion_time);
        for (now, then) in status.runs.iter().zip(&both.runs) {
            assert_eq!((&now.best, &now.tuning_job_name), (&then.best, &then.tuning_job_name));
        }
    }
    // Without any front, and back: the conditions follow.
    world.apply(&selection.clone().with("/constraints", json!([{"metric": "test_accuracy", "min": "0.99"}]))).await;
    let none = world.await_observed("objectives", "the edit is seen", |_| true).await;
    assert!(conditions(&none).contains(&"Stalled=True/NoUsableResult".to_owned()), "{none:#?}");
    world.apply(&selection).await;
    let again = world.await_observed("objectives", "the edit is seen", |_| true).await;
    let ungenerated = |status: &ModelSelectionStatus| {
        let mut status = status.clone();
        status.observed_generation = None;
        status.conditions.iter_mut().for_each(|condition| condition.observed_generation = None);
        timeless(&status)
    };
    assert_eq!(ungenerated(&again), ungenerated(&both));
    assert_eq!(world.calls().await, 0);
    assert_eq!(world.jobs().await.len(), 3);
}

#[tokio::test]
async fn edits_that_change_no_definition_create_no_job_even_while_jobs_run() {
    let world = World::held("same").await;
    let selection = Selection::new("same").images(&["one", "two"]);
    world.apply(&selection).await;
    let before = world.await_launched("same").await;
    world.emulator.reset_calls().await;
    for (pointer, value) in [
        ("/executionRoleARN", json!("arn:aws:iam::111122223333:role/Another")),
        ("/training/outputS3URI", json!("s3://elsewhere/")),
        ("/maxConcurrentTuningJobs", json!(1)),
        ("/readyPolicy", json!("Completed")),
        ("/deletionPolicy", json!("Retain")),
        ("/retries", json!(3)),
        ("/objectives", json!([{"metric": "test_throughput", "goal": "Minimize"}])),
        ("/constraints", json!([{"metric": "test_accuracy", "min": "0.1"}])),
        // The default, given explicitly.
        ("/tuning/strategy", json!("Bayesian")),
    ] {
        world.apply(&selection.clone().with(pointer, value)).await;
        let after = world.await_launched("same").await;
        assert_eq!(after.runs, before.runs, "{pointer}");
        assert!(after.superseded.is_empty(), "{pointer}");
    }
    for operation in ["CreateHyperParameterTuningJob", "StopHyperParameterTuningJob"] {
        assert_eq!(world.calls_of(operation).await, 0, "{operation}");
    }
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
}

#[tokio::test]
async fn rerun_runs_everything_again_and_stops_only_what_still_runs() {
    let world = World::held("rerun").await;
    let selection = Selection::new("rerun").images(&["one", "two"]);
    world.apply(&selection).await;
    let first = world.await_launched("rerun").await;
    world.apply(&selection.clone().with("/rerun", json!("second"))).await;
    let second = world.await_launched("rerun").await;
    for candidate in ["one", "two"] {
        assert_eq!(run_of(&second, candidate).definition, run_of(&first, candidate).definition);
        assert_eq!(run_of(&second, candidate).attempt, 0);
        assert_ne!(job_of(&second, candidate), job_of(&first, candidate));
        world.await_stop(&job_of(&first, candidate)).await;
    }
    world.emulator.advance(LONG).await;
    let complete = world.await_complete("rerun").await;
    world.emulator.reset_calls().await;
    world.apply(&selection.with("/rerun", json!("third"))).await;
    let third = world.await_launched("rerun").await;
    assert_ne!(job_of(&third, "one"), job_of(&complete, "one"));
    assert_eq!(world.jobs().await.len(), 6);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

#[tokio::test]
async fn going_back_to_a_definition_whose_job_was_stopped_makes_a_new_attempt() {
    let world = World::held("back").await;
    let first = Selection::new("back").images(&["one", "other"]);
    world.apply(&first).await;
    let before = world.await_launched("back").await;
    world.apply(&first.clone().with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    let between = world.await_launched("back").await;
    world.await_stop(&job_of(&before, "one")).await;
    world.apply(&first).await;
    let after = world.await_launched("back").await;
    let run = run_of(&after, "one");
    assert_eq!((run.attempt, &run.definition), (1, &run_of(&before, "one").definition));
    assert_ne!(job_of(&after, "one"), job_of(&before, "one"));
    world.await_stop(&job_of(&between, "one")).await;
    assert_eq!(run_of(&after, "other"), run_of(&before, "other"));
    world.emulator.advance(LONG).await;
    let done = world.await_complete("back").await;
    assert_eq!((run_of(&done, "one").state, run_of(&done, "one").attempt), (RunState::Succeeded, 1));
    assert_eq!(world.jobs().await.len(), 4);
}

#[tokio::test]
async fn going_back_to_a_definition_whose_job_has_completed_adopts_its_result() {
    let world = World::held("taken-up").await;
    let first = Selection::new("taken-up").images(&["one"]);
    world.apply(&first).await;
    world.await_launched("taken-up").await;
    world.emulator.advance(LONG).await;
    let before = world.await_complete("taken-up").await;
    world.apply(&first.clone().with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    world.await_launched("taken-up").await;
    world.emulator.advance(LONG).await;
    world.await_complete("taken-up").await;
    world.apply(&first).await;
    let after = world.await_complete("taken-up").await;
    assert_eq!(after.runs, before.runs);
    assert_eq!(after.fronts, before.fronts);
    assert_eq!(world.jobs().await.len(), 2);
}

/// The stop of a superseded job must not hit the run that needs the job again.
#[tokio::test]
async fn going_back_before_the_old_job_could_be_stopped_never_ends_in_a_stopped_run() {
    let world = World::held("in-time").await;
    let first = Selection::new("in-time").images(&["one"]);
    world.apply(&first).await;
    let before = world.await_launched("in-time").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "InternalFailure"})).await;
    world.apply(&first.clone().with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    let edited = world
        .await_observed("in-time", "the new job runs and the old one cannot be stopped", |status| {
            is_running(&status.runs[0]) && !status.superseded.is_empty()
        })
        .await;
    assert_ne!(job_of(&edited, "one"), job_of(&before, "one"));
    world.apply(&first).await;
    world
        .await_observed("in-time", "the first definition runs again", |status| {
            status.runs[0].definition == before.runs[0].definition && is_running(&status.runs[0])
        })
        .await;
    world.emulator.clear_faults().await;
    world.await_stop(&job_of(&edited, "one")).await;
    let settled = world.await_launched("in-time").await;
    assert_eq!(settled.runs[0].definition, before.runs[0].definition);
    world.emulator.advance(LONG).await;
    let done = world.await_complete("in-time").await;
    assert_eq!(done.runs[0].state, RunState::Succeeded, "{done:#?}");
    assert_eq!(job_of(&done, "one"), job_of(&before, "one"), "the job ran all the time: nothing is paid twice");
}

#[tokio::test]
async fn an_edit_while_the_job_is_being_created_leaves_only_the_new_one_running() {
    let world = World::held("meanwhile").await;
    let first = Selection::new("meanwhile").images(&["one"]);
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 1, "delayMillis": 1500});
    world.emulator.fault(order).await;
    world.apply(&first).await;
    world.await_faults_spent().await;
    world.apply(&first.with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
    let after = world.await_launched("meanwhile").await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 2);
    let old = jobs.keys().find(|name| **name != job_of(&after, "one")).unwrap();
    world.await_stop(old).await;
    assert_eq!(world.jobs_in("InProgress").await, [job_of(&after, "one")]);
}

#[tokio::test]
async fn another_region_reruns_everything_there_and_stops_the_jobs_in_the_old_one() {
    let world = World::held("region").await;
    let selection = Selection::new("region").images(&["one", "two"]);
    world.apply(&selection).await;
    world.await_launched("region").await;
    world.apply(&selection.clone().with("/region", json!("eu-west-1"))).await;
    let moved = world.await_launched("region").await;
    assert_eq!(moved.region.as_deref(), Some("eu-west-1"));
    let regions = async |status: &str| {
        let jobs = world.jobs().await.into_values().filter(|job| job.status == status);
        let mut regions: Vec<String> = jobs.map(|job| job.region).collect();
        regions.sort();
        regions
    };
    assert_eq!(regions("InProgress").await, ["eu-west-1", "eu-west-1"]);
    assert_eq!(regions("Stopping").await, ["us-west-2", "us-west-2"]);
    world.emulator.advance(LONG).await;
    assert!(world.await_complete("region").await.runs.iter().all(|run| run.state == RunState::Succeeded));
    // Back again: the region is part of the definition, so these are the next attempts of the stopped jobs.
    world.apply(&selection).await;
    let back = world.await_launched("region").await;
    assert!(back.runs.iter().all(|run| run.attempt == 1), "{back:#?}");
}

#[tokio::test]
async fn raising_retries_after_a_failure_tries_again() {
    let world = World::held("raised").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
    let selection = Selection::new("raised").images(&["broken", "fine"]);
    world.apply(&selection).await;
    world.await_launched("raised").await;
    world.emulator.advance(LONG).await;
    let failed = world.await_complete("raised").await;
    assert_eq!(run_of(&failed, "broken").state, RunState::Failed);
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": false})).await;
    world.apply(&selection.with("/retries", json!(1))).await;
    let again = world.await_observed("raised", "it runs again", |s| is_running(run_of(s, "broken"))).await;
    assert_eq!((run_of(&again, "broken").attempt, run_of(&again, "broken").failed_attempts), (1, 1));
    assert_eq!(run_of(&again, "fine"), run_of(&failed, "fine"));
    world.emulator.advance(LONG).await;
    let done = world.await_complete("raised").await;
    assert_eq!(run_of(&done, "broken").state, RunState::Succeeded);
    assert_eq!(world.jobs().await.len(), 3);
}
