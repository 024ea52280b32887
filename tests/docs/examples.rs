//! The manifests in examples/: together they use every field, and unchanged they run to completion.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::planned::{Requests, planned, sent};
use api::{ModelSelection, ModelSelectionStatus, RunState, RunStatus};
use kube::Api;
use serde_json::{Value, json};
use testkit::status::{condition_parts, run_of};
use testkit::{Selection, World, apply_yaml, await_object, await_until, kubectl, shared};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
const CREATE: &str = "CreateHyperParameterTuningJob";
/// The parent and the attached job of the examples.
const EARLIER: &str = "resnet-last-month";
/// The whole hub would give 135 runs.
const LIMIT: i64 = 6;
/// The deadline for all examples together, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(8);

/// Name, text and object of each example.
fn examples() -> Vec<(String, String, Value)> {
    let mut files: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let object = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), text, object)
    };
    files.iter().map(read).collect()
}

/// The paths of all values, including those of intermediate structures: `A.B[].C`.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                paths(field, format!("{path}.{name}").trim_start_matches('.'), found);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {
            items.iter().for_each(|item| paths(item, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

/// The paths of all fields that are not objects.
fn fields(schema: &Value, path: &str, found: &mut Vec<String>) {
    let item = &schema["items"];
    match (schema["properties"].as_object(), item["properties"].is_object()) {
        (Some(properties), _) if !properties.is_empty() => {
            properties.iter().for_each(|(name, field)| fields(field, &format!("{path}.{name}"), found));
        }
        (_, true) => fields(item, &format!("{path}[]"), found),
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn each_field_of_the_spec_is_in_an_example() {
    let crd = serde_json::to_value(api::crd()).unwrap();
    let mut all = Vec::new();
    fields(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"], "spec", &mut all);
    let mut used = BTreeSet::new();
    examples().iter().for_each(|(_, _, example)| paths(&example["spec"], "spec", &mut used));
    let missing: Vec<&String> = all
        .iter()
        .filter(|field| !used.contains(*field))
        // Overrides have the fields of what they override; one example of an override is enough.
        .filter(|field| match field.split_once("[].training.").or_else(|| field.split_once("[].tuning.")) {
            Some((owner, _)) => {
                let part = if field.contains("[].training.") { "training" } else { "tuning" };
                let of_selection = field.replacen(&format!("{owner}[]."), "spec.", 1);
                let shown = used.iter().any(|path| path.starts_with(&format!("spec.candidates[].{part}.")));
                let ranges = of_selection.contains(".parameterRanges[].");
                !(shown && (ranges || used.contains(&of_selection)))
            }
            None => true,
        })
        // The same applies to the channels that override those of the dataset for some candidates.
        .filter(|field| !used.contains(&field.replacen(".channelOverrides[].channels[].", ".channels[].", 1)))
        // Ranges have the same fields everywhere.
        .filter(|field| match field.rsplit_once(".parameterRanges[].") {
            Some((_, rest)) => !used.contains(&format!("spec.tuning.parameterRanges[].{rest}")),
            None => true,
        })
        .collect();
    assert!(missing.is_empty(), "no example uses {missing:#?}");
}

#[test]
fn each_example_is_documented() {
    let index = std::fs::read_to_string(format!("{FOLDER}/README.md")).unwrap();
    let examples = examples();
    assert!(examples.len() >= 20);
    for (name, text, example) in &examples {
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("# yaml-language-server: $schema=../docs/reference/modelselection.schema.json"),
            "{name}.yaml"
        );
        assert!(lines.next().is_some_and(|line| line.starts_with("# ")), "{name}.yaml does not say what it shows");
        assert_eq!(example["metadata"]["name"].as_str(), Some(name.as_str()));
        assert!(index.contains(&format!("]({name}.yaml)")), "examples/README.md does not name {name}.yaml");
    }
    for link in index.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link)) {
        assert!(std::path::Path::new(FOLDER).join(link).exists(), "examples/README.md names {link}");
    }
}

/// Creates what the examples expect at SageMaker: a job that has ended, a gated model.
async fn earlier(world: &World<'_>, warm_start: &Value) {
    let mut seed = warm_start.clone();
    seed["metadata"]["name"] = json!("seed");
    seed["spec"]["tuning"].as_object_mut().unwrap().remove("warmStart");
    seed["spec"]["candidates"].as_array_mut().unwrap().truncate(1);
    world.apply(&Selection(seed)).await;
    world.await_complete("seed").await;
    let mut request = world.emulator.requests(CREATE).await[0]["request"].clone();
    request["HyperParameterTuningJobName"] = json!(EARLIER);
    request["Tags"] = json!([]);
    world.emulator.call(CREATE, &request).await.unwrap();
    await_until("the earlier job has ended", testkit::world::DEADLINE, async || {
        let asked = json!({"HyperParameterTuningJobName": EARLIER});
        let job = world.emulator.call("DescribeHyperParameterTuningJob", &asked).await.unwrap();
        if job["HyperParameterTuningJobStatus"] == "Completed" { Ok(()) } else { Err(job) }
    })
    .await;
    world.delete_and_wait("seed").await;
    let license = "s3://bucket/eula.txt";
    let gated = json!({
        "id": "meta-textgeneration-llama-2-7b", "version": "4.1.0", "GatedBucket": true, "HostingEulaUri": license,
    });
    world.emulator.set_hub_model(gated).await;
    let measured = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: production}\ndata: {throughput: '4', flowers.accuracy: '0.71'}";
    let production = measured.replace("name: production", &format!("name: production, namespace: {}", world.namespace));
    apply_yaml(&world.client, &production).await.unwrap();
    let loss = json!({"match": "meta-textgeneration-*", "extraLines": ["eval_epoch_loss=tensor({val_loss}, device='cuda:0')"]});
    world.emulator.behave(loss).await;
}

async fn await_end(api: &Api<ModelSelection>, name: &str) -> ModelSelectionStatus {
    let ended = |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| {
            status.completion_time.is_some()
                || condition_parts(status, "Suspended").is_some_and(|(on, _, _)| on == "True")
        })
    };
    await_object(api, name, "to end", PATIENCE, ended).await.status.unwrap()
}

#[tokio::test]
async fn the_examples_run_to_the_end() {
    let world = World::start(shared().await, "examples", &["--speed", "20000"], &[]).await;
    let examples = examples();
    let named = |name: &str| &examples.iter().find(|(other, _, _)| other == name).unwrap().2;
    earlier(&world, named("warm-start")).await;

    let models = tempfile::tempdir().unwrap();
    let file = |name: &str| std::path::PathBuf::from(format!("{FOLDER}/{name}.yaml"));
    let plan = |name: &String| (name.clone(), planned(&world, &file(name), models.path()));
    let plans: BTreeMap<String, Requests> = examples.iter().map(|(name, _, _)| plan(name)).collect();
    for (name, _, example) in &examples {
        let mut example = example.clone();
        if name == "whole-hub" {
            example["spec"]["candidateSelectors"][0]["jumpStart"]["limit"] = json!(LIMIT);
        }
        world.apply(&Selection(example)).await;
    }
    let mut ends = BTreeMap::new();
    for (name, _, _) in &examples {
        ends.insert(name.as_str(), await_end(&world.selections, name).await);
    }
    for (name, status) in &ends {
        let reasons: Vec<(&str, &str)> =
            status.conditions.iter().map(|c| (c.reason.as_str(), c.message.as_str())).collect();
        if *name == "suspended" {
            assert!(status.runs.iter().all(|run| run.state == RunState::Waiting), "{name}: {reasons:?}");
            continue;
        }
        assert_eq!(condition_parts(status, "Succeeded").map(|(on, _, _)| on), Some("True"), "{name}: {reasons:?}");
        assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded), "{name}: {reasons:?}");
        assert!(
            status.fronts.iter().all(|front| !front.members.is_empty() && front.excluded.is_empty()),
            "{name}: {reasons:?}"
        );
    }

    let runs = |name: &str| -> &Vec<RunStatus> { &ends[name].runs };
    assert_eq!(runs("whole-hub").len(), usize::try_from(LIMIT).unwrap());
    let frameworks = |name: &str| -> BTreeSet<&str> {
        runs(name).iter().map(|run| run.model_id.as_deref().unwrap().split('-').next().unwrap()).collect()
    };
    assert_eq!(frameworks("cross-framework"), BTreeSet::from(["pytorch", "tensorflow"]));
    assert_eq!((runs("two-datasets").len(), ends["two-datasets"].fronts.len()), (4, 2));
    assert!(run_of(&ends["attached-job"], "from-the-notebook").attached);
    let derived = &ends["derived-metrics"].runs[0].best.as_ref().unwrap().derived_metrics;
    assert_eq!(derived.len(), 4, "{derived:?}");
    assert!(ends["suspended"].runs.iter().all(|run| run.tuning_job_arn.is_none()));

    requests_are_as_planned(&world, &examples, plans).await;
    kubectl_shows_them(&world, examples.iter().map(|(name, _, _)| name.as_str()));
    requests_are_as_the_page_says(&world).await;
    metrics_are_as_the_page_says(&world).await;
}

/// Member by member, what `plan --show-requests` said before was sent; of a selector, it cannot know what that finds.
async fn requests_are_as_planned(
    world: &World<'_>,
    examples: &[(String, String, Value)],
    mut plans: BTreeMap<String, Requests>,
) {
    let mut compared = 0;
    for (name, _, example) in examples.iter().filter(|(name, _, _)| name != "suspended") {
        let (planned, mut sent) = (plans.remove(name).unwrap(), sent(world, name).await);
        if !example["spec"]["candidateSelectors"].is_null() {
            sent.retain(|job, _| planned.contains_key(job));
        }
        assert_eq!(planned, sent, "{name}");
        compared += planned.len();
    }
    assert!(compared > 50, "{compared} requests");
}

/// Each fits into 80 columns.
fn kubectl_shows_them<'a>(world: &World<'_>, names: impl Iterator<Item = &'a str>) {
    for name in names {
        let (_, table) = kubectl(world.plane, &["get", "msel", name, "--namespace", &world.namespace], "");
        assert!(table.lines().all(|line| line.trim_end().chars().count() <= 80), "{table}");
        assert_eq!(table.lines().count(), 2, "{table}");
    }
}

/// docs/reference/job-fields.md: members with a field of the API were sent, and members without one were not.
async fn requests_are_as_the_page_says(world: &World<'_>) {
    let mut sent = BTreeSet::new();
    for request in world.emulator.requests(CREATE).await.as_array().unwrap() {
        paths(&request["request"], "", &mut sent);
    }
    let page = include_str!("../../docs/reference/job-fields.md");
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let member = cells[0].trim_matches('`').trim_end_matches(".*");
        assert_eq!(sent.contains(member), cells[1] != "no", "{member} is set by {}", cells[1]);
    }
}

/// The reference has every existing metric, and no other.
async fn metrics_are_as_the_page_says(world: &World<'_>) {
    let (_, text) = world.operator.get("/metrics").await.unwrap();
    let mut there: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    // It exists while jobs run; by now all have ended.
    there.insert("modelselection_events_flow");
    let page = include_str!("../../docs/reference/metrics.md");
    let listed: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|name| name.trim_end_matches("_total"))
        .collect();
    assert_eq!(
        there.iter().map(|name| name.trim_end_matches("_info")).collect::<BTreeSet<_>>(),
        listed.iter().map(|name| name.trim_end_matches("_info")).collect()
    );
}
