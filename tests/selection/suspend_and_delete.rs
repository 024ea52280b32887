//! Suspend starts nothing new, deletion leaves nothing behind that it should not, and neither hangs.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use api::{ModelSelectionStatus, Reason, RunState};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;
use testkit::status::{condition, condition_parts, conditions, is_running, job_of, run_of};
use testkit::world::{DEADLINE, LONG};
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_gone, await_until, consistently, shared};
use tokio::time::Instant;

fn sorted(status: &ModelSelectionStatus) -> Vec<String> {
    let mut all = conditions(status);
    all.sort();
    all
}

const SUSPENDED: [&str; 4] =
    ["Finished=False/Suspended", "Ready=True/Suspended", "Succeeded=Unknown/Suspended", "Suspended=True/Suspended"];

/// A pass creates jobs for up to a minute; nobody should have to pay for those that an edit does not want any more.
#[tokio::test]
async fn an_edit_or_a_deletion_stops_a_pass_that_creates_jobs() {
    let images: Vec<String> = (0..100).map(|n| format!("image-{n:02}")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let world = World::held("creating").await;
    for name in ["edited", "deleted"] {
        let selection = Selection::new(name).images(&images).with("/maxConcurrentTuningJobs", json!(100));
        world.emulator.reset_calls().await;
        world.apply(&selection).await;
        await_until("some are created", DEADLINE, async || world.calls_of("CreateHyperParameterTuningJob").await >= 3)
            .await;
        if name == "edited" {
            world.apply(&selection.with("/suspend", json!(true))).await;
            world
                .await_observed(name, "it is suspended", |status| condition_parts(status, "Suspended").is_some())
                .await;
        } else {
            world.selections.delete(name, &DeleteParams::default()).await.unwrap();
            let stops = async || world.calls_of("StopHyperParameterTuningJob").await > 0;
            await_until("the cleanup begins", DEADLINE, stops).await;
        }
        let created = world.calls_of("CreateHyperParameterTuningJob").await;
        assert!(created < 50, "{created} of 100 jobs of the {name} selection were created");
    }
}

#[tokio::test]
async fn a_suspended_selection_drains_and_starts_nothing_until_it_is_resumed() {
    let world = World::held("drain").await;
    let selection = Selection::new("drain").images(&["one", "two"]).with("/maxConcurrentTuningJobs", json!(1));
    world.apply(&selection).await;
    world.await_observed("drain", "one runs", |status| is_running(&status.runs[0])).await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    let suspended =
        world.await_observed("drain", "it is suspended", |status| condition_parts(status, "Suspended").is_some()).await;
    assert_eq!(sorted(&suspended), SUSPENDED);
    assert_eq!((suspended.runs[0].state, suspended.runs[1].state), (RunState::Running, RunState::Waiting));
    world.emulator.advance(LONG).await;
    let drained =
        world.await_status("drain", "one has ended", |status| status.runs[0].state == RunState::Succeeded).await;
    assert_eq!(sorted(&drained), SUSPENDED, "there is more to do once it is resumed");
    assert!(drained.completion_time.is_none());
    consistently("the second run has no job", Duration::from_secs(1), async || match world.jobs().await.len() {
        1 => Ok(()),
        n => Err(format!("{n} jobs")),
    })
    .await;
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);

    world.apply(&selection.with("/suspend", json!(false))).await;
    let resumed = world.await_observed("drain", "the second runs", |status| is_running(&status.runs[1])).await;
    assert_eq!(
        sorted(&resumed),
        ["Finished=False/TuningRunning", "Ready=True/TuningRunning", "Succeeded=Unknown/TuningRunning"]
    );
    world.emulator.advance(LONG).await;
    let done = world.await_complete("drain").await;
    assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 0));
}

#[tokio::test]
async fn suspend_stops_running_jobs_if_asked_and_resuming_runs_them_as_new_attempts() {
    let world = World::held("stop").await;
    let selection = Selection::new("stop").images(&["ended", "one", "two"]).with("/suspendPolicy", json!("Stop"));
    for (image, seconds) in [("ended", 30), ("one", 10_000), ("two", 10_000)] {
        world.emulator.behave(json!({"match": format!("*/{image}:1"), "secondsPerEpoch": seconds})).await;
    }
    world.apply(&selection).await;
    let before = world.await_launched("stop").await;
    world.emulator.advance(1_000).await;
    world
        .await_status("stop", "one run has ended", |status| run_of(status, "ended").state == RunState::Succeeded)
        .await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    for candidate in ["one", "two"] {
        world.await_stop(&job_of(&before, candidate)).await;
    }
    let stopping =
        world.await_observed("stop", "it is suspended", |status| condition_parts(status, "Suspended").is_some()).await;
    assert_eq!(sorted(&stopping), SUSPENDED);
    world.emulator.advance(200).await;
    let stopped = world
        .await_status("stop", "the runs are stopped", |status| {
            ["one", "two"].iter().all(|candidate| run_of(status, candidate).state == RunState::Stopped)
        })
        .await;
    assert!(["one", "two"].iter().all(|c| run_of(&stopped, c).reason == Some(Reason::Suspended)));
    assert_eq!(sorted(&stopped), SUSPENDED);
    assert!(stopped.completion_time.is_none(), "they are to run again");
    assert_eq!(run_of(&stopped, "ended").state, RunState::Succeeded);

    world.apply(&selection.with("/suspend", json!(false))).await;
    let resumed = world
        .await_observed("stop", "the stopped ones run again", |status| {
            ["one", "two"].iter().all(|candidate| is_running(run_of(status, candidate)))
        })
        .await;
    for candidate in ["one", "two"] {
        assert_eq!(run_of(&resumed, candidate).attempt, 1);
        assert_eq!(run_of(&resumed, candidate).failed_attempts, 0, "a stop is not a failure");
        assert_ne!(job_of(&resumed, candidate), job_of(&before, candidate));
    }
    assert_eq!(run_of(&resumed, "ended").best, run_of(&stopped, "ended").best);
    world.emulator.advance(LONG).await;
    let done = world.await_complete("stop").await;
    assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded), "{done:#?}");
    assert_eq!(world.jobs().await.len(), 5);
}

/// The job runs and costs money, whether or not its creator received the response.
#[tokio::test]
async fn suspend_also_stops_a_job_whose_creation_got_no_response() {
    let world = World::held("unheard").await;
    let selection = Selection::new("unheard").images(&["one"]).with("/suspendPolicy", json!("Stop"));
    world.emulator.fault(json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer"})).await;
    world.apply(&selection).await;
    await_until("a job was created", DEADLINE, async || !world.jobs_in("InProgress").await.is_empty()).await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    let job = world.jobs().await.into_keys().next().unwrap();
    world.await_stop(&job).await;
    world.emulator.advance(200).await;
    world.emulator.clear_faults().await;
    let stopped =
        world.await_observed("unheard", "it is stopped", |status| status.runs[0].state == RunState::Stopped).await;
    assert_eq!(stopped.runs[0].reason, Some(Reason::Suspended));
    world.apply(&selection.with("/suspend", json!(false))).await;
    assert_eq!(world.await_launched("unheard").await.runs[0].attempt, 1);
}

#[tokio::test]
async fn a_draining_selection_collects_a_job_whose_creation_got_no_response() {
    let world = World::held("unheard-drain").await;
    let selection = Selection::new("unheard").images(&["one"]);
    world.emulator.fault(json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer"})).await;
    world.apply(&selection).await;
    await_until("a job was created", DEADLINE, async || !world.jobs_in("InProgress").await.is_empty()).await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    world.await_observed("unheard", "the job is found", |status| is_running(&status.runs[0])).await;
    world.emulator.advance(LONG).await;
    let done = world.await_complete("unheard").await;
    assert_eq!((done.runs[0].state, done.runs[0].attempt), (RunState::Succeeded, 0));
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

/// Whether a create without a response was executed is unknown; here it was not.
#[tokio::test]
async fn a_suspended_selection_does_not_repeat_a_create_that_was_not_executed() {
    let world = World::held("not-made").await;
    let selection = Selection::new("not-made").images(&["one"]).with("/suspendPolicy", json!("Stop"));
    world.emulator.fault(json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropRequest"})).await;
    world.apply(&selection).await;
    let failed = |status: &ModelSelectionStatus| status.runs[0].reason == Some(Reason::RetryingAfterError);
    world.await_status("not-made", "the create has failed", |status| !status.runs.is_empty() && failed(status)).await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    world.await_observed("not-made", "it is suspended", |status| condition_parts(status, "Suspended").is_some()).await;
    world.await_idle().await;
    world.emulator.clear_faults().await;
    consistently("no job exists", Duration::from_secs(3), async || match world.jobs().await.len() {
        0 => Ok(()),
        n => Err(format!("{n} jobs")),
    })
    .await;
    world.apply(&selection.with("/suspend", json!(false))).await;
    assert_eq!(world.await_launched("not-made").await.runs[0].attempt, 0);
}

/// The stopped jobs end in their own time, and a user need not wait for that.
#[tokio::test]
async fn resuming_while_jobs_are_still_being_stopped_ends_in_new_attempts_too() {
    let world = World::held("hasty").await;
    let selection = Selection::new("hasty").images(&["one"]).with("/suspendPolicy", json!("Stop"));
    world.apply(&selection).await;
    let before = world.await_launched("hasty").await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    world.await_stop(&job_of(&before, "one")).await;
    world.apply(&selection.with("/suspend", json!(false))).await;
    world.await_observed("hasty", "it is resumed", |status| condition_parts(status, "Suspended").is_none()).await;
    world.emulator.advance(200).await;
    let again = world.await_observed("hasty", "it runs again", |status| is_running(&status.runs[0])).await;
    assert_eq!(again.runs[0].attempt, 1);
    world.emulator.advance(LONG).await;
    assert_eq!(world.await_complete("hasty").await.runs[0].state, RunState::Succeeded);
}

#[tokio::test]
async fn a_denied_stop_is_reported_and_its_fix_is_noticed() {
    let world = World::held("denied-stop").await;
    let selection = Selection::new("denied-stop").images(&["one"]).with("/suspendPolicy", json!("Stop"));
    world.apply(&selection).await;
    let job = job_of(&world.await_launched("denied-stop").await, "one");
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    let reported = |status: &ModelSelectionStatus| {
        let stalled = condition_parts(status, "Stalled").filter(|(_, reason, _)| *reason == "AccessDenied");
        stalled.is_some_and(|(.., message)| message.contains(&format!("'{job}' cannot be stopped")))
    };
    // By an edit ...
    let edited = selection.with("/training/hyperparameters/epochs", json!("3"));
    world.apply(&edited).await;
    world.await_observed("denied-stop", "it reports the superseded job", reported).await;
    world.emulator.clear_faults().await;
    let status = world.await_launched("denied-stop").await;
    assert_eq!(
        conditions(&status),
        ["Ready=True/TuningRunning", "Succeeded=Unknown/TuningRunning", "Finished=False/TuningRunning"]
    );
    // ... and by suspend.
    let job = job_of(&status, "one");
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    world.apply(&edited.with("/suspend", json!(true))).await;
    let reported = |status: &ModelSelectionStatus| {
        condition_parts(status, "Suspended").is_some()
            && condition_parts(status, "Stalled").is_some_and(|(.., message)| message.contains(&job))
    };
    world.await_observed("denied-stop", "it reports the suspended job", reported).await;
    world.emulator.clear_faults().await;
    world.await_stop(&job).await;
    world.await_observed("denied-stop", "nothing is wrong any more", |status| sorted(status) == SUSPENDED).await;
}

#[tokio::test]
async fn a_job_that_could_not_be_stopped_continues_with_its_selection() {
    let world = World::held("goes-on").await;
    let selection = Selection::new("goes-on").images(&["one"]).with("/suspendPolicy", json!("Stop"));
    world.apply(&selection).await;
    world.await_launched("goes-on").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "ServiceUnavailable"})).await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    await_until("a stop was tried", DEADLINE, async || world.calls_of("StopHyperParameterTuningJob").await > 0).await;
    world.await_idle().await;
    let tried = world.calls_of("StopHyperParameterTuningJob").await;
    world.apply(&selection).await;
    world.await_observed("goes-on", "it continues", |status| condition_parts(status, "Suspended").is_none()).await;
    world.emulator.clear_faults().await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("goes-on").await;
    assert_eq!((status.runs[0].state, status.runs[0].attempt), (RunState::Succeeded, 0));
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, tried);
}

#[tokio::test]
async fn a_selection_that_is_suspended_from_the_start_creates_nothing() {
    let world = World::held("before").await;
    let selection = Selection::new("before").images(&["one", "two"]).with("/suspend", json!(true));
    world.apply(&selection).await;
    let suspended = world
        .await_observed("before", "it is suspended", |status| condition_parts(status, "Suspended").is_some())
        .await;
    assert_eq!(sorted(&suspended), SUSPENDED);
    assert_eq!(suspended.counts.unwrap().waiting, 2);
    // Its jobs may run from before its status was lost: it is searched for them, once, and they are listed by name.
    consistently("nothing else is called", Duration::from_secs(1), async || {
        let looks = world.calls_of("Search").await + world.calls_of("ListHyperParameterTuningJobs").await;
        match world.calls().await {
            all @ 0..=2 if all == looks => Ok(()),
            all => Err(format!("{all} calls, of which {looks} look for jobs")),
        }
    })
    .await;
    world.apply(&selection.with("/suspend", json!(false))).await;
    world.await_launched("before").await;
}

#[tokio::test]
async fn deletion_stops_the_running_jobs_and_only_them() {
    let world = World::held("deletion").await;
    world.emulator.behave(json!({"match": "*/ended:1", "secondsPerEpoch": 30})).await;
    world.emulator.behave(json!({"match": "*/runs:1", "secondsPerEpoch": 10_000})).await;
    let selection = Selection::new("deletion").images(&["ended", "runs"]);
    world.apply(&selection).await;
    world.apply(&selection.named("neighbour")).await;
    let launched = world.await_launched("deletion").await;
    let neighbour = world.await_launched("neighbour").await;
    world.emulator.advance(1_000).await;
    world.await_status("deletion", "one run has ended", |status| status.runs[0].state == RunState::Succeeded).await;
    world.delete_and_wait("deletion").await;
    let jobs = world.jobs().await;
    assert_eq!(jobs[&job_of(&launched, "ended")].status, "Completed");
    assert_eq!(jobs[&job_of(&launched, "runs")].status, "Stopping");
    assert_eq!(jobs[&job_of(&neighbour, "runs")].status, "InProgress");
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 1);
}

#[tokio::test]
async fn a_namespace_that_is_deleted_takes_its_selections_and_their_jobs_along() {
    // The controller manager deletes the objects of a namespace.
    let crds = vec![testkit::programs::CRD.into()];
    let options = ControlPlaneOptions { controller_manager: true, crds, ..ControlPlaneOptions::default() };
    let plane = ControlPlane::start(options).await;
    let world = World::start(&plane, "namespace-goes", &["--speed", "0"], &[]).await;
    world.apply(&Selection::new("goes").images(&["one", "two"])).await;
    world.await_launched("goes").await;
    let namespaces: Api<Namespace> = Api::all(world.client.clone());
    namespaces.delete(&world.namespace, &DeleteParams::default()).await.unwrap();
    await_gone(&namespaces, &world.namespace, DEADLINE).await;
    assert_eq!(world.jobs_in("Stopping").await.len(), 2);
}

/// SageMaker refuses to stop a job that is already stopping.
#[tokio::test]
async fn deletion_requests_each_stop_once_whatever_else_happens_meanwhile() {
    let world = World::held("once").await;
    let order = json!({"operation": "StopHyperParameterTuningJob", "kind": "Delay", "count": 1, "delayMillis": 500});
    for name in ["a", "b", "c", "d", "e", "f"] {
        world.apply(&Selection::new(name).images(&["one"])).await;
        world.await_launched(name).await;
        world.emulator.fault(order.clone()).await;
        world.delete(name).await;
        world.await_faults_spent().await;
        // An edit while the stop is in progress: the selection is reconciled again right after it is gone, and the
        // watch may not have shown that yet.
        let patch = Patch::Merge(json!({"spec": {"tags": {"edited": "meanwhile"}}}));
        world.selections.patch(name, &PatchParams::default(), &patch).await.unwrap();
        await_gone(&world.selections, name, DEADLINE).await;
    }
    world.await_idle().await;
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 6);
    assert!(!world.operator.logs().contains("the pass failed"), "{}", world.operator.logs());
}

#[tokio::test]
async fn deletion_with_retain_leaves_the_jobs_and_needs_no_call() {
    let world = World::held("retain").await;
    world.apply(&Selection::new("retain").images(&["one", "two"]).with("/deletionPolicy", json!("Retain"))).await;
    world.await_launched("retain").await;
    world.emulator.fault(json!({"operation": "*", "kind": "AccessDenied"})).await;
    world.delete_and_wait("retain").await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

#[tokio::test]
async fn nothing_is_left_running_when_a_selection_is_deleted_while_it_creates_its_jobs() {
    let mut world = World::held("creating").await;
    // The jobs are created, but no response arrives.
    world.emulator.fault(json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer"})).await;
    world.apply(&Selection::new("lost").images(&["one", "two"])).await;
    await_until("a job was created", DEADLINE, async || !world.jobs_in("InProgress").await.is_empty()).await;
    world.delete_and_wait("lost").await;
    assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new());
    world.emulator.clear_faults().await;
    // One job is created while another create is in progress, so that neither is recorded; then the operator is killed.
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 1, "delayMillis": 120_000, "nameContains": "/two:1"});
    world.emulator.fault(order).await;
    world.apply(&Selection::new("killed").images(&["one", "two"])).await;
    world.await_faults_spent().await;
    await_until("one job was created", DEADLINE, async || !world.jobs_in("InProgress").await.is_empty()).await;
    world.operator.kill();
    let unwritten = world.selections.get("killed").await.unwrap().status.unwrap();
    assert!(unwritten.runs.iter().all(|run| run.tuning_job_arn.is_none()), "{unwritten:#?}");
    world.delete("killed").await;
    world.start_operator();
    await_gone(&world.selections, "killed", DEADLINE).await;
    assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new());
    // A create is in progress when the deletion comes: the job is created after it.
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 2, "delayMillis": 1500});
    world.emulator.fault(order).await;
    let made = world.jobs().await.len();
    world.apply(&Selection::new("slow").images(&["one", "two"])).await;
    world.await_faults_spent().await;
    world.delete_and_wait("slow").await;
    assert_eq!(world.jobs().await.len(), made + 2, "both were made while the deletion waited");
    assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new());
}

/// A refused create says nothing about the previous one, whose response was lost.
#[tokio::test]
async fn a_job_that_may_have_been_created_is_not_forgotten_when_the_next_create_is_refused() {
    let world = World::held("refused").await;
    for (kind, reason) in [("AccessDenied", Reason::AccessDenied), ("Throttle", Reason::Throttled)] {
        let create = "CreateHyperParameterTuningJob";
        world.emulator.fault(json!({"operation": create, "kind": "DropAnswer", "count": 1})).await;
        world.emulator.fault(json!({"operation": create, "kind": kind})).await;
        // A job whose creation got no response is looked up before it is created again; it is not visible yet.
        let describe = "DescribeHyperParameterTuningJob";
        world.emulator.fault(json!({"operation": describe, "kind": "NotFound"})).await;
        let name = kind.to_lowercase();
        world.apply(&Selection::new(&name).images(&["one"])).await;
        let refused = |status: &ModelSelectionStatus| status.runs.first().is_some_and(|run| run.reason == Some(reason));
        world.await_status(&name, "the second create is refused", refused).await;
        assert_eq!(world.jobs_in("InProgress").await.len(), 1);
        world.emulator.clear_faults().await;
        world.delete_and_wait(&name).await;
        assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new(), "{kind}");
    }
}

async fn events(world: &World<'_>, reason: &str) -> Vec<String> {
    let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
    let all = events.list(&ListParams::default()).await.unwrap();
    let notes = all.items.into_iter().filter(|event| event.reason.as_deref() == Some(reason));
    notes.filter_map(|event| event.note).collect()
}

#[tokio::test]
async fn deletion_ends_after_its_deadline_when_aws_denies_the_stop_and_says_what_may_still_run() {
    let deadline = [("MODELSELECTION_DELETION_DEADLINE_SECONDS", "3")];
    let world = World::start(shared().await, "denied", &["--speed", "0"], &deadline).await;
    world.apply(&Selection::new("denied").images(&["one", "two"])).await;
    world.await_launched("denied").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    let started = Instant::now();
    world.delete("denied").await;
    await_gone(&world.selections, "denied", Duration::from_secs(30)).await;
    // Deletion timestamps are whole seconds.
    assert!(started.elapsed() >= Duration::from_secs(2), "it gave up after {:?}", started.elapsed());
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
    let notes = events(&world, "TuningJobsNotStopped").await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    let notes = events(&world, "TuningJobsLeftRunning").await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("2 tuning jobs, ") && notes[0].contains("could not be stopped"), "{notes:?}");
    assert!(notes[0].contains("AccessDenied"), "{notes:?}");
}

#[tokio::test]
async fn deletion_ends_after_its_deadline_when_aws_is_unavailable() {
    let deadline = [("MODELSELECTION_DELETION_DEADLINE_SECONDS", "2")];
    let mut world = World::start(shared().await, "away", &["--speed", "0"], &deadline).await;
    world.apply(&Selection::new("away").images(&["one"])).await;
    world.await_launched("away").await;
    world.emulator.kill();
    world.delete("away").await;
    await_gone(&world.selections, "away", Duration::from_secs(30)).await;
    assert_eq!(events(&world, "TuningJobsLeftRunning").await.len(), 1);
}

#[tokio::test]
async fn a_transient_fault_before_the_deadline_only_delays_the_deletion() {
    let world = World::held("passing").await;
    world.apply(&Selection::new("passing").images(&["one", "two"])).await;
    world.await_launched("passing").await;
    let order = json!({"operation": "StopHyperParameterTuningJob", "kind": "Throttle", "count": 3});
    world.emulator.fault(order).await;
    world.delete_and_wait("passing").await;
    assert_eq!(world.jobs_in("Stopping").await.len(), 2);
    assert_eq!(events(&world, "TuningJobsLeftRunning").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_selection_that_never_had_a_job_is_deleted_at_once_even_when_aws_denies_everything() {
    let world = World::held("never").await;
    world.emulator.fault(json!({"operation": "*", "kind": "AccessDenied"})).await;
    let unknown = Selection::new("unknown").jump_start("x", "no-such-model", "*");
    let denied = Selection::new("denied").images(&["one"]);
    let suspended = Selection::new("suspended").images(&["one"]).with("/suspend", json!(true));
    for selection in [&unknown, &denied, &suspended] {
        world.apply(selection).await;
        let stuck = |status: &ModelSelectionStatus| {
            condition_parts(status, "Stalled").is_some() || condition_parts(status, "Suspended").is_some()
        };
        world.await_observed(selection.name(), "it is stuck", stuck).await;
    }
    world.emulator.reset_calls().await;
    for selection in [&unknown, &denied, &suspended] {
        world.delete(selection.name()).await;
        await_gone(&world.selections, selection.name(), Duration::from_secs(10)).await;
    }
    assert_eq!(world.jobs().await.len(), 0);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
    assert_eq!(events(&world, "TuningJobsLeftRunning").await, Vec::<String>::new());
}

/// Jobs of an earlier selection of that name have not been looked for yet, since the search fails.
#[tokio::test]
async fn a_deletion_stops_the_jobs_that_it_knows_while_others_cannot_be_looked_for() {
    let mut world = World::held("unsearched").await;
    world.operator.kill();
    world.emulator.fault(json!({"operation": "Search", "kind": "InternalFailure"})).await;
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;
    world.apply(&Selection::new("unsearched").images(&["one", "two"])).await;
    world.await_launched("unsearched").await;
    world.delete("unsearched").await;
    await_until("the known jobs are stopped", DEADLINE, async || world.jobs_in("InProgress").await.is_empty()).await;
    let waits = |status: &ModelSelectionStatus| {
        condition(status, "Ready").is_some_and(|ready| ready.message.contains("those of a lost status"))
    };
    world.await_status("unsearched", "it waits for the search", waits).await;
    world.emulator.clear_faults().await;
    await_gone(&world.selections, "unsearched", DEADLINE).await;
}
