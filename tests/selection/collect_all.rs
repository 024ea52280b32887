//! `collect: All`: every completed training job enters the front, and all of them are stored in a table.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

mod config_maps;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::{ModelSelectionStatus, Reason, RunState};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::DeleteParams;
use serde_json::{Value, json};
use testkit::status::{job_of, run_of, timeless};
use testkit::world::DEADLINE;
use testkit::{Selection, World, await_until, consistently};

/// Six training jobs per run: more epochs take longer and are more accurate.
fn selection(name: &str) -> Selection {
    Selection::new(name)
        .images(&["one", "two"])
        .with("/collect", json!("All"))
        .with("/tuning/strategy", json!("Grid"))
        .with("/tuning/maxTrainingJobs", json!(6))
        .with(
            "/tuning/parameterRanges",
            json!([
                {"name": "epochs", "categorical": {"values": ["1", "3", "5"]}},
                {"name": "learning_rate", "categorical": {"values": ["0.001", "0.01"]}},
            ]),
        )
        .with("/training/hyperparameters", json!({"batch_size": "32"}))
        .with("/training/metricDefinitions/2", json!({"name": "epochs_run", "regex": "Epoch ([0-9]+)/"}))
        .with("/objectives/1", json!({"metric": "epochs_run", "goal": "Minimize"}))
}

async fn models(world: &World<'_>) {
    for (image, accuracy) in [("one", 90.0), ("two", 80.0)] {
        let row = json!({"match": format!("*/{image}:1"), "accuracy": accuracy, "secondsPerEpoch": 30});
        world.emulator.behave(row).await;
    }
}

fn config_maps(world: &World<'_>) -> Api<ConfigMap> {
    Api::namespaced(world.client.clone(), &world.namespace)
}

/// The lines of a run's table, from all its pages, by training job.
async fn table(world: &World<'_>, status: &ModelSelectionStatus, candidate: &str) -> BTreeMap<String, Value> {
    let trials = run_of(status, candidate).trials.clone().unwrap_or_else(|| panic!("no table: {status:#?}"));
    let mut next = Some(trials.config_map);
    let mut lines = BTreeMap::new();
    while let Some(name) = next {
        let page = config_maps(world).get(&name).await.unwrap();
        for line in page.data.unwrap()["trials.jsonl"].lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            lines.insert(line["trainingJobName"].as_str().unwrap().to_owned(), line);
        }
        next = page.metadata.annotations.unwrap_or_default().remove("modelselection.dev/next-page");
    }
    assert_eq!(i32::try_from(lines.len()), Ok(trials.count));
    lines
}

/// `SageMaker`'s description of all completed training jobs of a run, by name.
async fn described(world: &World<'_>, status: &ModelSelectionStatus, candidate: &str) -> BTreeMap<String, Value> {
    let mut jobs = BTreeMap::new();
    let mut token = Value::Null;
    loop {
        let mut request = json!({"HyperParameterTuningJobName": job_of(status, candidate), "MaxResults": 100, "StatusEquals": "Completed"});
        if !token.is_null() {
            request["NextToken"] = token;
        }
        let page = world.emulator.call("ListTrainingJobsForHyperParameterTuningJob", &request).await.unwrap();
        for summary in page["TrainingJobSummaries"].as_array().unwrap() {
            let name = summary["TrainingJobName"].as_str().unwrap().to_owned();
            let job = world.emulator.call("DescribeTrainingJob", &json!({"TrainingJobName": name})).await.unwrap();
            jobs.insert(name, json!({"tuned": summary["TunedHyperParameters"], "job": job}));
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            return jobs;
        }
    }
}

fn members(status: &ModelSelectionStatus) -> Vec<(&str, &str)> {
    let members = status.fronts[0].members.iter();
    members.map(|member| (member.candidate.as_str(), member.training_job_name.as_deref().unwrap_or("none"))).collect()
}

#[tokio::test]
async fn every_training_job_may_be_on_the_front_and_the_table_matches_sagemaker() {
    let world = World::fast("table").await;
    models(&world).await;
    let applied = world.apply(&selection("table")).await;
    let status = world.await_complete("table").await;

    // For each run: a listing, a search, and the best training job, which was described when the run ended. One more
    // search looks for jobs of a previous incarnation.
    let calls = world.emulator.calls().await;
    let count = |operation: &str| calls["byOperation"][operation].as_u64().unwrap_or_default();
    assert_eq!(count("ListTrainingJobsForHyperParameterTuningJob"), 2, "{calls}");
    assert_eq!((count("Search"), count("DescribeTrainingJob")), (1 + 2, 2), "{calls}");

    for candidate in ["one", "two"] {
        let (lines, jobs) = (table(&world, &status, candidate).await, described(&world, &status, candidate).await);
        assert_eq!(lines.len(), 6);
        assert_eq!(lines.keys().collect::<Vec<_>>(), jobs.keys().collect::<Vec<_>>());
        for (name, line) in &lines {
            let (tuned, job) = (&jobs[name]["tuned"], &jobs[name]["job"]);
            assert_eq!(&line["hyperparameters"], tuned);
            assert_eq!(line["modelArtifactS3URI"], job["ModelArtifacts"]["S3ModelArtifacts"]);
            assert_eq!(line["trainingSeconds"], job["TrainingTimeInSeconds"]);
            assert_eq!(line["billableSeconds"], job["BillableTimeInSeconds"]);
            assert_eq!(line["instanceType"], job["ResourceConfig"]["InstanceType"]);
            assert_eq!(line["instanceCount"], job["ResourceConfig"]["InstanceCount"]);
            let mut metrics = job["FinalMetricDataList"].as_array().unwrap().clone();
            // SageMaker's second name for the tuning objective is dropped.
            metrics.retain(|metric| metric["MetricName"] != "ObjectiveMetric");
            assert_eq!(line["metrics"].as_object().unwrap().len(), metrics.len());
            for metric in &metrics {
                let text = line["metrics"][metric["MetricName"].as_str().unwrap()].as_str().unwrap();
                let (kept, reported) = (text.parse::<f64>().unwrap(), metric["Value"].as_f64().unwrap());
                assert!((kept - reported).abs() <= 1e-6 * reported.abs(), "{text} is not {reported}");
            }
        }
    }

    // Only from the better model: the most accurate training job, and faster ones that are less accurate.
    let best = run_of(&status, "one").best.as_ref().unwrap().training_job_name.clone();
    let front = members(&status);
    assert!(front.len() >= 2 && front.iter().all(|(candidate, _)| *candidate == "one"), "{status:#?}");
    let recommended = status.fronts[0].recommendation.as_ref().unwrap().training_job.as_ref().unwrap();
    assert!(recommended.model_artifact_s3_uri.is_some(), "it can be deployed: {recommended:#?}");
    let lines = table(&world, &status, "one").await;
    let epochs: Vec<&str> =
        front.iter().map(|(_, job)| lines[*job]["metrics"]["epochs_run"].as_str().unwrap()).collect();
    assert_eq!(epochs.iter().collect::<BTreeSet<_>>().len(), front.len(), "one for each number of epochs: {epochs:?}");
    assert!(front.iter().any(|(_, job)| *job != best), "{front:?}");
    let front = &status.fronts[0];
    assert!(
        members(&status)
            .contains(&("one", front.recommendation.as_ref().unwrap().training_job_name.as_deref().unwrap()))
    );
    assert_eq!(
        (run_of(&status, "one").pareto_rank, status.front_sizes.as_deref()),
        (Some(0), Some(&*front.members.len().to_string()))
    );
    assert!(run_of(&status, "two").pareto_rank > Some(0));

    let name = run_of(&status, "one").trials.clone().unwrap().config_map;
    let config_map = config_maps(&world).get(&name).await.unwrap();
    assert_eq!(config_map.immutable, Some(true));
    let [owner] = &config_map.metadata.owner_references.as_ref().unwrap()[..] else { panic!("{config_map:#?}") };
    assert_eq!((owner.kind.as_str(), Some(&owner.uid)), ("ModelSelection", applied.metadata.uid.as_ref()));
    assert_eq!((owner.controller, owner.block_owner_deletion), (Some(true), None));
    let labels = config_map.metadata.labels.unwrap();
    assert_eq!(labels["modelselection.dev/selection"], "table");
    assert_eq!(labels["modelselection.dev/candidate"], "one");
    let common: Value = serde_json::from_str(&config_map.data.unwrap()["fixed-hyperparameters.json"]).unwrap();
    assert_eq!(common["batch_size"], "32");
}

#[tokio::test]
async fn edits_of_the_objectives_are_computed_from_the_tables_and_a_restart_reads_nothing() {
    let mut world = World::fast("edits").await;
    models(&world).await;
    let first = selection("edits");
    world.apply(&first).await;
    let all = world.await_complete("edits").await;
    world.await_idle().await;
    world.emulator.reset_calls().await;

    let only_fast = first.clone().with("/objectives", json!([{"metric": "epochs_run", "goal": "Minimize"}]));
    world.apply(&only_fast).await;
    let fast = world.await_complete("edits").await;
    // Four equal training jobs of one epoch.
    assert_eq!(members(&fast).len(), 4, "{fast:#?}");

    // The batch size is fixed. The results in the status do not have it, but the tables do.
    let cost = json!([{"name": "cost", "expression": "metrics.epochs_run * hyperparameters.batch_size"}]);
    let by_cost = first.clone().with("/derivedMetrics", cost);
    let by_cost = by_cost.with("/objectives/1", json!({"metric": "cost", "goal": "Minimize"}));
    world.apply(&by_cost).await;
    let costs = world.await_complete("edits").await;
    assert_eq!(members(&costs), members(&all), "{costs:#?}");
    let values = &costs.fronts[0].members[0].values;
    assert!((values[1].parse::<f64>().unwrap() % 32.0).abs() < f64::EPSILON, "{values:?}");
    assert_eq!(run_of(&costs, "one").best.as_ref().unwrap().derived_metrics[0].name, "cost");

    world.apply(&first.clone().with("/collect", json!("Best"))).await;
    let best = world.await_complete("edits").await;
    assert!(members(&best).iter().all(|(_, job)| *job == "none"));
    assert_eq!(run_of(&best, "one").trials, run_of(&all, "one").trials, "the tables stay");

    world.apply(&first).await;
    let again = world.await_complete("edits").await;
    assert_eq!(timeless(&again)["fronts"], timeless(&all)["fronts"]);
    let results = |status: &ModelSelectionStatus| -> Vec<_> {
        let results =
            status.runs.iter().map(|run| (run.best.clone().unwrap().metrics, run.trials.clone(), run.pareto_rank));
        results.collect()
    };
    assert_eq!(results(&again), results(&all));
    assert_eq!(world.calls().await, 0);

    // A restart: nothing is read, so the missing table is not noticed; there is no call and no write.
    world.await_idle().await;
    world.operator.kill();
    let gone = run_of(&all, "one").trials.clone().unwrap().config_map;
    let before = config_maps(&world).get(&gone).await.unwrap();
    config_maps(&world).delete(&gone, &DeleteParams::default()).await.unwrap();
    let writes = world.writes().len();
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;
    await_until("a reconcile", DEADLINE, async || world.reconciles().await > 0).await;
    consistently("nothing happens", Duration::from_secs(1), async || {
        let (calls, writes) = (world.calls().await, world.writes().len() - writes);
        if calls == 0 && writes == 0 { Ok(()) } else { Err(format!("{calls} calls, {writes} writes")) }
    })
    .await;

    // An edit needs the table, and it is created again, identical to the earlier one.
    world.apply(&only_fast).await;
    let fast_again = world.await_complete("edits").await;
    assert_eq!(timeless(&fast_again)["fronts"], timeless(&fast)["fronts"]);
    assert_eq!(config_maps(&world).get(&gone).await.unwrap().data, before.data);
    assert_eq!(world.calls().await, 2, "a listing and a search for one run");
}

#[tokio::test]
async fn switching_to_all_collects_from_runs_that_have_ended() {
    let world = World::fast("switch").await;
    models(&world).await;
    let best = selection("switch").with("/collect", json!("Best"));
    world.apply(&best).await;
    let before = world.await_complete("switch").await;
    assert!(before.runs.iter().all(|run| run.trials.is_none()));
    world.await_idle().await;
    world.emulator.reset_calls().await;
    world.apply(&best.with("/collect", json!("All"))).await;
    let after =
        world.await_observed("switch", "the tables are there", |s| s.runs.iter().all(|r| r.trials.is_some())).await;
    assert!(members(&after).len() > members(&before).len());
    let calls = world.emulator.calls().await;
    let kinds: BTreeMap<String, u64> = serde_json::from_value(calls["byOperation"].clone()).unwrap();
    let expected = [("ListTrainingJobsForHyperParameterTuningJob", 2), ("Search", 2)].map(|(k, n)| (k.to_owned(), n));
    assert_eq!(kinds, expected.into());
}

#[tokio::test]
async fn hundreds_of_training_jobs_cost_a_few_calls_and_one_each_without_the_right_to_search() {
    let world = World::start(testkit::shared().await, "many", &["--speed", "30000"], &[]).await;
    models(&world).await;
    let many = |name: &str, jobs: u64| {
        Selection::new(name)
            .images(&["one"])
            .with("/collect", json!("All"))
            .with("/tuning/maxTrainingJobs", json!(jobs))
            .with("/tuning/maxParallelTrainingJobs", json!(10))
    };
    world.apply(&many("many", 250)).await;
    let status = world.await_complete("many").await;
    assert_eq!(run_of(&status, "one").trials.as_ref().unwrap().count, 250);
    let calls = world.emulator.calls().await;
    let count = |calls: &Value, operation: &str| calls["byOperation"][operation].as_u64().unwrap_or_default();
    let lists = count(&calls, "ListTrainingJobsForHyperParameterTuningJob");
    assert_eq!((lists, count(&calls, "Search"), count(&calls, "DescribeTrainingJob")), (3, 1 + 3, 1), "{calls}");

    // Without Search there are more describes than one pass may make; the responses of the first pass are kept.
    world.emulator.fault(json!({"operation": "Search", "kind": "AccessDenied"})).await;
    world.emulator.reset_calls().await;
    world.apply(&many("denied", 70)).await;
    let status = world.await_complete("denied").await;
    assert_eq!(run_of(&status, "one").trials.as_ref().unwrap().count, 70);
    let calls = world.emulator.calls().await;
    let lists = count(&calls, "ListTrainingJobsForHyperParameterTuningJob");
    assert_eq!((lists, count(&calls, "DescribeTrainingJob")), (1, 71), "{calls}");
    let lines = table(&world, &status, "one").await;
    assert!(lines.values().all(|line| line["metrics"].get("test_accuracy").is_some()));
}

#[tokio::test]
async fn a_deleted_tuning_job_is_reported_and_not_described_again_until_an_edit() {
    let mut world = World::fast("deleted").await;
    models(&world).await;
    let best = selection("deleted").with("/collect", json!("Best"));
    world.apply(&best).await;
    let before = world.await_complete("deleted").await;
    let job = job_of(&before, "one");
    world.emulator.call("DeleteHyperParameterTuningJob", &json!({"HyperParameterTuningJobName": job})).await.unwrap();

    let all = best.with("/collect", json!("All"));
    world.apply(&all).await;
    let status = world.await_complete("deleted").await;
    let run = run_of(&status, "one");
    assert_eq!((run.state, run.reason, &run.trials), (RunState::Succeeded, Some(Reason::TuningJobDeleted), &None));
    assert!(run_of(&status, "two").trials.is_some());
    assert!(members(&status).iter().any(|(candidate, _)| *candidate == "one"), "{status:#?}");

    // No call, and no further pass is scheduled, not even by another process.
    let quiet = async |world: &mut World<'_>| {
        world.await_idle().await;
        world.emulator.reset_calls().await;
        world.kill_and_restart();
        world.operator.await_ready(DEADLINE).await;
        await_until("a reconcile", DEADLINE, async || world.reconciles().await > 0).await;
        world.await_idle().await;
        let (_, text) = world.operator.get("/metrics").await.unwrap();
        let planned = |line: &&str| line.starts_with("controller_runtime_reconcile_total{") && line.contains("requeue");
        assert!(text.lines().filter(planned).all(|line| line.ends_with(" 0")), "{text}");
        assert_eq!(world.calls().await, 0);
    };
    quiet(&mut world).await;

    // An edit may help; here it does not.
    world.apply(&all.with("/objectives", json!([{"metric": "epochs_run", "goal": "Minimize"}]))).await;
    let edited = world.await_complete("deleted").await;
    assert_eq!(run_of(&edited, "one").reason, Some(Reason::TuningJobDeleted));
    assert_eq!(world.calls().await, 1);
    quiet(&mut world).await;
}

#[tokio::test]
async fn the_best_training_job_of_a_parent_is_in_the_table_and_on_the_front() {
    let world = World::fast("parents").await;
    models(&world).await;
    let parent = selection("parent").without("two");
    world.apply(&parent).await;
    let before = world.await_complete("parent").await;
    let best = run_of(&before, "one").best.as_ref().unwrap().training_job_name.clone();

    // The same with a model that has become worse.
    world.emulator.behave(json!({"match": "*/one:1", "accuracy": 50.0, "secondsPerEpoch": 30})).await;
    let warm = json!({
        "type": "IdenticalDataAndAlgorithm", "parentTuningJobNames": [job_of(&before, "one")], "includeParentResults": true,
    });
    let child = parent.named("child").with("/tuning/warmStart", warm);
    let child = child.with("/tuning/strategy", json!("Random"));
    world.apply(&child).await;
    let status = world.await_complete("child").await;
    let run = run_of(&status, "one");
    assert_ne!(run.tuning_job_name, run_of(&before, "one").tuning_job_name);
    assert_eq!(run.best.as_ref().unwrap().training_job_name, best);
    assert!(members(&status).contains(&("one", &best)), "{status:#?}");
    let lines = table(&world, &status, "one").await;
    let own = described(&world, &status, "one").await;
    assert_eq!(lines.keys().filter(|name| !own.contains_key(*name)).collect::<Vec<_>>(), [&best]);
    assert_eq!(lines.len(), own.len() + 1);
    assert_eq!(lines[&best], table(&world, &before, "one").await[&best]);

    // A job that was stopped before any training job of its own completed: it has only the parent's.
    world.emulator.behave(json!({"match": "*/one:1", "accuracy": 50.0, "secondsPerEpoch": 1_000_000})).await;
    let requests = world.emulator.requests("CreateHyperParameterTuningJob").await;
    let mut request = requests.as_array().unwrap().last().unwrap()["request"].clone();
    request["HyperParameterTuningJobName"] = json!("stopped");
    request["Tags"] = json!([]);
    world.emulator.call("CreateHyperParameterTuningJob", &request).await.unwrap();
    let stopped = json!({"HyperParameterTuningJobName": "stopped"});
    world.emulator.call("StopHyperParameterTuningJob", &stopped).await.unwrap();
    let mut attached = child;
    let candidate = json!({"name": "stopped", "tuningJobName": "stopped", "dataset": "small"});
    attached.0["spec"]["candidates"].as_array_mut().unwrap().push(candidate);
    world.apply(&attached).await;
    let status = world.await_complete("child").await;
    assert_eq!(run_of(&status, "stopped").state, RunState::Succeeded, "{status:#?}");
    assert!(described(&world, &status, "stopped").await.is_empty());
    let only = table(&world, &status, "stopped").await;
    assert_eq!(only.into_iter().collect::<Vec<_>>(), [(best.clone(), lines[&best].clone())]);
}
