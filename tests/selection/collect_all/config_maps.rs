//! The `ConfigMaps` with the tables: their pages, restarts while they are written, and an API server that refuses them.

use std::time::Duration;

use super::{config_maps, members, models, selection, table};
use api::{ModelSelectionStatus, Reason};
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;
use testkit::status::{condition_parts, run_of, timeless};
use testkit::world::DEADLINE;
use testkit::{Selection, World, apply_yaml, await_until};

/// Longer than any test takes.
const HELD: u64 = 120_000;

#[tokio::test]
async fn a_table_too_large_for_one_config_map_continues_in_the_next() {
    let mut world = World::start(testkit::shared().await, "pages", &["--speed", "30000"], &[]).await;
    models(&world).await;
    // 37 additional metrics with the longest names.
    let mut metrics = Selection::new("").0["spec"]["training"]["metricDefinitions"].as_array().unwrap().clone();
    let regex = "- Test accuracy: ([0-9.]+)";
    metrics.extend((0..37).map(|n| json!({"name": format!("{}{n:03}", "m".repeat(250)), "regex": regex})));
    let selection = Selection::new("pages")
        .images(&["one"])
        .with("/collect", json!("All"))
        .with("/tuning/maxTrainingJobs", json!(200))
        .with("/tuning/maxParallelTrainingJobs", json!(10))
        .with("/training/metricDefinitions", json!(metrics));
    world.apply(&selection).await;
    let before = world.await_complete("pages").await;
    assert_eq!(table(&world, &before, "one").await.len(), 200);
    let first = run_of(&before, "one").trials.clone().unwrap().config_map;
    let mut pages: Vec<String> = config_maps(&world)
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .map(|map| map.metadata.name.unwrap())
        .collect();
    pages.retain(|name| name.starts_with(&first));
    assert_eq!(pages, [first.clone(), format!("{first}-2"), format!("{first}-3")]);

    // Another process reads it, with all its pages.
    world.await_idle().await;
    world.kill_and_restart();
    world.emulator.reset_calls().await;
    let edited = selection.clone().with("/objectives/0/metric", json!("val_accuracy"));
    world.apply(&edited).await;
    world.await_complete("pages").await;
    world.apply(&selection).await;
    let after = world.await_complete("pages").await;
    assert_eq!((&after.runs, &after.fronts), (&before.runs, &before.fronts));
    assert_eq!(world.calls().await, 0);
}

#[tokio::test]
async fn killed_at_any_call_and_after_any_write_it_has_the_same_result() {
    let mut world = World::fast("killed").await;
    models(&world).await;
    world.apply(&selection("killed")).await;
    let undisturbed = world.await_complete("killed").await;
    // Without the names of the ConfigMaps, which contain the uid of the selection.
    let comparable = |status: &ModelSelectionStatus| {
        let mut status = status.clone();
        for trials in status.runs.iter_mut().filter_map(|run| run.trials.as_mut()) {
            trials.config_map.truncate(trials.config_map.len() - 8);
        }
        timeless(&status)
    };
    let expected = comparable(&undisturbed);
    let prepare = async |world: &mut World<'static>| {
        world.delete_and_wait("killed").await;
        world.operator.kill();
        world.renew_emulator(&["--speed", "3000"]).await;
        models(world).await;
        world.start_operator();
    };
    for (operation, about) in [
        ("ListTrainingJobsForHyperParameterTuningJob", "ms-"),
        ("Search", "TuningJobArn"),
        ("DescribeTrainingJob", "ms-"),
    ] {
        prepare(&mut world).await;
        let order =
            json!({"operation": operation, "kind": "Delay", "count": 1, "delayMillis": HELD, "nameContains": about});
        world.emulator.fault(order).await;
        world.apply(&selection("killed")).await;
        world.await_faults_spent().await;
        world.kill_and_restart();
        assert_eq!(comparable(&world.await_complete("killed").await), expected, "killed at {operation}");
    }
    for tables in 1..=2 {
        prepare(&mut world).await;
        let before = world.writes().len();
        world.apply(&selection("killed")).await;
        await_until("so many tables are written", DEADLINE, async || {
            let writes = world.writes();
            writes[before..].iter().filter(|write| write.resource == "configmaps").count() >= tables
        })
        .await;
        world.kill_and_restart();
        let status = world.await_complete("killed").await;
        assert_eq!(comparable(&status), expected, "killed after {tables} tables");
        let uid = world.selections.get("killed").await.unwrap().metadata.uid;
        let owned =
            config_maps(&world).list(&ListParams::default()).await.unwrap().items.into_iter().filter(|map| {
                map.metadata.owner_references.iter().flatten().any(|owner| Some(&owner.uid) == uid.as_ref())
            });
        assert_eq!(owned.count(), 2, "one for each run, whatever happened");
    }
}

#[tokio::test]
async fn a_table_that_the_api_server_refuses_is_reported_once_and_created_once_permitted() {
    let world = World::fast("quota").await;
    models(&world).await;
    let quota = format!(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: none, namespace: {}}}\nspec: {{hard: {{count/configmaps: \"0\"}}}}",
        world.namespace
    );
    apply_yaml(&world.client, &quota).await.unwrap();
    let quotas: Api<ResourceQuota> = Api::namespaced(world.client.clone(), &world.namespace);
    // In place of the controller manager.
    let counted = json!({"status": {"hard": {"count/configmaps": "0"}, "used": {"count/configmaps": "0"}}});
    quotas.patch_status("none", &PatchParams::default(), &Patch::Merge(&counted)).await.unwrap();

    world.apply(&selection("quota")).await;
    let status = world.await_complete("quota").await;
    let run = run_of(&status, "one");
    assert_eq!((run.reason, &run.trials), (Some(Reason::QuotaExceeded), &None));
    assert!(run.message.as_ref().unwrap().contains("exceeded quota"), "{run:#?}");
    let ready = condition_parts(&status, "Ready").unwrap();
    assert_eq!((ready.0, ready.1), ("True", "Completed"));
    assert!(ready.2.contains("only the best training job is considered"), "{ready:?}");
    let best = run.best.as_ref().unwrap().training_job_name.as_str();
    assert_eq!(members(&status), [("one", best)]);

    // It is reported once, and retried with pauses, without calling SageMaker again.
    world.await_idle().await;
    world.emulator.reset_calls().await;
    let refused = || world.writes().iter().filter(|write| write.resource == "configmaps" && write.code == 403).count();
    let before = refused();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(refused() - before, 0, "no storm");
    let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
    let events = events.list(&ListParams::default()).await.unwrap().items;
    let warnings: Vec<_> = events.iter().filter(|event| event.reason.as_deref() == Some("TrialsNotKept")).collect();
    assert_eq!(warnings.len(), 1, "{events:#?}");
    assert_eq!((warnings[0].type_.as_deref(), warnings[0].series.is_none()), (Some("Warning"), true));

    quotas.delete("none", &DeleteParams::default()).await.unwrap();
    let cured =
        world.await_status("quota", "the tables are there", |s| s.runs.iter().all(|r| r.trials.is_some())).await;
    assert!(members(&cured).len() > 1 && run_of(&cured, "one").reason.is_none(), "{cured:#?}");
    assert_eq!(world.calls().await, 0, "what was read is kept until it is written");
    assert_eq!(cured.completion_time, status.completion_time);
}

#[tokio::test]
async fn a_table_that_may_not_be_read_blocks_nothing_and_is_read_once_permitted() {
    let mut world = World::fast("unreadable").await;
    models(&world).await;
    let first = selection("unreadable").without("two");
    world.apply(&first).await;
    let before = world.await_complete("unreadable").await;
    world.await_idle().await;
    world.operator.kill();

    let role = |kind: &str, metadata: &str, rules: &str| {
        let (api, group) = ("apiVersion: rbac.authorization.k8s.io/v1", "apiGroup: rbac.authorization.k8s.io");
        format!(
            "{api}\nkind: {kind}\nmetadata: {metadata}\nrules: [{rules}]\n---\n{api}\nkind: {kind}Binding\nmetadata: {metadata}\n\
             roleRef: {{{group}, kind: {kind}, name: limited}}\nsubjects: [{{{group}, kind: User, name: limited}}]"
        )
    };
    let cluster = role("ClusterRole", "{name: limited}", "{apiGroups: [\"\"], resources: [namespaces], verbs: [get]}");
    apply_yaml(&world.client, &cluster).await.unwrap();
    let may = |verbs: &str| {
        let rules = format!(
            "{{apiGroups: [modelselection.dev, coordination.k8s.io, events.k8s.io], resources: [\"*\"], verbs: [\"*\"]}}, \
             {{apiGroups: [\"\"], resources: [configmaps], verbs: {verbs}}}"
        );
        role("Role", &format!("{{name: limited, namespace: {}}}", world.namespace), &rules)
    };
    apply_yaml(&world.client, &may("[create, patch]")).await.unwrap();
    let may_read = may("[get, create, patch]");
    world.options.kubeconfig = world.plane.kubeconfig_for("limited", &[]);
    world.emulator.reset_calls().await;
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;

    // An edit that needs the table, and that adds another run.
    let edited = first.clone().images(&["two"]);
    world.apply(&edited).await;
    let status = world.await_complete("unreadable").await;
    let run = run_of(&status, "one");
    assert_eq!((run.reason, &run.trials), (Some(Reason::AccessDenied), &None), "{run:#?}");
    assert!(run.message.as_ref().unwrap().contains("cannot get resource"), "{run:#?}");
    assert!(run_of(&status, "two").trials.is_some(), "{status:#?}");
    let ready = condition_parts(&status, "Ready").unwrap();
    assert_eq!((ready.0, ready.1), ("True", "Completed"));
    assert!(ready.2.contains("only the best training job is considered"), "{ready:?}");
    assert_eq!(members(&status).iter().filter(|(candidate, _)| *candidate == "one").count(), 1);
    world.await_idle().await;
    let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
    let events = events.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(events.iter().filter(|event| event.reason.as_deref() == Some("TrialsNotKept")).count(), 1);

    // A restart tries at once. It reads the table itself, because the tuning job may be deleted.
    apply_yaml(&world.client, &may_read).await.unwrap();
    world.emulator.reset_calls().await;
    world.kill_and_restart();
    let cured =
        world.await_status("unreadable", "the table is named", |s| s.runs.iter().all(|r| r.trials.is_some())).await;
    assert_eq!(run_of(&cured, "one").trials, run_of(&before, "one").trials);
    assert!(run_of(&cured, "one").reason.is_none());
    assert!(members(&cured).len() > 1, "{cured:#?}");
    assert_eq!(world.calls().await, 0);
}
