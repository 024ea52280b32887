//! `SageMaker` is eventually consistent, and responses get lost: no job is created twice, and none runs unobserved.

use std::time::Duration;

use api::{ModelSelection, ModelSelectionStatus, Reason, RunState};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use testkit::status::{condition, is_running, job_of, run_of};
use testkit::world::{DEADLINE, LATER, LONG};
use testkit::{Selection, World, await_gone, await_object, await_until, consistently, shared};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const CREATE: &str = "CreateHyperParameterTuningJob";
/// Longer than the lags below, so that nothing counts as missing while they last.
const WINDOW: [(&str, &str); 1] = [("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "60")];

async fn world(purpose: &str, emulator: &[&str]) -> World<'static> {
    let arguments: Vec<&str> = ["--speed", "0"].iter().chain(emulator).copied().collect();
    World::start(shared().await, purpose, &arguments, &WINDOW).await
}

async fn lose_the_answer_to_create(world: &World<'_>) {
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
}

async fn succeeds_with_one_job(world: &World<'_>, name: &str) {
    world.await_launched(name).await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete(name).await;
    assert_eq!(status.runs[0].state, RunState::Succeeded, "{status:#?}");
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test]
async fn late_tags_are_not_those_of_another_owner() {
    let world = world("late-tags", &["--lag", "ListTags:Untagged:4,time=real"]).await;
    lose_the_answer_to_create(&world).await;
    world.apply(&Selection::new("late").images(&["one"])).await;
    succeeds_with_one_job(&world, "late").await;
    assert_eq!(world.events("late", "NameConflict").await, 0);
}

#[tokio::test]
async fn a_deletion_waits_for_late_tags() {
    let world = world("late-delete", &["--lag", "ListTags:Untagged:6,time=real"]).await;
    lose_the_answer_to_create(&world).await;
    world.apply(&Selection::new("late").images(&["one"])).await;
    await_until("the job is created", DEADLINE, async || world.jobs().await.len() == 1).await;
    world.delete_and_wait("late").await;
    assert_eq!(world.jobs_in("InProgress").await, [""; 0], "nothing runs on unseen");
}

#[tokio::test]
async fn an_edit_waits_for_late_tags() {
    let world = world("late-edit", &["--lag", "ListTags:Untagged:6,time=real"]).await;
    lose_the_answer_to_create(&world).await;
    let selection = Selection::new("late").images(&["one"]);
    world.apply(&selection).await;
    await_until("the job is created", DEADLINE, async || world.jobs().await.len() == 1).await;
    let first = world.jobs().await.into_keys().next().unwrap_or_default();
    world.apply(&selection.with("/rerun", json!("again"))).await;
    world.await_stop(&first).await;
    world.await_launched("late").await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 1);
}

/// A listing has shown the job; then lists and Describe come from a replica that does not know it yet.
#[tokio::test]
async fn a_job_that_a_stale_replica_misses_is_not_deleted() {
    let world = world("stale", &[]).await;
    world.apply(&Selection::new("stale").images(&["one"])).await;
    world.await_launched("stale").await;
    for operation in ["ListHyperParameterTuningJobs", "DescribeHyperParameterTuningJob"] {
        let lag = json!({"operation": operation, "kind": "Missing", "seconds": 15, "since": "now", "time": "real"});
        world.emulator.lag(lag).await;
    }
    await_until("it was looked for in vain", DEADLINE, async || {
        world.errors("DescribeHyperParameterTuningJob ResourceNotFound").await >= 2
    })
    .await;
    succeeds_with_one_job(&world, "stale").await;
}

/// The listing does not show jobs that have ended, and the search shows an old state of them.
#[tokio::test]
async fn jobs_that_a_search_shows_late_are_described() {
    let world = world("late-search", &["--lag", "Search:Behind:100000"]).await;
    world.apply(&Selection::new("late").images(&["one", "two", "three"])).await;
    world.await_launched("late").await;
    let describes = world.calls_of("DescribeHyperParameterTuningJob").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("late").await;
    assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded && run.best.is_some()), "{status:#?}");
    assert_eq!(world.calls_of("DescribeHyperParameterTuningJob").await - describes, 3);
    assert!(world.calls_of("Search").await >= 2, "it was searched for them");
}

#[tokio::test]
async fn a_response_without_an_arn_counts_as_lost() {
    for kind in ["EmptyAnswer", "NoEffect"] {
        let world = world(&format!("empty-{}", kind.to_lowercase()), &[]).await;
        world.emulator.fault(json!({"operation": CREATE, "kind": kind, "count": 1})).await;
        world.apply(&Selection::new("empty").images(&["one"])).await;
        succeeds_with_one_job(&world, "empty").await;
    }
}

/// SageMaker has said that it stops the superseded job, and does not.
#[tokio::test]
async fn a_deletion_believes_no_stop_that_had_no_effect() {
    let world = world("no-effect", &[]).await;
    let selection = Selection::new("sel").images(&["one"]);
    world.apply(&selection).await;
    world.await_launched("sel").await;
    let stop = "StopHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": stop, "kind": "NoEffect", "count": 1})).await;
    world.apply(&selection.with("/rerun", json!("again"))).await;
    let asked = |status: &ModelSelectionStatus| status.superseded.iter().any(|job| job.stop_requested);
    world.await_observed("sel", "the stop is accepted", asked).await;
    world.delete_and_wait("sel").await;
    assert_eq!(world.jobs_in("InProgress").await, [""; 0]);
}

/// As in a copy of a cluster, whose status names jobs that belong to the original one.
#[tokio::test]
async fn jobs_whose_tags_name_another_cluster_are_not_stopped() {
    let mut world =
        World::start(shared().await, "copy", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "first")]).await;
    world.apply(&Selection::new("copy").images(&["one"])).await;
    world.await_launched("copy").await;
    world.operator.kill();
    world.options.extra_env.push(("MODELSELECTION_CLUSTER_NAME".into(), "second".into()));
    world.start_operator();
    world.delete_and_wait("copy").await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 1, "the first cluster's job continues");
}

/// Nor by a suspended copy, which then has no job to wait for.
#[tokio::test]
async fn a_suspended_copy_stops_no_job_of_the_first_cluster() {
    let mut world =
        World::start(shared().await, "copy-suspend", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "first")])
            .await;
    let selection = Selection::new("copy").images(&["one"]);
    world.apply(&selection).await;
    world.await_launched("copy").await;
    world.operator.kill();
    world.options.extra_env.push(("MODELSELECTION_CLUSTER_NAME".into(), "second".into()));
    world.start_operator();
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    let without = |status: &ModelSelectionStatus| run_of(status, "one").tuning_job_name.is_none();
    world.await_observed_within("copy", "it knows that the job is another's", LATER, without).await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 1, "the first cluster's job goes on");
}

/// The status is gone, and the manifest says to stop.
#[tokio::test]
async fn suspend_stops_what_runs_for_a_lost_status() {
    let mut world =
        World::start(shared().await, "lost-suspend", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "prod")])
            .await;
    let selection = Selection::new("lost").images(&["one"]);
    world.apply(&selection).await;
    let job = job_of(&world.await_launched("lost").await, "one");
    world.operator.kill();
    remove_by_hand(&world, "lost").await;
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    world.start_operator();
    world.await_stop(&job).await;
}

/// A cluster that was rebuilt from Git with a newer commit: the status is lost, and the manifest has another candidate.
#[tokio::test]
async fn running_jobs_of_a_lost_status_are_stopped_or_adopted() {
    let mut world =
        World::start(shared().await, "rebuilt", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "prod")]).await;
    world.apply(&Selection::new("lost").images(&["kept", "dropped"])).await;
    let before = world.await_launched("lost").await;
    world.operator.kill();
    remove_by_hand(&world, "lost").await;
    world.apply(&Selection::new("lost").images(&["kept", "new"])).await;
    world.start_operator();
    world.await_stop(&job_of(&before, "dropped")).await;
    let after = world.await_launched("lost").await;
    assert_eq!(job_of(&after, "kept"), job_of(&before, "kept"));
    assert_eq!(world.jobs().await.len(), 3);
}

/// The same, if the new incarnation is being deleted.
#[tokio::test]
async fn a_deletion_without_a_status_stops_running_jobs() {
    let mut world =
        World::start(shared().await, "deleted", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "prod")]).await;
    let selection = Selection::new("lost").images(&["one"]);
    world.apply(&selection).await;
    world.await_launched("lost").await;
    world.operator.kill();
    remove_by_hand(&world, "lost").await;
    let finalizers = selection.clone();
    world.apply(&finalizers).await;
    let patch = json!({"metadata": {"finalizers": ["modelselection.dev/stop-tuning-jobs"]}});
    patch_object(&world, "lost", &patch).await;
    world.selections.delete("lost", &DeleteParams::default()).await.unwrap_or_else(|e| panic!("{e}"));
    world.start_operator();
    await_gone(&world.selections, "lost", DEADLINE).await;
    assert_eq!(world.jobs_in("InProgress").await, [""; 0]);
}

#[tokio::test]
async fn the_status_matches_sagemaker_once_another_writer_has_stopped() {
    let world = World::held("writer").await;
    world.apply(&Selection::new("writer").images(&["one", "two"])).await;
    world.await_launched("writer").await;
    for state in ["Stopped", "Succeeded", "Failed", "Running", "Stopped"] {
        let mut runs: Value = json!([]);
        let current = world.selections.get("writer").await.unwrap_or_else(|e| panic!("{e}"));
        for run in current.status.unwrap_or_default().runs {
            let mut run = serde_json::to_value(run).unwrap_or_default();
            run["state"] = json!(state);
            runs.as_array_mut().expect("a list").push(run);
        }
        let patch = json!({"status": {"runs": runs}});
        world
            .selections
            .patch_status("writer", &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .unwrap_or_else(|e| panic!("{e}"));
    }
    let right = |status: &ModelSelectionStatus| status.runs.iter().all(is_running);
    world.await_observed("writer", "both run again", right).await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("writer").await;
    assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded), "{status:#?}");
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test]
async fn a_new_role_needs_no_person() {
    let world = world("role", &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "RoleNotAssumable", "count": 1})).await;
    world.apply(&Selection::new("role").images(&["one"])).await;
    let status = world.await_condition("role", "Ready", Reason::RetryingAfterError).await;
    assert!(condition(&status, "Stalled").is_none(), "{status:#?}");
    assert!(condition(&status, "Ready").is_some_and(|ready| ready.message.contains("Could not assume role")));
    world.await_launched("role").await;
}

#[tokio::test]
async fn a_job_that_was_stopped_elsewhere_keeps_its_result() {
    let world = World::held("stopped").await;
    world.emulator.set_seconds_per_epoch(60.0).await;
    world.apply(&Selection::new("stopped").images(&["one"]).with("/tuning/maxParallelTrainingJobs", json!(1))).await;
    let launched = world.await_launched("stopped").await;
    let job = job_of(&launched, "one");
    await_until("a training job has completed", DEADLINE, async || {
        world.emulator.advance(60).await;
        let described = json!({"HyperParameterTuningJobName": job});
        let job = world.emulator.call("DescribeHyperParameterTuningJob", &described).await.unwrap_or_default();
        if job["TrainingJobStatusCounters"]["Completed"].as_i64() >= Some(1) { Ok(()) } else { Err(job) }
    })
    .await;
    let request = json!({"HyperParameterTuningJobName": job});
    world.emulator.call("StopHyperParameterTuningJob", &request).await.unwrap_or_else(|e| panic!("{e:?}"));
    await_until("the stop is done", DEADLINE, async || {
        world.emulator.advance(60).await;
        world.jobs_in("Stopped").await.len() == 1
    })
    .await;
    let status = world.await_complete("stopped").await;
    assert_eq!(status.runs[0].state, RunState::Succeeded, "{status:#?}");
    assert!(!status.fronts[0].members.is_empty());
}

#[tokio::test]
async fn a_failure_says_why_its_training_failed() {
    let world = World::held("why").await;
    let reason = "AlgorithmError: ExecuteUserScriptError: ValueError: No images found\n\u{1b}[31mforged";
    world.emulator.behave(json!({"match": "*", "failAlways": true, "failureReason": reason})).await;
    world.apply(&Selection::new("why").images(&["one"])).await;
    world.await_launched("why").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("why").await;
    let message = run_of(&status, "one").message.clone().unwrap_or_default();
    assert!(
        message.contains("ValueError: No images found") && message.contains("/aws/sagemaker/TrainingJobs"),
        "{message}"
    );
    assert!(!message.chars().any(char::is_control), "{message:?}");
    assert!(!world.operator.logs().contains('\u{1b}'), "foreign text colours no line of the log");
}

#[tokio::test]
async fn a_warm_start_waits_for_a_parent_that_runs() {
    let world = World::held("parent").await;
    world.apply(&Selection::new("parent").images(&["one"])).await;
    let parent = job_of(&world.await_launched("parent").await, "one");
    let warm_start = json!({"type": "TransferLearning", "parentTuningJobNames": [parent]});
    world.apply(&Selection::new("child").images(&["one"]).with("/tuning/warmStart", warm_start)).await;
    let waits = |status: &ModelSelectionStatus| {
        status.runs.first().is_some_and(|run| run.reason == Some(Reason::WaitingForParent))
    };
    let status = world.await_observed("child", "it waits for its parent", waits).await;
    assert!(condition(&status, "Stalled").is_none(), "{status:#?}");
    assert!(run_of(&status, "one").message.as_deref().is_some_and(|message| message.contains(&parent)));
    world.emulator.advance(LONG).await;
    world.await_complete("parent").await;
    world.await_launched("child").await;
}

#[tokio::test]
async fn a_version_that_no_status_can_hold_blocks_nothing_else() {
    let world = World::held("version").await;
    let id = "tensorflow-ic-odd";
    world.emulator.set_hub_model(json!({"id": id, "version": "9".repeat(200), "unchecked": true})).await;
    world.apply(&Selection::new("version").jump_start("odd", id, "*").images(&["own"])).await;
    let both = |status: &ModelSelectionStatus| {
        let asked = run_of(status, "odd").reason != Some(Reason::Progressing);
        status.runs.iter().any(is_running) && asked
    };
    let status = world.await_observed("version", "the own image runs, and the hub has answered", both).await;
    assert_eq!(run_of(&status, "odd").reason, Some(Reason::UnknownVersion), "{status:#?}");
}

#[tokio::test]
async fn jobs_of_a_selection_whose_finalizer_was_removed_are_named() {
    let world = World::held("by-hand").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    world.apply(&Selection::new("by-hand").images(&["one"])).await;
    let job = job_of(&world.await_launched("by-hand").await, "one");
    world.delete("by-hand").await;
    let waits = |selection: &ModelSelection| {
        let ready = selection.status.as_ref().and_then(|status| condition(status, "Ready"));
        ready.is_some_and(|ready| ready.message.contains("deletionPolicy"))
    };
    await_object(&world.selections, "by-hand", "it says that the deletion waits", DEADLINE, waits).await;
    remove_by_hand(&world, "by-hand").await;
    await_until("an Event of the namespace names the job", DEADLINE, async || {
        world.events(&world.namespace, "TuningJobsLeftRunning").await > 0
    })
    .await;
    let logs = world.operator.logs();
    let command = format!("--hyper-parameter-tuning-job-name {job}");
    assert!(logs.contains(&command), "{logs}");
}

async fn patch_object(world: &World<'_>, name: &str, patch: &Value) {
    let patched = world.selections.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
    patched.unwrap_or_else(|e| panic!("cannot patch {name}: {e}"));
}

/// Deletes a selection and removes its finalizer manually.
async fn remove_by_hand(world: &World<'_>, name: &str) {
    let _ = world.selections.delete(name, &DeleteParams::default()).await;
    let patch = json!({"metadata": {"finalizers": null}});
    let _ = world.selections.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await;
    await_gone(&world.selections, name, DEADLINE).await;
}

/// A job that was invisible for longer than the consistency window. The operator looks once more and follows it again:
/// the same process, or the next one.
#[tokio::test]
async fn a_job_that_was_declared_deleted_is_looked_for_once_more() {
    let mut world = World::held("found-again").await;
    for (name, restart) in [("same", false), ("next", true)] {
        world.apply(&Selection::new(name).images(&["one"])).await;
        let job = job_of(&world.await_launched(name).await, "one");
        // For ever, as far as the process can tell.
        let lag =
            json!({"operation": "*", "kind": "Missing", "seconds": 1_000_000, "since": "now", "nameContains": job});
        world.emulator.lag(lag).await;
        let status = world.await_complete(name).await;
        assert_eq!(status.runs[0].reason, Some(Reason::TuningJobDeleted), "{status:#?}");
        if restart {
            world.operator.kill();
        }
        world.emulator.clear_lags().await;
        if restart {
            world.start_operator();
        }
        world.await_launched(name).await;
        world.emulator.advance(LONG).await;
        let status = world.await_complete(name).await;
        assert_eq!((status.runs[0].state, status.runs[0].attempt), (RunState::Succeeded, 0), "{status:#?}");
    }
    assert_eq!(world.jobs().await.len(), 2);
}

/// The finalizer is removed manually after the operator was restarted: it knows the job from the status.
#[tokio::test]
async fn jobs_are_also_named_by_a_restarted_operator() {
    let mut world = World::held("by-hand-again").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    world.apply(&Selection::new("by-hand").images(&["one"])).await;
    let job = job_of(&world.await_launched("by-hand").await, "one");
    world.delete("by-hand").await;
    let refused = "StopHyperParameterTuningJob AccessDeniedException";
    await_until("the stop is refused", DEADLINE, async || world.errors(refused).await > 0).await;
    world.operator.kill();
    let before = world.errors(refused).await;
    world.start_operator();
    await_until("and refused again", DEADLINE, async || world.errors(refused).await > before).await;
    remove_by_hand(&world, "by-hand").await;
    await_until("an Event of the namespace names the job", DEADLINE, async || {
        world.events(&world.namespace, "TuningJobsLeftRunning").await > 0
    })
    .await;
    let logs = world.operator.logs();
    assert!(logs.contains(&format!("--hyper-parameter-tuning-job-name {job}")), "{logs}");
}

/// Deleted with `Retain` and applied again while the search lags and the hub has a newer version: the same manifest
/// means the same job. That also holds for the next process, which remembers nothing.
#[tokio::test]
async fn a_version_is_kept_while_the_search_lags_and_the_hub_has_a_newer_one() {
    for restart in [false, true] {
        let arguments = ["--search-lag", "100000"];
        let mut world = world(&format!("pinned-{restart}"), &arguments).await;
        let selection =
            Selection::new("pinned").jump_start("js", MOBILENET, "*").with("/deletionPolicy", json!("Retain"));
        world.apply(&selection).await;
        let first = world.await_launched("pinned").await;
        world.delete_and_wait("pinned").await;
        world.emulator.set_hub_model(json!({"id": MOBILENET, "version": "99.0.0"})).await;
        if restart {
            world.kill_and_restart();
        }
        world.apply(&selection).await;
        let second = world.await_launched("pinned").await;
        assert_eq!(second.runs, first.runs, "restarted: {restart}");
        assert_eq!(world.jobs().await.len(), 1);
    }
}

/// A job that carries our tags, but not the name that follows from them, may belong to anyone.
#[tokio::test]
async fn a_foreign_job_with_our_tags_determines_no_version() {
    let world = World::held("stranger").await;
    world.apply(&Selection::new("stranger").jump_start("js", MOBILENET, "*")).await;
    let ours = run_of(&world.await_launched("stranger").await, "js").clone();
    let name = ours.tuning_job_name.clone().unwrap_or_default();
    let mut tags = world.job_documents().await[&name]["tags"].clone();
    world.delete_and_wait("stranger").await;
    tags["sagemaker-sdk:jumpstart-model-version"] = json!("1.0.0");
    let list: Vec<Value> =
        tags.as_object().expect("tags").iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let mut request = testkit::jobs::foreign_job("ms-stranger-anybody");
    request["Tags"] = json!(list);
    world.emulator.call(CREATE, &request).await.unwrap_or_else(|e| panic!("{e:?}"));
    world.apply(&Selection::new("stranger").jump_start("js", MOBILENET, "*").with("/rerun", json!("again"))).await;
    let again = world.await_launched("stranger").await;
    assert_eq!(run_of(&again, "js").model_version, ours.model_version);
    await_until("it is reported", DEADLINE, async || world.events("stranger", "TuningJobsLeftRunning").await > 0).await;
    assert_eq!(world.jobs().await["ms-stranger-anybody"].status, "InProgress", "and it is not stopped");
}

/// A stop of a job that ended a moment ago is a race, not a fault.
#[tokio::test]
async fn a_stop_that_comes_too_late_is_not_a_fault() {
    let world = World::held("race").await;
    let selection = Selection::new("race").images(&["one"]);
    world.apply(&selection).await;
    let job = job_of(&world.await_launched("race").await, "one");
    let stop = "StopHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": stop, "kind": "AlreadyEnded", "count": 1})).await;
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    world.await_stop(&job).await;
    let (_, text) = world.operator.get("/metrics").await.unwrap_or_else(|e| panic!("{e}"));
    let outcome = |outcome: &str| text.contains(&format!("operation=\"{stop}\",outcome=\"{outcome}\""));
    assert!(outcome("ended") && !outcome("invalid"), "{text}");
    let events = world.events("race", "InvalidRequest").await;
    assert_eq!(events, 0);
}

/// A wrong clock has a reason of its own, and a metric shows the age of the snapshot.
#[tokio::test]
async fn refused_signatures_are_reported_as_a_wrong_clock() {
    let world = World::held("skewed").await;
    world.apply(&Selection::new("skewed").images(&["one"])).await;
    world.await_launched("skewed").await;
    for kind in ["RequestExpired", "SignatureExpired"] {
        world.emulator.fault(json!({"operation": "*", "kind": kind})).await;
        let status = world.await_condition("skewed", "Stalled", Reason::ClockSkewed).await;
        let message = &condition(&status, "Stalled").expect("it is stalled").message;
        assert!(message.contains("set the clock of the operator's node"), "{message}");
        await_until("the age of the snapshot is measured", DEADLINE, async || {
            let (_, text) = world.operator.get("/metrics").await?;
            let age = testkit::operator::metrics(&text)["modelselection_observation_age_seconds{region=\"us-west-2\"}"];
            if age > 2.0 { Ok(()) } else { Err(age.to_string()) }
        })
        .await;
        world.emulator.clear_faults().await;
        world.await_condition("skewed", "Ready", Reason::TuningRunning).await;
    }
    world.emulator.advance(LONG).await;
    world.await_complete("skewed").await;
}

/// Its first create has no effect, and the quota refuses the next ones for longer than the consistency window. When a
/// create has an effect at last, its response is lost, and Describe does not show the job yet.
#[tokio::test]
async fn that_a_job_did_not_show_before_it_was_created_proves_nothing() {
    let world = World::start(shared().await, "absence", &["--speed", "0", "--max-tuning-jobs", "1"], &[]).await;
    world.apply(&Selection::new("first").images(&["first"])).await;
    world.await_launched("first").await;
    let describe = "DescribeHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 1})).await;
    world.apply(&Selection::new("second").images(&["second"])).await;
    await_until("it was looked for in vain, for longer than the window", DEADLINE, async || {
        world.errors(&format!("{describe} ResourceNotFound")).await >= 4
    })
    .await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    let of_second = json!({"operation": describe, "kind": "NotFound", "nameContains": "ms-second", "count": 2});
    world.emulator.fault(of_second).await;
    world.emulator.advance(LONG).await;
    world.await_faults_spent().await;
    let status = world.await_launched("second").await;
    assert_eq!(status.runs[0].attempt, 0, "{status:#?}");
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test]
async fn while_tags_are_late_there_are_few_passes() {
    let world = world("late-passes", &["--lag", "ListTags:Untagged:8,time=real"]).await;
    lose_the_answer_to_create(&world).await;
    world.apply(&Selection::new("late").images(&["one"])).await;
    await_until("the job is created", DEADLINE, async || world.jobs().await.len() == 1).await;
    let before = world.reconciles().await;
    world.await_launched("late").await;
    let passes = world.reconciles().await - before;
    assert!(passes <= 20, "{passes} passes in eight seconds");
}

/// Longer than a job that does not exist is looked for.
#[tokio::test]
async fn a_deletion_waits_for_tags_that_are_not_found() {
    let world = World::hurried("no-tags", &[]).await;
    world.apply(&Selection::new("untagged").images(&["one"])).await;
    world.await_launched("untagged").await;
    world.emulator.fault(json!({"operation": "ListTags", "kind": "NotFound"})).await;
    world.delete("untagged").await;
    // Fifty seconds by the operator's clock.
    let waits = async || {
        let selection = world.selections.get_opt("untagged").await.unwrap();
        selection.map(drop).ok_or_else(|| "the selection is gone".to_owned())
    };
    consistently("the deletion waits", Duration::from_secs(5), waits).await;
    world.emulator.clear_faults().await;
    await_gone(&world.selections, "untagged", DEADLINE).await;
    assert_eq!(world.jobs_in("InProgress").await, [""; 0]);
}
