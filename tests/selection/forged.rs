//! A status that another client has written: the operator trusts nothing in it that `SageMaker` does not confirm,
//! recommends nothing that was never run, and creates or stops no job because of it.

use api::{FIELD_MANAGER, ModelSelectionStatus, RunState};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use testkit::status::{job_of, timeless};
use testkit::world::{DEADLINE, LONG};
use testkit::{Selection, World, await_until};

const STOP: &str = "StopHyperParameterTuningJob";

/// A forgery in the status of a selection whose runs have succeeded. The second argument is a run of another selection.
type Forgery = fn(&mut Value, &Value);

const FORGERIES: [(&str, Forgery); 8] = [
    ("never-run", |status, _| {
        let run = &mut status["runs"][0];
        run["tuningJobName"] = json!("ms-never-made");
        run["best"]["trainingJobName"] = json!("ms-never-made-001-0a1b2c3d");
        perfect(run);
    }),
    ("anothers-job", |status, other| {
        let run = &mut status["runs"][0];
        for field in ["tuningJobName", "tuningJobARN", "best"] {
            run[field] = other[field].clone();
        }
        perfect(run);
    }),
    ("metrics", |status, _| perfect(&mut status["runs"][0])),
    ("best-of-another", |status, other| status["runs"][0]["best"] = other["best"].clone()),
    ("attached", |status, other| {
        let run = &mut status["runs"][0];
        run["attached"] = json!(true);
        run["tuningJobName"] = other["tuningJobName"].clone();
    }),
    ("ended", |status, _| {
        status["runs"][0]["state"] = json!("Failed");
        status["runs"][1]["state"] = json!("Stopped");
    }),
    ("without-job", |status, _| {
        let run = status["runs"][0].as_object_mut().expect("a run");
        run.remove("tuningJobName");
        run.remove("tuningJobARN");
    }),
    ("summary", |status, _| {
        status["recommended"] = json!("forged");
        status["fronts"][0]["recommendation"]["candidate"] = json!("forged");
        status["fronts"][0]["members"][0]["candidate"] = json!("forged");
    }),
];

/// Makes a run the best one in every objective.
fn perfect(run: &mut Value) {
    for metric in run["best"]["metrics"].as_array_mut().expect("metrics") {
        metric["value"] = json!("1000000");
    }
}

async fn forge(world: &World<'_>, name: &str, manager: Option<&str>, forged: &Value) {
    let params = PatchParams { field_manager: manager.map(str::to_owned), ..PatchParams::default() };
    let patch = json!({"status": forged});
    let patched = world.selections.patch_status(name, &params, &Patch::Merge(&patch)).await;
    patched.unwrap_or_else(|e| panic!("cannot forge {name}: {e}"));
}

async fn status_of(world: &World<'_>, name: &str) -> Option<ModelSelectionStatus> {
    world.selections.get(name).await.ok()?.status
}

/// One selection for each forgery, and one more.
async fn complete_selections(world: &World<'_>) -> Vec<ModelSelectionStatus> {
    let names = || FORGERIES.map(|(name, _)| name).into_iter().chain(["other"]);
    for name in names() {
        world.apply(&Selection::new(name).images(&["one", "two"])).await;
    }
    for name in names() {
        world.await_launched(name).await;
    }
    world.emulator.advance(LONG).await;
    let mut complete = Vec::new();
    for name in names() {
        complete.push(world.await_complete(name).await);
    }
    complete
}

async fn forge_all(world: &World<'_>, before: &[ModelSelectionStatus], manager: Option<&str>) {
    let other = serde_json::to_value(&before.last().expect("the other one").runs[0]).expect("a run is JSON");
    for ((name, forgery), status) in FORGERIES.iter().zip(before) {
        let mut forged = serde_json::to_value(status).expect("a status is JSON");
        forgery(&mut forged, &other);
        forge(world, name, manager, &forged).await;
    }
}

/// Everything is as before, and no job was created or stopped.
async fn all_is_as_before(world: &World<'_>, before: &[ModelSelectionStatus]) {
    for ((name, _), before) in FORGERIES.iter().zip(before) {
        await_until(&format!("{name} says what SageMaker says"), DEADLINE, async || {
            let status = status_of(world, name).await.ok_or("no status")?;
            let (now, before) = (timeless(&status), timeless(before));
            if now == before && status.completion_time.is_some() { Ok(()) } else { Err(format!("{now:#}")) }
        })
        .await;
    }
    assert_eq!(world.jobs().await.len(), 2 * (FORGERIES.len() + 1), "no job was created");
    assert_eq!(world.calls_of(STOP).await, 0, "no job was stopped");
}

#[tokio::test]
async fn a_forgery_while_the_operator_was_down_is_verified() {
    let mut world = World::held("forged-down").await;
    let before = complete_selections(&world).await;
    // Also with the operator's own name: it only applies, and never updates.
    for manager in [None, Some(FIELD_MANAGER)] {
        world.operator.kill();
        forge_all(&world, &before, manager).await;
        world.start_operator();
        all_is_as_before(&world, &before).await;
    }
    // Now the operator was the last writer: a restart makes no call.
    world.operator.kill();
    world.emulator.reset_calls().await;
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;
    await_until("all are reconciled", DEADLINE, async || world.reconciles().await > FORGERIES.len() as u64).await;
    assert_eq!(world.calls().await, 0);
}

#[tokio::test]
async fn a_forgery_while_the_operator_runs_is_verified() {
    let world = World::held("forged-up").await;
    let before = complete_selections(&world).await;
    forge_all(&world, &before, None).await;
    all_is_as_before(&world, &before).await;
}

#[tokio::test]
async fn a_running_job_that_is_forged_to_be_superseded_runs_on() {
    let mut world = World::held("forged-stop").await;
    world.apply(&Selection::new("runs").images(&["one"])).await;
    let launched = world.await_launched("runs").await;
    let run = serde_json::to_value(&launched.runs[0]).expect("a run is JSON");
    let mut superseded = json!({"region": "us-west-2"});
    for field in ["tuningJobName", "tuningJobARN", "candidate", "dataset", "definition", "attempt"] {
        superseded[field] = run[field].clone();
    }
    for down in [true, false] {
        if down {
            world.operator.kill();
        }
        forge(&world, "runs", None, &json!({"superseded": [superseded], "recommended": "one"})).await;
        if down {
            world.start_operator();
        }
        await_until("what others have set is gone", DEADLINE, async || {
            let status = status_of(&world, "runs").await.ok_or_else(|| "no status".to_owned())?;
            let clean = status.superseded.is_empty() && status.recommended.is_none();
            if clean && status.runs[0].tuning_job_arn.is_some() { Ok(()) } else { Err(format!("{status:#?}")) }
        })
        .await;
    }
    assert_eq!(world.calls_of(STOP).await, 0);
    world.emulator.advance(LONG).await;
    assert_eq!(world.await_complete("runs").await.runs[0].state, RunState::Succeeded);
}

/// A superseded job that could not be stopped yet, and that no status mentions any more.
#[tokio::test]
async fn a_superseded_job_that_a_forged_status_forgets_is_stopped() {
    let mut world = World::held("forged-lost").await;
    let selection = Selection::new("lost").images(&["one"]);
    world.apply(&selection).await;
    let old = job_of(&world.await_launched("lost").await, "one");
    world.emulator.fault(json!({"operation": STOP, "kind": "InternalFailure"})).await;
    world.apply(&selection.with("/rerun", json!("again"))).await;
    let listed = |status: &ModelSelectionStatus| status.superseded.iter().any(|job| job.tuning_job_name == old);
    world.await_observed("lost", "the old job is to be stopped", listed).await;
    world.operator.kill();
    forge(&world, "lost", None, &json!({"superseded": []})).await;
    world.emulator.clear_faults().await;
    world.start_operator();
    world.await_stop(&old).await;
    world.await_launched("lost").await;
}
