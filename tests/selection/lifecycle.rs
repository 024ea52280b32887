//! The life of a selection, from apply to a front: the unmodified binaries, a real API server, real HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{ModelSelection, ModelSelectionStatus, Reason, RunState};
use kube::Api;
use serde_json::{Value, json};
use testkit::status::{condition_parts, conditions, is_running, job_of, run_of};
use testkit::world::LONG;
use testkit::{
    Emulator, Operator, OperatorOptions, Selection, World, apply_yaml, await_object, fresh_namespace, install_crd,
    kubectl, shared,
};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";

#[tokio::test]
async fn the_published_frontier_comes_out_of_the_example() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "frontier").await;
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let mut operator = Operator::start(OperatorOptions::new(plane, &emulator, &namespace));
    operator.await_ready(Duration::from_secs(30)).await;
    let manifest = include_str!("../../examples/caltech256.yaml")
        .replace("namespace: default", &format!("namespace: {namespace}"));
    apply_yaml(&client, &manifest).await.unwrap();
    let api: Api<ModelSelection> = Api::namespaced(client, &namespace);
    let done =
        await_object(&api, "caltech256", "to be complete", Duration::from_mins(2), |selection: &ModelSelection| {
            selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
        })
        .await;
    let status = done.status.unwrap();
    assert_eq!(status.fronts[0].members.len(), 20);
    let (_, described) = kubectl(plane, &["describe", "modelselection", "caltech256", "-n", &namespace], "");
    // docs/decisions/013: each value is there once.
    assert!(described.lines().count() < 1_100, "{} lines:\n{described}", described.lines().count());
}

/// Selections whose results depend only on the model: the search finds the defaults, which lose no accuracy.
fn exact(name: &str) -> Selection {
    Selection::new(name)
        .with("/training/hyperparameters/epochs", json!("5"))
        .with("/tuning/strategy", json!("Grid"))
        .with(
            "/tuning/parameterRanges",
            json!([{"name": "learning_rate", "categorical": {"values": ["0.01", "0.001"]}}]),
        )
}

/// Sets the accuracy and the throughput of each image.
async fn models(world: &World<'_>, models: &[(&str, f64, f64)]) {
    for (image, accuracy, throughput) in models {
        let row = json!({"match": format!("*/{image}:1"), "accuracy": accuracy, "throughput": throughput, "secondsPerEpoch": 30});
        world.emulator.behave(row).await;
    }
}

fn cells(status: &ModelSelectionStatus) -> Vec<(&str, &str)> {
    status.runs.iter().map(|run| (run.candidate.as_str(), run.dataset.as_str())).collect()
}

fn metrics(status: &ModelSelectionStatus, candidate: &str) -> BTreeMap<String, String> {
    let best = run_of(status, candidate).best.as_ref().unwrap_or_else(|| panic!("no result in {status:#?}"));
    best.metrics.iter().map(|metric| (metric.name.clone(), metric.value.clone())).collect()
}

fn members(status: &ModelSelectionStatus, front: usize) -> Vec<&str> {
    status.fronts[front].members.iter().map(|member| member.candidate.as_str()).collect()
}

#[tokio::test]
async fn runs_come_dataset_by_dataset_in_the_order_of_the_candidates_and_the_later_hyperparameter_wins() {
    let world = World::held("runs").await;
    let selection = Selection::new("runs")
        .dataset("large")
        .jump_start("mobilenet", MOBILENET, "*")
        .images(&["zeta", "alpha"])
        .with("/training/hyperparameters", json!({"epochs": "4", "batch_size": "16", "dropout_rate": "0.3"}))
        .with("/datasets/1/hyperparameters", json!({"batch_size": "8", "dropout_rate": "0.4"}))
        .with("/candidates/0/hyperparameters", json!({"dropout_rate": "0.25"}))
        .with("/candidates/2/hyperparameters", json!({"dropout_rate": "0.5"}));
    world.apply(&selection).await;
    let status = world.await_launched("runs").await;
    assert_eq!(
        cells(&status),
        [
            ("mobilenet", "small"),
            ("zeta", "small"),
            ("alpha", "small"),
            ("mobilenet", "large"),
            ("zeta", "large"),
            ("alpha", "large"),
        ]
    );

    let requests = world.emulator.requests("CreateHyperParameterTuningJob").await;
    let fixed = |run: usize| -> &Value {
        let name = status.runs[run].tuning_job_name.as_deref().unwrap();
        let found: Vec<&Value> = requests
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["request"])
            .filter(|request| request["HyperParameterTuningJobName"] == name)
            .collect();
        assert_eq!(found.len(), 1, "one create for {name}");
        &found[0]["TrainingJobDefinition"]["StaticHyperParameters"]
    };
    // Scripts of JumpStart get JSON values, and the model's defaults for everything that is not overridden.
    let mobilenet = fixed(0);
    assert_eq!((&mobilenet["epochs"], &mobilenet["batch_size"]), (&json!("\"4\""), &json!("\"16\"")));
    assert_eq!((&mobilenet["dropout_rate"], &mobilenet["optimizer"]), (&json!("\"0.25\""), &json!("\"adam\"")));
    assert_eq!(fixed(3)["batch_size"], json!("\"8\""));
    assert_eq!(fixed(3)["dropout_rate"], json!("\"0.25\""), "the candidate's wins over the dataset's");
    // An own image gets exactly the values of the spec.
    assert_eq!(*fixed(1), json!({"epochs": "4", "batch_size": "16", "dropout_rate": "0.3"}));
    assert_eq!(*fixed(4), json!({"epochs": "4", "batch_size": "8", "dropout_rate": "0.4"}));
    assert_eq!(*fixed(5), json!({"epochs": "4", "batch_size": "8", "dropout_rate": "0.5"}));
}

#[tokio::test]
async fn a_star_resolves_to_the_newest_version_and_an_exact_version_is_used_unchanged() {
    let mut world = World::held("versions").await;
    let question = json!({"HubName": "SageMakerPublicHub", "HubContentType": "Model", "HubContentName": MOBILENET});
    let listed = world.emulator.call("ListHubContentVersions", &question).await.unwrap();
    let numbers = |text: &str| text.split('.').map(|n| n.parse().unwrap()).collect::<Vec<u32>>();
    let mut versions: Vec<&str> = listed["HubContentSummaries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["HubContentVersion"].as_str().unwrap())
        .collect();
    versions.sort_by_key(|version| numbers(version));
    let (oldest, newest) = (versions[0], versions[versions.len() - 1]);
    assert_ne!(oldest, newest, "the emulator's hub has two versions of each model");

    let selection = Selection::new("versions")
        .jump_start("newest", MOBILENET, "*")
        .jump_start("exact", MOBILENET, oldest)
        .images(&["own"]);
    world.apply(&selection).await;
    let status = world.await_launched("versions").await;
    let version = |candidate| run_of(&status, candidate).model_version.as_deref();
    assert_eq!((version("newest"), version("exact"), version("own")), (Some(newest), Some(oldest), None));
    let definitions: std::collections::BTreeSet<_> = status.runs.iter().map(|run| run.definition.clone()).collect();
    assert_eq!(definitions.len(), 3, "another version is another definition");

    // A resolved version also applies to later jobs: the hub is not asked for its newest version, not even by a new
    // process.
    world.kill_and_restart();
    world.emulator.reset_calls().await;
    let edited = selection.with("/candidates/0/hyperparameters", json!({"epochs": "3"}));
    world.apply(&edited).await;
    let status = world.await_launched("versions").await;
    assert_eq!(run_of(&status, "newest").model_version.as_deref(), Some(newest));
    assert_eq!(world.calls_of("ListHubContentVersions").await, 0);
    let asked = world.emulator.requests("DescribeHubContent").await;
    let asked: Vec<&str> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["request"]["HubContentVersion"].as_str().unwrap_or("newest of all"))
        .collect();
    assert_eq!(asked, [newest]);
}

#[tokio::test]
async fn a_run_has_all_final_metrics_the_tuned_hyperparameters_the_artifact_and_the_seconds_of_its_best_training_job() {
    let world = World::fast("metrics").await;
    let number = "([0-9.]+(?:[eE][-+]?[0-9]+)?)";
    let selection = Selection::new("metrics").images(&["own"]).with(
        "/candidates/0/metricDefinitions",
        json!([{"name": "parameters", "regex": format!("- Number of parameters: {number}")}]),
    );
    world.apply(&selection).await;
    let status = world.await_complete("metrics").await;
    let run = run_of(&status, "own");
    let best = run.best.as_ref().unwrap();

    // The service's own description of it.
    let job = json!({"HyperParameterTuningJobName": job_of(&status, "own")});
    let job = world.emulator.call("DescribeHyperParameterTuningJob", &job).await.unwrap();
    assert_eq!(best.training_job_name, job["BestTrainingJob"]["TrainingJobName"]);
    assert_eq!(json!(best.hyperparameters), job["BestTrainingJob"]["TunedHyperParameters"]);
    assert!(best.hyperparameters.contains_key("learning_rate"));
    let training = json!({"TrainingJobName": best.training_job_name});
    let training = world.emulator.call("DescribeTrainingJob", &training).await.unwrap();
    let expected: BTreeMap<String, f64> = training["FinalMetricDataList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| (metric["MetricName"].as_str().unwrap().to_owned(), metric["Value"].as_f64().unwrap()))
        // SageMaker's second name for the tuning objective is dropped.
        .filter(|(name, _)| name != "ObjectiveMetric")
        .collect();
    let found = metrics(&status, "own");
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for name in ["val_accuracy", "test_accuracy", "test_throughput", "parameters"] {
        let (found, expected) = (found[name].parse::<f64>().unwrap(), expected[name]);
        assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{name} is {found}, not {expected}");
    }
    assert_eq!(best.model_artifact_s3_uri.as_deref(), training["ModelArtifacts"]["S3ModelArtifacts"].as_str());
    assert!(best.model_artifact_s3_uri.as_deref().unwrap().starts_with("s3://bucket/selection/"));
    assert_eq!(best.training_seconds.map(i64::from), training["TrainingTimeInSeconds"].as_i64());
    assert_eq!(best.billable_seconds.map(i64::from), training["BillableTimeInSeconds"].as_i64());
    assert!(best.training_seconds.unwrap() > 0);
    assert_eq!(run.training_jobs.unwrap().completed, 2);
    assert_eq!(run.tuning_job_arn.as_deref(), job["HyperParameterTuningJobArn"].as_str());
}

#[tokio::test]
async fn the_front_is_exact_and_the_same_results_give_the_same_bytes() {
    let world = World::fast("front").await;
    models(&world, &[("best", 90.0, 10.0), ("fast", 80.0, 20.0), ("twin", 80.0, 20.0), ("worse", 79.0, 9.0)]).await;
    world.emulator.behave(json!({"match": "*/silent:1", "omitTestMetrics": true, "secondsPerEpoch": 30})).await;
    world.emulator.behave(json!({"match": "*/nan:1", "nanMetrics": ["Test accuracy"], "secondsPerEpoch": 30})).await;
    let first = exact("first").images(&["worse", "twin", "fast", "best", "silent", "nan"]).with(
        "/candidates/5/metricDefinitions",
        json!([{"name": "test_accuracy", "regex": "- Test accuracy: (\\S+)"}]),
    );
    world.apply(&first).await;
    world.apply(&first.clone().named("second")).await;
    let (first, second) = (world.await_complete("first").await, world.await_complete("second").await);

    let values = |member: usize| -> Vec<(&str, &str)> {
        let values = &first.fronts[0].members[member].values;
        first.objectives.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect()
    };
    assert_eq!(members(&first, 0), ["best", "twin", "fast"]);
    assert_eq!(values(0), [("test_accuracy", "0.9"), ("test_throughput", "10")]);
    assert_eq!(values(1), [("test_accuracy", "0.8"), ("test_throughput", "20")]);
    assert_eq!(values(2), values(1), "equal points all stay");
    let excluded: Vec<(&str, String)> =
        first.fronts[0].excluded.iter().map(|e| (e.candidate.as_str(), format!("{:?}", e.reason))).collect();
    assert_eq!(excluded, [("silent", "MetricMissing".to_owned()), ("nan", "MetricNotFinite".to_owned())]);
    assert!(first.fronts[0].excluded[0].message.contains("'test_accuracy'"), "{:?}", first.fronts[0].excluded);
    let ranks: Vec<Option<i32>> = first.runs.iter().map(|run| run.pareto_rank).collect();
    assert_eq!(ranks, [Some(1), Some(0), Some(0), Some(0), None, None]);
    // Missing results are reported, and do not affect the others.
    assert_eq!(condition_parts(&first, "Succeeded").unwrap().0, "True");
    assert!(condition_parts(&first, "Ready").unwrap().2.contains("2 results are not considered"), "{first:#?}");

    // Jobs have other names, so they ended at other times and in another order.
    assert_ne!(job_of(&first, "best"), job_of(&second, "best"));
    // But for the recommended training job, whose name is that of its selection.
    let bytes = |status: &ModelSelectionStatus| {
        let mut fronts = status.fronts.clone();
        let recommended = fronts.iter_mut().filter_map(|front| front.recommendation.as_mut());
        recommended.for_each(|recommendation| recommendation.training_job = None);
        serde_json::to_string(&fronts).unwrap()
    };
    assert_eq!(bytes(&first), bytes(&second));
    for (one, other) in first.runs.iter().zip(&second.runs) {
        let (one, other) = (one.best.as_ref().unwrap(), other.best.as_ref().unwrap());
        assert_eq!((&one.metrics, &one.hyperparameters), (&other.metrics, &other.hyperparameters));
    }
}

#[tokio::test]
async fn each_objective_has_its_own_direction_and_constraints_exclude_and_say_so() {
    let world = World::fast("directions").await;
    models(&world, &[("best", 90.0, 10.0), ("fast", 80.0, 20.0), ("worse", 79.0, 9.0)]).await;
    let images = ["best", "fast", "worse"];
    let slow = exact("slow").images(&images).with("/objectives/1/goal", json!("Minimize"));
    let bound = exact("bound").images(&images).with(
        "/constraints",
        json!([{"metric": "test_accuracy", "min": "0.795"}, {"metric": "test_throughput", "max": "10"}]),
    );
    world.apply(&slow).await;
    world.apply(&bound).await;
    assert_eq!(members(&world.await_complete("slow").await, 0), ["best", "worse"]);
    let bound = world.await_complete("bound").await;
    assert_eq!(members(&bound, 0), ["best"]);
    let excluded: Vec<String> =
        bound.fronts[0].excluded.iter().map(|e| format!("{} {:?} {}", e.candidate, e.reason, e.message)).collect();
    assert_eq!(excluded.len(), 2);
    assert!(excluded[0].starts_with("fast Infeasible") && excluded[0].contains("above the maximum 10"), "{excluded:?}");
    assert!(excluded[1].starts_with("worse Infeasible") && excluded[1].contains("below the minimum 0.795"));
    assert_eq!(bound.recommended.as_deref(), Some("best"));
}

#[tokio::test]
async fn each_dataset_has_its_own_front() {
    let world = World::fast("datasets").await;
    models(&world, &[("accurate", 90.0, 10.0), ("quick", 80.0, 20.0)]).await;
    // On the second dataset the accurate one is trained badly, and is worse in every objective.
    let selection = exact("datasets")
        .dataset("other")
        .images(&["accurate", "quick"])
        .with("/objectives", json!([{"metric": "test_accuracy", "goal": "Maximize"}]))
        .with("/datasets/1/hyperparameters", json!({"momentum": "0.1"}));
    world.apply(&selection).await;
    let status = world.await_complete("datasets").await;
    assert_eq!(status.fronts.iter().map(|front| front.dataset.as_str()).collect::<Vec<_>>(), ["small", "other"]);
    assert_eq!((members(&status, 0), members(&status, 1)), (vec!["accurate"], vec!["accurate"]));
    let value = |front: usize| status.fronts[front].members[0].values[0].clone();
    assert_eq!(value(0), "0.9");
    assert!(value(1).parse::<f64>().unwrap() < 0.9, "the dataset's own hyperparameters count: {}", value(1));
    assert_eq!(status.front_sizes.as_deref(), Some("1,1"));
    assert_eq!(status.progress.as_deref(), Some("4/4"));
    assert_eq!(world.jobs().await.len(), 4);
}

#[tokio::test]
async fn a_failed_run_stops_no_other_and_the_message_counts_it() {
    let world = World::fast("failure").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true, "secondsPerEpoch": 30})).await;
    let selection = Selection::new("failure").images(&["broken", "one", "two"]);
    world.apply(&selection).await;
    let status = world.await_complete("failure").await;
    let broken = run_of(&status, "broken");
    assert_eq!((broken.state, broken.reason), (RunState::Failed, Some(Reason::TuningJobFailed)));
    assert!(broken.message.as_deref().unwrap().contains("No training job succeeded"), "{broken:#?}");
    for candidate in ["one", "two"] {
        assert_eq!(run_of(&status, candidate).state, RunState::Succeeded);
    }
    let (succeeded, reason, message) = condition_parts(&status, "Succeeded").unwrap();
    assert_eq!((succeeded, reason), ("True", "Completed"));
    assert!(message.contains("3 of 3 runs ended: 2 succeeded, 1 failed"), "{message}");
    let mut all = conditions(&status);
    all.sort();
    assert_eq!(all, ["Finished=True/Completed", "Ready=True/Completed", "Succeeded=True/Completed"]);
    let excluded = &status.fronts[0].excluded;
    assert_eq!((excluded.len(), excluded[0].candidate.as_str()), (1, "broken"));
    assert_eq!(world.jobs().await.len(), 3, "without `retries` a failure is final");
}

#[tokio::test]
async fn a_failed_run_is_tried_again_as_often_as_retries_allows() {
    let world = World::held("retries").await;
    world.emulator.behave(json!({"match": "*/flaky:1", "failAlways": true})).await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
    let selection = Selection::new("retries").images(&["flaky", "broken"]).with("/retries", json!(1));
    world.apply(&selection).await;
    world.await_launched("retries").await;
    world.emulator.behave(json!({"match": "*/flaky:1", "failAlways": false})).await;
    world.emulator.advance(LONG).await;
    let again = world
        .await_status("retries", "the second attempts run", |status| {
            status.runs.iter().all(|run| run.attempt == 1 && is_running(run))
        })
        .await;
    assert!(again.runs.iter().all(|run| run.failed_attempts == 1 && run.best.is_none()));
    world.emulator.advance(LONG).await;
    let status = world.await_complete("retries").await;
    let ended = |candidate| (run_of(&status, candidate).state, run_of(&status, candidate).attempt);
    assert_eq!((ended("flaky"), ended("broken")), ((RunState::Succeeded, 1), (RunState::Failed, 1)));
    let mut attempts: Vec<(String, String)> =
        world.jobs().await.into_values().map(|job| (job.candidate, job.attempt)).collect();
    attempts.sort();
    let expected = [("broken", "0"), ("broken", "1"), ("flaky", "0"), ("flaky", "1")];
    assert_eq!(attempts, expected.map(|(candidate, attempt)| (candidate.to_owned(), attempt.to_owned())));
}

#[tokio::test]
async fn without_any_usable_result_the_selection_is_stalled_and_says_why() {
    let world = World::fast("useless").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true, "secondsPerEpoch": 30})).await;
    world.emulator.behave(json!({"match": "*/silent:1", "omitTestMetrics": true, "secondsPerEpoch": 30})).await;
    world.apply(&Selection::new("failed").images(&["broken"])).await;
    world.apply(&Selection::new("silent").images(&["silent"])).await;
    for (name, reason, words) in
        [("failed", "NoUsableResult", "No training job succeeded"), ("silent", "MetricMissing", "'test_accuracy'")]
    {
        let status = world.await_complete(name).await;
        let mut all = conditions(&status);
        all.sort();
        let expected =
            ["Finished=True", "Ready=False", "Stalled=True", "Succeeded=False"].map(|c| format!("{c}/{reason}"));
        assert_eq!(all, expected);
        let message = condition_parts(&status, "Stalled").unwrap().2;
        assert!(message.contains(words) && message.contains("dataset 'small'"), "{message}");
    }
}

#[tokio::test]
async fn ready_means_launched_or_completed_as_the_policy_says() {
    let world = World::held("ready").await;
    world.apply(&Selection::new("launched").images(&["one"])).await;
    world.apply(&Selection::new("completed").images(&["one"]).with("/readyPolicy", json!("Completed"))).await;
    let sorted = |status: &ModelSelectionStatus| {
        let mut all = conditions(status);
        all.sort();
        all
    };
    let launched = world.await_launched("launched").await;
    assert_eq!(
        sorted(&launched),
        ["Finished=False/TuningRunning", "Ready=True/TuningRunning", "Succeeded=Unknown/TuningRunning"]
    );
    let completed = world.await_launched("completed").await;
    assert_eq!(
        sorted(&completed),
        [
            "Finished=False/WaitingForCompletion",
            "Ready=False/WaitingForCompletion",
            "Reconciling=True/WaitingForCompletion",
            "Succeeded=Unknown/WaitingForCompletion"
        ]
    );
    world.emulator.advance(LONG).await;
    for name in ["launched", "completed"] {
        let status = world.await_complete(name).await;
        assert_eq!(sorted(&status), ["Finished=True/Completed", "Ready=True/Completed", "Succeeded=True/Completed"]);
        let generation = world.selections.get(name).await.unwrap().metadata.generation;
        assert!(status.conditions.iter().all(|condition| condition.observed_generation == generation));
    }
}

#[tokio::test]
async fn at_most_as_many_jobs_run_as_the_selection_allows() {
    let world = World::held("queue").await;
    let selection = Selection::new("queue").images(&["one", "two", "three"]).with("/maxConcurrentTuningJobs", json!(2));
    world.apply(&selection).await;
    let full = |status: &ModelSelectionStatus| status.runs.iter().filter(|run| is_running(run)).count() == 2;
    let status = world.await_observed("queue", "two runs have a job", full).await;
    assert_eq!((status.runs[2].state, status.runs[2].reason), (RunState::Waiting, Some(Reason::Queued)));
    assert_eq!(
        conditions(&status)[0],
        "Ready=True/TuningRunning",
        "queued runs do not keep the selection from being ready"
    );
    assert_eq!(world.jobs().await.len(), 2);
    world.emulator.advance(LONG).await;
    world.await_status("queue", "the third run has a job", |status| is_running(&status.runs[2])).await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("queue").await;
    assert_eq!(status.counts.unwrap().succeeded, 3);
}

#[tokio::test]
async fn an_operator_of_several_namespaces_works_in_each_of_them_and_in_no_other() {
    let mut world = World::fast("several").await;
    let others = [fresh_namespace(&world.client, "second").await, fresh_namespace(&world.client, "foreign").await];
    world.options.namespace = format!("{},{}", world.namespace, others[0]);
    world.kill_and_restart();
    world.operator.await_ready(Duration::from_secs(30)).await;
    let selection = Selection::new("same-name").images(&["one"]);
    for namespace in [&others[1], &others[0], &world.namespace] {
        world.apply_in(namespace, &selection).await;
    }
    let mut jobs = Vec::new();
    for namespace in [&others[0], &world.namespace] {
        let api: Api<ModelSelection> = Api::namespaced(world.client.clone(), namespace);
        let complete = |selection: &ModelSelection| {
            selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
        };
        let done = await_object(&api, "same-name", "to be complete", Duration::from_mins(1), complete).await;
        jobs.push(job_of(&done.status.unwrap(), "one"));
    }
    assert_ne!(jobs[0], jobs[1], "the namespace is part of the identity");
    let namespaces: Vec<String> = world.jobs().await.into_values().map(|job| job.namespace).collect();
    assert_eq!(namespaces.len(), 2);
    assert!(!namespaces.contains(&others[1]), "{namespaces:?}");
    let foreign: Api<ModelSelection> = Api::namespaced(world.client.clone(), &others[1]);
    let foreign = foreign.get("same-name").await.unwrap();
    assert_eq!(foreign.metadata.finalizers, None);
}
