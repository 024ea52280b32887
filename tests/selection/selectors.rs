//! Selectors: what they find, how many calls that costs, and that the result stays.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::time::Duration;

use api::ModelSelectionStatus;
use serde_json::{Value, json};
use testkit::status::{condition_parts, is_running, run_of};
use testkit::world::DEADLINE;
use testkit::{Selection, World, await_object, await_until, shared};

const CREATE: &str = "CreateHyperParameterTuningJob";
const DESCRIBE: &str = "DescribeHubContent";
const LIST: &str = "ListHubContents";

/// A selection with selectors, whose metrics each model has.
fn selecting(name: &str, selectors: Value) -> Selection {
    Selection::new(name)
        .with("/candidateSelectors", selectors)
        .with("/tuning/parameterRanges", json!([{"name": "epochs", "integer": {"min": "1", "max": "3"}}]))
        .with("/training/hyperparameters", json!({}))
}

fn candidates(status: &ModelSelectionStatus) -> BTreeSet<&str> {
    status.runs.iter().map(|run| run.candidate.as_str()).collect()
}

#[tokio::test]
async fn a_hub_of_a_thousand_models_is_listed_once_and_each_candidate_described_once() {
    let world = World::with_large_hub("thousand", &[]).await;
    let selector = json!([{"jumpStart": {"task": "ic"}}]);
    world.apply(&selecting("all", selector.clone())).await;
    let wait = Duration::from_mins(4);
    let named = |selection: &api::ModelSelection| {
        selection.status.as_ref().is_some_and(|status| {
            status.runs.iter().filter(|run| is_running(run)).count() == 8
                && status.runs.iter().all(|run| run.model_version.is_some())
        })
    };
    let selection = await_object(&world.selections, "all", "to run", wait, named).await;
    let status = selection.status.unwrap();
    assert_eq!(status.runs.len(), 162);
    let message = status.expansions[0].message.clone().unwrap();
    assert_eq!(message, "JumpStart lists 1000 models; of task 'ic': 162");
    let (lists, describes) = (world.calls_of(LIST).await, world.calls_of(DESCRIBE).await);
    println!("1000 models, 162 candidates: {lists} lists, {describes} describes");
    assert!(lists <= 10, "{lists} lists");
    assert_eq!(describes, 162);

    world.apply(&selecting("second", selector).with("/maxConcurrentTuningJobs", json!(4))).await;
    let status = world
        .await_status("second", "to run", |status| status.runs.iter().filter(|run| is_running(run)).count() == 4)
        .await;
    assert_eq!(status.runs.len(), 162);
    assert_eq!((world.calls_of(LIST).await, world.calls_of(DESCRIBE).await), (lists, describes));
}

#[tokio::test]
async fn found_models_stay_until_the_selector_or_rerun_is_edited() {
    let mut world = World::held("pinned").await;
    let selector = json!([{"jumpStart": {"task": "ic", "framework": "pytorch", "include": ["*resnet*"]}}]);
    let selection = selecting("pinned", selector).with("/maxConcurrentTuningJobs", json!(64));
    world.apply(&selection).await;
    let first = world.await_launched("pinned").await;
    let found = candidates(&first).len();
    assert!(found >= 3, "{first:#?}");
    world.emulator.set_hub_model(json!({"id": "pytorch-ic-resnet-new", "version": "1.0.0"})).await;

    // Neither a restart nor an edit of another field evaluates it again.
    world.operator.kill();
    world.emulator.reset_calls().await;
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;
    await_until("the new operator has seen it", DEADLINE, async || {
        let reconciles = world.reconciles().await;
        if reconciles > 0 { Ok(()) } else { Err(reconciles) }
    })
    .await;
    world.await_idle().await;
    let restarted = world.await_launched("pinned").await;
    world.apply(&selection.clone().with("/retries", json!(1))).await;
    let edited = world.await_observed("pinned", "to be seen", |status| status.runs.len() == found).await;
    world.await_idle().await;
    for same in [restarted, edited] {
        assert_eq!((candidates(&same), &same.expansions), (candidates(&first), &first.expansions));
    }
    assert_eq!(world.jobs().await.len(), found);
    let asked = [LIST, DESCRIBE, CREATE].map(async |operation| world.calls_of(operation).await);
    assert_eq!(futures::future::join_all(asked).await, [0, 0, 0]);

    world.apply(&selection.clone().with("/rerun", json!("again"))).await;
    let again = world.await_observed("pinned", "to be expanded again", |status| status.runs.len() == found + 1).await;
    assert!(candidates(&again).contains("pytorch-ic-resnet-new"));

    // A narrower selector: models that it still finds keep their jobs, the others are stopped.
    let kept = again.runs.iter().find(|run| run.candidate == "pytorch-ic-resnet-new").unwrap();
    let narrow = selection
        .with("/rerun", json!("again"))
        .with("/candidateSelectors/0/jumpStart/include", json!(["*resnet-new"]));
    world.apply(&narrow).await;
    let last = world.await_launched("pinned").await;
    assert_eq!(last.runs.len(), 1);
    assert_eq!(last.runs[0].definition, kept.definition);
}

#[tokio::test]
async fn models_that_a_selector_excludes_and_the_settings_that_include_them() {
    let world = World::held("left-out").await;
    for (model, entry) in [
        ("mxnet-ic-plain", json!({})),
        ("mxnet-ic-explicit", json!({})),
        ("mxnet-ic-deprecated", json!({"supportStatus": "Deprecated", "Deprecated": true})),
        ("mxnet-ic-vulnerable", json!({"TrainingVulnerable": true})),
        ("mxnet-ic-untrainable", json!({"TrainingSupported": false})),
        ("mxnet-ic-gated", json!({"GatedBucket": true, "HostingEulaUri": "s3://bucket/eula.txt"})),
    ] {
        let mut entry = entry;
        entry["id"] = json!(model);
        entry["version"] = json!("1.0.0");
        world.emulator.set_hub_model(entry).await;
    }
    let selector = |more: Value| {
        let mut clauses = json!({"framework": "mxnet"});
        clauses.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([{"jumpStart": clauses, "hyperparameters": {"batch_size": "16"}}])
    };
    let selection = selecting("left-out", selector(json!({}))).jump_start("mine", "mxnet-ic-explicit", "*");
    world.apply(&selection).await;
    let status = world.await_launched("left-out").await;
    assert_eq!(candidates(&status), BTreeSet::from(["mine", "mxnet-ic-plain"]));
    let message = status.expansions[0].message.as_deref().unwrap();
    for part in [
        "of framework 'mxnet': 6",
        "excluded because they are deprecated (`includeDeprecated`): 1",
        "excluded because they cannot be trained: 1",
        "have known vulnerabilities (`includeVulnerable`): 1",
        "need their license accepted (`acceptEULA`): 1",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    // The overrides of the selector apply to its candidates.
    let requests = world.emulator.requests(CREATE).await;
    let set = |model: &str| {
        let all = requests.as_array().unwrap().iter().map(|entry| &entry["request"]);
        let mine = all.filter(|request| request.to_string().contains(&format!("train-{model}.tar.gz")));
        mine.map(|r| r["TrainingJobDefinition"]["StaticHyperParameters"]["batch_size"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(set("mxnet-ic-plain"), [json!("\"16\"")]);
    assert_ne!(set("mxnet-ic-explicit"), [json!("\"16\"")]);

    let all = json!({"includeDeprecated": true, "includeVulnerable": true, "acceptEULA": true});
    world.apply(&selecting("left-out", selector(all)).jump_start("mine", "mxnet-ic-explicit", "*")).await;
    let expected =
        BTreeSet::from(["mine", "mxnet-ic-deprecated", "mxnet-ic-gated", "mxnet-ic-plain", "mxnet-ic-vulnerable"]);
    let found = |status: &ModelSelectionStatus| candidates(status) == expected;
    world.await_observed("left-out", "to find the others too", found).await;
    let status = world.await_launched("left-out").await;
    assert_eq!(candidates(&status), expected);
    let requests = world.emulator.requests(CREATE).await.to_string();
    assert!(requests.contains("\"AcceptEula\":true"), "{requests}");
}

#[tokio::test]
async fn a_selector_that_is_too_wide_or_too_narrow_starts_nothing_and_says_why() {
    let world = World::with_large_hub("wide", &[]).await;
    world.apply(&selecting("wide", json!([{"jumpStart": {}}]))).await;
    world
        .apply(&selecting("narrow", json!([{"jumpStart": {"task": "ic", "include": ["*vit*"]}}])).images(&["own"]))
        .await;
    let stalled = |status: &ModelSelectionStatus| condition_parts(status, "Stalled").is_some();
    let status = world.await_status("wide", "to be refused", stalled).await;
    let (_, reason, message) = condition_parts(&status, "Stalled").unwrap();
    assert_eq!(reason, "TooManyRuns", "{message}");
    for part in [
        "`candidateSelectors[0]`",
        "models; it is not known yet which of them can be trained",
        "there may be 512 runs",
        "JumpStart lists 1000 models",
        "Set `limit: 512`",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert!(status.runs.is_empty() && status.completion_time.is_none());
    assert_eq!(
        world.calls_of(DESCRIBE).await,
        0,
        "a thousand descriptions are not read only to report that they are too many"
    );

    let status = world.await_status("narrow", "to be refused", stalled).await;
    let (_, reason, message) = condition_parts(&status, "Stalled").unwrap();
    assert_eq!(reason, "NoModelFound", "{message}");
    let left = "JumpStart lists 1000 models; of task 'ic': 162; that match `include` (*vit*): 0";
    assert!(message.contains(left), "{message}");
    // The other candidates continue.
    let status = world.await_status("narrow", "the own image to run", |s| s.runs.iter().any(is_running)).await;
    assert_eq!(candidates(&status), BTreeSet::from(["own"]));

    // With a limit it is accepted: the first ones by id.
    world.apply(&selecting("wide", json!([{"jumpStart": {"task": "ic", "limit": 5}}]))).await;
    let status = world.await_launched("wide").await;
    assert_eq!(status.runs.len(), 5);
    assert!(candidates(&status).iter().all(|id| id.starts_with("pytorch-ic-")));
    let message = status.expansions[0].message.as_deref().unwrap();
    assert!(message.ends_with("; `limit`: 5"), "{message}");
}

/// Each source, and the operation that lists its models.
const SOURCES: [(&str, &str); 2] = [("hub", LIST), ("s3", "s3:GetObject")];

async fn world_of(purpose: &str, source: &str) -> World<'static> {
    let environment = [("MODELSELECTION_CATALOG_SOURCE", source)];
    World::start(shared().await, &format!("{purpose}-{source}"), &["--speed", "0"], &environment).await
}

#[tokio::test]
async fn a_source_that_may_not_be_read_blocks_only_the_runs_that_need_it() {
    let checks = SOURCES.map(async |(source, list)| {
        let world = world_of("denied", source).await;
        world.emulator.fault(json!({"operation": list, "kind": "AccessDenied"})).await;
        world
            .apply(&selecting("denied", json!([{"jumpStart": {"framework": "pytorch", "limit": 2}}])).images(&["own"]))
            .await;
        let status = world
            .await_status("denied", "to say so while the own image runs", |status| {
                condition_parts(status, "Stalled").is_some() && status.runs.iter().any(is_running)
            })
            .await;
        let (_, reason, message) = condition_parts(&status, "Stalled").unwrap();
        assert_eq!(reason, "AccessDenied");
        assert!(message.contains(list) && message.contains("`candidateSelectors[0]`"), "{message}");
        let tries = world.calls_of(list).await;
        assert!(tries <= 3, "{tries} tries");
        // Without an edit.
        world.emulator.clear_faults().await;
        let three = |status: &ModelSelectionStatus| status.runs.iter().filter(|run| is_running(run)).count() == 3;
        let status = world.await_observed("denied", "the models that were found to run", three).await;
        assert!(condition_parts(&status, "Stalled").is_none());
        assert_eq!(world.selections.get("denied").await.unwrap().metadata.generation, Some(1));
    });
    futures::future::join_all(checks.map(Box::pin)).await;
}

#[tokio::test]
async fn a_source_that_is_briefly_unavailable_is_called_again() {
    for (source, list) in SOURCES {
        let world = world_of("moment", source).await;
        world.emulator.fault(json!({"operation": list, "kind": "InternalFailure", "count": 2})).await;
        world.apply(&selecting("away", json!([{"jumpStart": {"framework": "pytorch", "limit": 2}}]))).await;
        let status = world.await_launched("away").await;
        assert_eq!(status.runs.len(), 2);
    }
}

/// While an edited selector cannot be evaluated, the models of the old one continue.
#[tokio::test]
async fn an_edit_while_the_hub_is_unavailable_stops_nothing() {
    let world = World::held("edit-away").await;
    let selector = |framework: &str| json!([{"jumpStart": {"task": "ic", "framework": framework, "limit": 2}}]);
    world.apply(&selecting("edit", selector("pytorch"))).await;
    let before = world.await_launched("edit").await;
    world.emulator.fault(json!({"operation": LIST, "kind": "InternalFailure"})).await;
    world.apply(&selecting("edit", selector("tensorflow"))).await;
    let trouble = |status: &ModelSelectionStatus| {
        condition_parts(status, "Ready").is_some_and(|(_, reason, _)| reason == "RetryingAfterError")
    };
    let status = world.await_observed("edit", "to say that the hub is unavailable", trouble).await;
    assert_eq!(candidates(&status), candidates(&before));
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
    world.emulator.clear_faults().await;
    let others = |status: &ModelSelectionStatus| {
        status.runs.len() == 2
            && status.runs.iter().all(|run| is_running(run) && run.candidate.starts_with("tensorflow-ic-"))
    };
    world.await_observed("edit", "the models of the new selector to run", others).await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
}

/// More selections than concurrent reconciles wait for a hub that does not respond; one that needs no hub is still
/// reconciled.
#[tokio::test]
async fn a_slow_hub_blocks_no_other_selection() {
    let few = [("MODELSELECTION_CONCURRENCY", "2")];
    let world = World::start(shared().await, "slow-hub", &["--speed", "0"], &few).await;
    world.emulator.fault(json!({"operation": DESCRIBE, "kind": "Delay", "delayMillis": 15_000})).await;
    world.emulator.fault(json!({"operation": LIST, "kind": "Delay", "delayMillis": 15_000})).await;
    for i in 0..6 {
        let model = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
        let waiting = Selection::new(&format!("waiting-{i}")).jump_start("js", model, "*");
        world.apply(&waiting.with("/candidateSelectors", json!([{"jumpStart": {"framework": "pytorch"}}]))).await;
    }
    world.apply(&Selection::new("quick").images(&["own"])).await;
    let status = world.await_launched("quick").await;
    assert!(is_running(run_of(&status, "own")));
    assert_eq!(world.jobs().await.len(), 1, "the others still wait for the hub");
}

#[tokio::test]
async fn the_files_in_s3_give_the_requests_that_the_hub_gives() {
    let selector = json!([
        {"jumpStart": {"task": "ic", "framework": "tensorflow", "include": ["*mobilenet-v3*"]}},
        {"jumpStart": {"task": "ic", "framework": "pytorch", "limit": 3}},
    ]);
    let model = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1";
    let selection = selecting("same", selector).jump_start("exact", model, "4.0.6").jump_start("prefix", model, "4.*");
    let selection = selection.with("/maxConcurrentTuningJobs", json!(16));
    let mut sent = Vec::new();
    for source in ["hub", "s3"] {
        let environment = [("MODELSELECTION_CATALOG_SOURCE", source), ("MODELSELECTION_CLUSTER_NAME", "same")];
        let world = World::start(shared().await, &format!("source-{source}"), &["--speed", "0"], &environment).await;
        world.apply(&selection).await;
        let status = world.await_launched("same").await;
        assert_eq!(status.runs.len(), 9);
        let requests = world.emulator.requests(CREATE).await;
        let mut requests: Vec<Value> =
            requests.as_array().unwrap().iter().map(|entry| entry["request"].clone()).collect();
        for request in &mut requests {
            // The namespace of the test is part of the name and the tags.
            request["HyperParameterTuningJobName"] = Value::Null;
            request["TrainingJobDefinition"]["StaticHyperParameters"]["sagemaker_job_name"] = Value::Null;
            request["Tags"].as_array_mut().unwrap().retain(|tag| tag["Key"] != "modelselection.dev/namespace");
        }
        requests.sort_by_key(ToString::to_string);
        sent.push(requests);
        let hub = world.calls_of(DESCRIBE).await + world.calls_of(LIST).await;
        assert_eq!(hub == 0, source == "s3");
    }
    assert_eq!(sent[0], sent[1]);
}

/// A hub with deprecated, vulnerable, gated and untrainable models; both sources give the same selector results, word
/// by word.
#[tokio::test]
async fn both_sources_give_the_same_models_and_messages() {
    let kinds = [
        ("plain", 12, json!({})),
        ("vulnerable", 1, json!({"TrainingVulnerable": true})),
        ("gated", 1, json!({"GatedBucket": true, "HostingEulaUri": "s3://bucket/eula.txt"})),
        ("untrainable", 2, json!({"TrainingSupported": false})),
        // The listing of the hub says so, the documents do not.
        ("withdrawn", 3, json!({"supportStatus": "Deprecated"})),
        ("withdrawn-untrainable", 1, json!({"supportStatus": "Deprecated", "TrainingSupported": false})),
    ];
    let all = json!({"framework": "mxnet", "includeDeprecated": true, "includeVulnerable": true, "acceptEULA": true});
    // With 32 datasets there is room for 16 models: mxnet has 20, of which 16 are not deprecated.
    let found = [
        ("within", 32, json!({"framework": "mxnet"})),
        ("limited", 32, json!({"framework": "mxnet", "includeDeprecated": true, "limit": 13})),
        ("all", 1, all),
    ];
    let refused = [
        ("beyond", 32, json!({"framework": "mxnet", "includeDeprecated": true})),
        ("far-beyond", 32, json!({})),
        ("no-task", 1, json!({"task": "classification"})),
        ("no-framework", 1, json!({"task": "ic", "framework": "keras"})),
        ("no-pattern", 1, json!({"framework": "mxnet", "include": ["vit*"]})),
        ("none-left", 1, json!({"framework": "mxnet", "include": ["*withdrawn*", "*untrainable*"]})),
    ];
    let mut said = Vec::new();
    for source in ["hub", "s3"] {
        let world = world_of("said", source).await;
        for (kind, count, entry) in &kinds {
            for n in 0..*count {
                let mut entry = entry.clone();
                (entry["id"], entry["version"]) = (json!(format!("mxnet-ic-{kind}-{n}")), json!("1.0.0"));
                world.emulator.set_hub_model(entry).await;
            }
        }
        for (name, datasets, clauses) in found.iter().chain(&refused) {
            let selection = selecting(name, json!([{"jumpStart": clauses}]));
            let selection = (1..*datasets).fold(selection, |all, n| all.dataset(&format!("d{n}")));
            // Models are only selected here, not run.
            let suspend = found.iter().any(|(found, ..)| found == name);
            world.apply(&selection.with("/suspend", json!(suspend))).await;
        }
        world.apply(&Selection::new("explicit").jump_start("js", "mxnet-ic-withdrawn-0", "*")).await;
        let mut lines = Vec::new();
        for (name, ..) in &found {
            let expanded = |status: &ModelSelectionStatus| !status.expansions.is_empty();
            let status = world.await_observed(name, "to be expanded", expanded).await;
            lines.push(format!("{name}: {}", serde_json::to_string(&status.expansions).unwrap()));
        }
        for name in refused.iter().map(|(name, ..)| *name).chain(["explicit"]) {
            let stalled = |status: &ModelSelectionStatus| condition_parts(status, "Stalled").is_some();
            let status = world.await_observed(name, "to be refused", stalled).await;
            let (_, reason, message) = condition_parts(&status, "Stalled").unwrap();
            lines.push(format!("{name}: {reason}: {message}"));
        }
        let hub = world.calls_of(DESCRIBE).await + world.calls_of(LIST).await;
        assert_eq!(hub == 0, source == "s3");
        said.push(lines);
    }
    for (hub, s3) in said[0].iter().zip(&said[1]) {
        println!("{hub}");
        assert_eq!(hub, s3);
    }
    let line = |name: &str| said[0].iter().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
    for (name, part) in [
        ("within", "mxnet-ic-plain-11"),
        ("beyond", "TooManyRuns: `candidateSelectors[0]`: it matches 20 models; it is not known yet which of them"),
        ("beyond", "Set `limit: 16`"),
        ("far-beyond", "it matches 178 models"),
        ("no-framework", "(there are tensorflow: 135, pytorch: 27, mxnet: 20)"),
        ("explicit", "ModelNotTrainable"),
    ] {
        assert!(line(name).contains(part), "{part} is not in {}", line(name));
    }
}

#[tokio::test]
async fn an_unknown_model_names_the_nearest() {
    let world = World::held("nearest").await;
    world.apply(&Selection::new("nearest").jump_start("js", "tensorflow-ic-imagenet-mobilenet-v2-100-224", "*")).await;
    let stalled = |status: &ModelSelectionStatus| condition_parts(status, "Stalled").is_some();
    let status = world.await_status("nearest", "to be stalled", stalled).await;
    let (_, reason, message) = condition_parts(&status, "Stalled").unwrap();
    assert_eq!(reason, "UnknownModel");
    assert!(message.contains("did you mean 'tensorflow-ic-imagenet-mobilenet-v2-100-"), "{message}");
}

/// The candidate that named a model is removed: the selector has found the model all the same.
#[tokio::test]
async fn a_model_stays_found_when_the_candidate_that_names_it_is_removed() {
    let world = World::held("named").await;
    let selector = json!([{"jumpStart": {"framework": "pytorch", "limit": 2}}]);
    world.apply(&selecting("found", selector.clone())).await;
    let both = world.await_launched("found").await;
    let named = candidates(&both).into_iter().next().unwrap().to_owned();
    let entry = json!([{"name": "tuned", "jumpStart": {"modelID": named}}]);
    world.apply(&selecting("named", selector.clone()).with("/candidates", entry)).await;
    let with_entry = world.await_launched("named").await;
    assert!(candidates(&with_entry).contains("tuned") && !candidates(&with_entry).contains(named.as_str()));
    world.apply(&selecting("named", selector)).await;
    let has_it = |status: &ModelSelectionStatus| candidates(status).contains(named.as_str());
    let without = world.await_observed("named", "the model is found", has_it).await;
    assert!(!candidates(&without).contains("tuned"), "{without:#?}");
}
