//! Leader election: of several replicas one acts, another one takes over when it stops, and two never act at once.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use platform::leadership::Leadership;
use sagemaker::SageMaker;
use serde_json::json;
use testkit::world::DEADLINE;
use testkit::{
    AuditEntry, ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, Selection, World, await_until,
    shared,
};
use tokio::time::Instant;

/// Long enough for a Lease to expire on a loaded machine.
const FAILOVER: Duration = Duration::from_secs(120);
/// The exit code of a process that is not the leader any more.
const LEADERSHIP_LOST: Option<i32> = Some(3);
/// Polls are so rare that an operator can be caught between two of them.
const SLOW_SWEEPS: &[(&str, &str)] =
    &[("MODELSELECTION_MIN_SWEEP_SECONDS", "4"), ("MODELSELECTION_MAX_SWEEP_SECONDS", "4")];

/// A replica of the world's operator: another Pod, and another user, so that the audit log distinguishes them.
fn replica(world: &World<'_>, user: &str) -> Operator {
    let kubeconfig = world.plane.kubeconfig_for(user, &["system:masters"]);
    Operator::start(OperatorOptions { kubeconfig, pod: user.to_owned(), ..world.options.clone() })
}

async fn leads(operator: &Operator) -> Option<bool> {
    let (_, text) = operator.get("/metrics").await.ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("leader_election_master_status{"))?;
    Some(value == "name=\"modelselection-operator\"} 1")
}

/// The value that the alert `ModelSelectionLeaderChanges` counts; a standby has none.
async fn term(operator: &Operator) -> Option<i64> {
    let (_, text) = operator.get("/metrics").await.ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("modelselection_leader_term{"))?;
    value.rsplit_once(' ')?.1.parse().ok()
}

async fn await_leads(operator: &Operator) {
    await_until("it leads", FAILOVER, async || match leads(operator).await {
        Some(true) => Ok(()),
        other => Err(format!("{other:?}\n{}", operator.logs())),
    })
    .await;
}

/// Waits until it is a standby, and checks that it responds to its probes.
async fn await_stands_by(operator: &mut Operator) {
    operator.await_ready(DEADLINE).await;
    await_until("it has seen who leads", DEADLINE, async || operator.logs().contains("standing by")).await;
    assert_eq!(leads(operator).await, Some(false));
    assert_eq!(operator.get("/livez").await.expect("an answer").0, 200);
}

async fn await_end(operator: &mut Operator) {
    let status = await_until("it ends", FAILOVER, async || operator.exit_status().ok_or_else(|| operator.logs())).await;
    let logs = operator.logs();
    assert_eq!(status.code(), LEADERSHIP_LOST, "{logs}");
    assert!(logs.contains("leadership lost") && !logs.contains("panicked"), "{logs}");
}

fn leases(client: &Client, namespace: &str) -> Api<Lease> {
    Api::namespaced(client.clone(), namespace)
}

async fn holder(world: &World<'_>) -> String {
    let lease = leases(&world.client, &world.namespace).get("modelselection-operator").await.expect("the lease");
    lease.spec.and_then(|spec| spec.holder_identity).unwrap_or_default()
}

fn writes_of(plane: &ControlPlane, user: &str) -> Vec<AuditEntry> {
    let theirs = |entry: &AuditEntry| entry.user == user && entry.resource != "selfsubjectaccessreviews";
    plane.audit().into_iter().filter(theirs).collect()
}

fn selection() -> Selection {
    Selection::new("selection").images(&["a", "b"])
}

#[tokio::test]
async fn one_of_two_acts_and_the_other_takes_over_when_it_is_killed() {
    let mut world = World::held("killed").await;
    let mut standby = replica(&world, "follows-a-kill");
    await_leads(&world.operator).await;
    await_stands_by(&mut standby).await;
    world.apply(&selection()).await;
    world.await_launched("selection").await;
    assert!(holder(&world).await.starts_with(&format!("{}_uid-of-", world.options.pod)));
    let (_, metrics) = standby.get("/metrics").await.unwrap();
    assert!(!metrics.contains("modelselection_sagemaker_calls_total{"), "a standby calls SageMaker:\n{metrics}");
    assert!(!metrics.contains("controller_runtime_reconcile_total{"), "a standby reconciles:\n{metrics}");
    let of_the_leader = ["modelselection_leader_term{", "modelselection_selections{", "modelselection_runs{"];
    assert!(of_the_leader.iter().all(|metric| !metrics.contains(metric)), "a standby counts:\n{metrics}");
    assert!(metrics.contains(concat!("modelselection_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1")));

    let created = world.jobs().await.len();
    let killed = Instant::now();
    world.operator.kill();
    await_leads(&standby).await;
    println!("failover after SIGKILL: {:.1} s", killed.elapsed().as_secs_f64());
    // It continues where the other one stopped.
    world.emulator.advance(testkit::world::LONG).await;
    world.await_complete("selection").await;
    assert_eq!(world.jobs().await.len(), created);
    assert!(
        writes_of(world.plane, "follows-a-kill").iter().any(|write| write.action() == "patch modelselections/status")
    );
}

#[tokio::test]
async fn a_container_that_restarts_in_its_pod_leads_at_once() {
    let mut world = World::held("again").await;
    await_leads(&world.operator).await;
    assert_eq!(term(&world.operator).await, Some(0));
    let killed = Instant::now();
    world.kill_and_restart();
    await_leads(&world.operator).await;
    assert_eq!(term(&world.operator).await, Some(1));
    println!("leading again in the same Pod: {:.1} s", killed.elapsed().as_secs_f64());
    assert!(!world.operator.logs().contains("standing by"), "{}", world.operator.logs());
}

#[tokio::test]
async fn a_stopped_leader_releases_the_lease() {
    let mut world = World::held("graceful").await;
    let mut standby = replica(&world, "follows-a-stop");
    await_leads(&world.operator).await;
    await_stands_by(&mut standby).await;
    world.apply(&selection()).await;
    world.await_launched("selection").await;
    let stopped = Instant::now();
    let (status, took) = world.operator.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.operator.logs());
    assert!(world.operator.logs().contains("lease released"), "{}", world.operator.logs());
    await_leads(&standby).await;
    println!(
        "failover after SIGTERM: {:.1} s, {:.1} s of which its end took",
        stopped.elapsed().as_secs_f64(),
        took.as_secs_f64()
    );
    // The standby stops as well: now nobody holds the Lease, and the next process need not wait.
    let (status, _) = standby.terminate().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(holder(&world).await, "");
    world.start_operator();
    await_leads(&world.operator).await;
}

#[tokio::test]
async fn a_leader_that_was_paused_does_nothing_when_it_resumes() {
    let mut world = World::start(shared().await, "frozen", &["--speed", "0"], SLOW_SWEEPS).await;
    let mut standby = replica(&world, "follows-a-freeze");
    await_leads(&world.operator).await;
    await_stands_by(&mut standby).await;
    world.apply(&selection()).await;
    world.await_launched("selection").await;
    // Paused in the middle of a pass: when it resumes, there is a response, and the pass continues.
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 1, "delayMillis": 5000});
    world.emulator.fault(order).await;
    world.apply(&Selection::new("interrupted").images(&["f", "g", "h"])).await;
    world.await_faults_spent().await;
    world.operator.signal("STOP");
    await_leads(&standby).await;
    // An edit and jobs that end: there is much to do for the process that resumes.
    world.apply(&Selection::new("selection").images(&["a", "b", "c"])).await;
    world.await_launched("selection").await;
    world.emulator.advance(testkit::world::LONG).await;
    world.await_complete("selection").await;
    world.apply(&Selection::new("another").images(&["d"])).await;
    world.await_launched("another").await;
    // No other operator can make calls, and the Lease is free: all calls come from the one that resumes.
    let (status, _) = standby.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", standby.logs());
    world.apply(&Selection::new("third").images(&["e"])).await;
    world.emulator.reset_calls().await;
    let before = world.writes().len();
    world.operator.signal("CONT");
    await_end(&mut world.operator).await;
    assert_eq!(world.calls().await, 0, "{}", world.emulator.calls().await);
    let writes = world.writes();
    assert_eq!(writes.iter().skip(before).map(AuditEntry::action).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(holder(&world).await, "", "it does not take the lease either");
}

/// The test above sees only calls that pass the guard before the process exits; this one proves that the guard exists.
#[tokio::test]
async fn a_standby_cannot_call_sagemaker() {
    let emulator = Emulator::start(&[]).await;
    let config = aws_config::SdkConfig::builder().endpoint_url(emulator.url()).build();
    let region = SageMaker::new(config.into(), None, Arc::default(), Leadership::default()).region("us-west-2");
    let error = region.describe("a-job").await.unwrap_err();
    assert!(error.to_string().contains("this process does not lead"), "{error}");
    assert_eq!(emulator.calls().await["total"], 0);
}

#[tokio::test]
async fn a_stolen_lease_stops_the_leader() {
    let mut world = World::held("stolen").await;
    await_leads(&world.operator).await;
    world.apply(&selection()).await;
    world.await_launched("selection").await;
    let patch = json!({"spec": {"holderIdentity": "thief"}});
    let leases = leases(&world.client, &world.namespace);
    leases.patch("modelselection-operator", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    await_end(&mut world.operator).await;
    assert!(world.operator.logs().contains("thief holds the lease now"), "{}", world.operator.logs());
    world.emulator.reset_calls().await;
    // Restarted, it is a standby, and reports the version of the leader.
    world.start_operator();
    await_stands_by(&mut world.operator).await;
    assert_eq!(world.calls().await, 0);
    // The thief does not renew it.
    await_leads(&world.operator).await;
}

#[tokio::test]
async fn a_leader_of_another_version_is_reported() {
    let world = World::held("version").await;
    await_leads(&world.operator).await;
    let leases = leases(&world.client, &world.namespace);
    let lease = leases.get("modelselection-operator").await.unwrap();
    let version = lease.metadata.annotations.unwrap_or_default()["modelselection.dev/operator-version"].clone();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let other = json!({
        "metadata": {"annotations": {"modelselection.dev/operator-version": "9.9.9"}},
        "spec": {"holderIdentity": "newer", "leaseDurationSeconds": 3600},
    });
    leases.patch("modelselection-operator", &PatchParams::default(), &Patch::Merge(&other)).await.unwrap();
    let standby = replica(&world, "of-an-older-version");
    await_until("/readyz shows the version", DEADLINE, async || match standby.get("/readyz").await {
        Ok((200, text)) if text.contains("warning: leader election: newer leads with version 9.9.9") => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    assert!(standby.logs().contains("9.9.9"), "{}", standby.logs());
}

#[tokio::test]
async fn a_leader_without_an_api_server_stops_in_time() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let mut world = World::start(&plane, "away", &["--speed", "0"], &[]).await;
    await_leads(&world.operator).await;
    world.apply(&selection()).await;
    world.await_launched("selection").await;
    let away = Instant::now();
    plane.stop_api_server();
    await_end(&mut world.operator).await;
    println!("without an API server it ended after {:.1} s", away.elapsed().as_secs_f64());
    let logs = world.operator.logs();
    assert!(
        logs.contains("cannot read or write the lease") && logs.contains("it could not be renewed for 10 s"),
        "{logs}"
    );
    world.emulator.reset_calls().await;
    plane.start_api_server().await;
    assert_eq!(world.calls().await, 0, "no operator acts meanwhile");
    world.start_operator();
    await_leads(&world.operator).await;
    world.emulator.advance(testkit::world::LONG).await;
    world.await_complete("selection").await;
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test]
async fn replicas_that_start_together_agree_on_one() {
    let world = World::held("together").await;
    let replicas: Vec<Operator> = (0..3).map(|n| replica(&world, &format!("together-{n}"))).collect();
    await_until("all but one are standbys", DEADLINE, async || {
        let mut leading = 0;
        for operator in replicas.iter().chain([&world.operator]) {
            leading += usize::from(leads(operator).await.ok_or("no metrics yet")?);
        }
        let waiting = replicas.iter().filter(|operator| operator.logs().contains("standing by")).count();
        if leading == 1 && waiting == 3 { Ok(()) } else { Err("not yet") }
    })
    .await;
}

#[tokio::test]
async fn without_election_it_acts_and_touches_no_lease() {
    let world =
        World::start(shared().await, "no-election", &["--speed", "3000"], &[("MODELSELECTION_LEADER_ELECT", "false")])
            .await;
    world.apply(&selection()).await;
    world.await_complete("selection").await;
    assert!(leases(&world.client, &world.namespace).list(&ListParams::default()).await.unwrap().items.is_empty());
}
