//! The status of an object: its initial value, that the largest one fits, and that rules on the spec never block its
//! writes.

use std::path::Path;
use std::time::Duration;

use api::{
    Alternative, BestTrainingJob, Condition, Counts, Difference, Excluded, ExclusionReason, Expansion, Front,
    FrontMember, Hosting, MetricValue, ModelSelectionStatus, ObservedPoint, Recommendation, RecommendationRule,
    RunState, RunStatus, TrainingJobCounts, Trials,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::{DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

use super::{CRD, jumpstart, merged, plane, selections, yaml};
use testkit::{apply_yaml, await_until};

/// Writes like the operator: one field manager, the whole status, forced.
pub(super) async fn write_status(api: &Api<DynamicObject>, like: &Value, status: &Value) -> Result<Value, String> {
    let patch = json!({
        "apiVersion": like["apiVersion"], "kind": like["kind"], "metadata": {"name": like["metadata"]["name"]}, "status": status,
    });
    let parameters = PatchParams::apply("modelselection-operator").force().validation_strict();
    let name = like["metadata"]["name"].as_str().unwrap();
    let written = api.patch_status(name, &parameters, &Patch::Apply(&patch)).await;
    written.map(|object| serde_json::to_value(object).unwrap()).map_err(|e| e.to_string())
}

async fn create(api: &Api<DynamicObject>, object: &Value) -> DynamicObject {
    let object = serde_json::from_value(object.clone()).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap_or_else(|e| panic!("{e}"))
}

#[tokio::test]
async fn a_new_object_is_not_ready() {
    let (_, client, namespace) = plane("new").await;
    let created = create(&selections(&client, &namespace), &jumpstart()).await;
    assert_eq!(created.data["status"], json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn suspended_selections_can_be_listed() {
    let (_, client, namespace) = plane("suspended").await;
    let api = selections(&client, &namespace);
    create(&api, &jumpstart()).await;
    create(&api, &merged(jumpstart(), json!({"metadata": {"name": "paused"}, "spec": {"suspend": true}}))).await;
    let list = api.list(&ListParams::default().fields("spec.suspend=true")).await.unwrap();
    let names: Vec<_> = list.items.iter().filter_map(|object| object.metadata.name.as_deref()).collect();
    assert_eq!(names, ["paused"]);
}

/// 512 succeeded runs with the longest names and eight metrics each. About 1.2 MB: etcd's limit is 1.5.
#[allow(clippy::too_many_lines)] // a list: every field
fn large() -> ModelSelectionStatus {
    let name = |kind: &str, i: usize| format!("{kind}{i:0>width$}", width = 63 - kind.len());
    let number = "-1.2345678901234567e-300".to_owned();
    let time = Time("2026-11-24T12:00:00Z".parse().unwrap());
    let runs: Vec<RunStatus> = (0..512)
        .map(|i| RunStatus {
            candidate: name("candidate-", i),
            dataset: name("dataset-", 0),
            state: RunState::Succeeded,
            reason: None,
            message: None,
            warning: Some("w".repeat(api::bounds::WARNING)),
            own_split: true,
            attempt: 1000,
            failed_attempts: 10,
            definition: Some("f".repeat(20)),
            tuning_job_name: Some("t".repeat(32)),
            tuning_job_arn: Some("a".repeat(120)),
            model_id: Some("m".repeat(63)),
            model_version: Some("4.0.17".into()),
            training_jobs: Some(TrainingJobCounts { completed: 10_000, ..TrainingJobCounts::default() }),
            best: Some(BestTrainingJob {
                training_job_name: "t".repeat(63),
                hyperparameters: (0..4).map(|h| (format!("hyperparameter_{h}"), number.clone())).collect(),
                metrics: (0..8)
                    .map(|m| MetricValue { name: format!("metric_number_{m}"), value: number.clone() })
                    .collect(),
                metrics_omitted: 32,
                non_finite_metrics: vec!["metric_number_9".into()],
                model_artifact_s3_uri: Some(format!("s3://{}", "x".repeat(200))),
                training_seconds: Some(i32::MAX),
                billable_seconds: Some(i32::MAX),
                derived_metrics: vec![MetricValue { name: "images_per_second".into(), value: number.clone() }],
                fixed_hyperparameters: [("batch_size".to_owned(), "32".to_owned())].into(),
                instance_type: Some("ml.p3.2xlarge".into()),
                instance_count: Some(1),
            }),
            attached: false,
            trials: Some(Trials { config_map: "t".repeat(32), count: 750 }),
            end_time: Some(time.clone()),
            pareto_rank: Some(511),
        })
        .collect();
    let training_job = runs[0].best.clone();
    let values = vec![number.clone(); 8];
    let member = |i: usize| FrontMember {
        candidate: name("candidate-", i),
        training_job_name: Some("t".repeat(45)),
        observed: false,
        values: values.clone(),
    };
    let alternative = |i: usize| Alternative {
        candidate: name("candidate-", i),
        training_job_name: Some("t".repeat(45)),
        message: "m".repeat(512),
        differences: (0..8)
            .map(|m| Difference {
                metric: format!("metric_number_{m}"),
                difference: number.clone(),
                ratio: Some(number.clone()),
            })
            .collect(),
    };
    let observed = |i: usize| ObservedPoint {
        candidate: name("observed-", i),
        values: values.clone(),
        pareto_rank: 1024,
        beaten_by_count: 519,
        beaten_by: (0..16).map(|i| name("candidate-", i)).collect(),
    };
    let excluded = |i: usize| Excluded {
        candidate: name("candidate-", i),
        reason: ExclusionReason::Infeasible,
        message: "m".repeat(100),
    };
    ModelSelectionStatus {
        conditions: ["Ready", "Reconciling", "Succeeded"]
            .map(|type_| Condition {
                type_: type_.into(),
                status: "Unknown".into(),
                observed_generation: Some(1),
                last_transition_time: time.clone(),
                reason: "WaitingForCompletion".into(),
                message: "m".repeat(1024),
            })
            .to_vec(),
        observed_generation: Some(1),
        progress: Some("512/512".into()),
        recommended: Some(name("candidate-", 0)),
        front_sizes: Some((0..32).map(|_| "512").collect::<Vec<_>>().join(",")),
        counts: Some(Counts { total: 512, succeeded: 512, ..Counts::default() }),
        start_time: Some(time.clone()),
        completion_time: Some(time),
        region: Some("us-west-2".into()),
        rerun: "r".repeat(64),
        expansions: vec![Expansion {
            selector: "f".repeat(20),
            model_ids: (0..512).map(|i| name("model-", i)).collect(),
            message: Some("m".repeat(300)),
        }],
        runs,
        superseded: Vec::new(),
        objectives: (0..8).map(|m| format!("metric_number_{m}")).collect(),
        fronts: vec![Front {
            dataset: name("dataset-", 0),
            members: (0..256).map(member).collect(),
            recommendation: Some(Recommendation {
                candidate: Some(name("candidate-", 0)),
                training_job_name: Some("t".repeat(45)),
                training_job,
                hosting: Some(Hosting {
                    image: Some("i".repeat(255)),
                    environment: (0..8).map(|v| (format!("VARIABLE_{v}"), "v".repeat(100))).collect(),
                    script_s3_uri: Some(format!("s3://{}", "x".repeat(200))),
                    instance_type: Some("ml.p3.2xlarge".into()),
                    network_isolation: true,
                    message: Some("m".repeat(512)),
                }),
                rule: RecommendationRule::Knee,
                message: "m".repeat(512),
                alternatives: (1..5).map(alternative).collect(),
            }),
            observed: (0..8).map(observed).collect(),
            hypervolume: Some(number),
            reference: values.clone(),
            excluded: (256..512).map(excluded).collect(),
            ..Front::default()
        }],
    }
}

#[tokio::test]
async fn the_status_of_512_runs_is_accepted_and_leaves_the_spec_alone() {
    let (_, client, namespace) = plane("large").await;
    let api = selections(&client, &namespace);
    let candidates: Vec<_> = (0..512)
        .map(|i| json!({"name": format!("candidate-{i:0>53}"), "jumpStart": {"modelID": "m".repeat(63)}}))
        .collect();
    let object = merged(jumpstart(), json!({"metadata": {"name": "n".repeat(63)}, "spec": {"candidates": candidates}}));
    let created = create(&api, &object).await;
    let status = serde_json::to_value(large()).unwrap();
    println!("the status has {} bytes", status.to_string().len());
    let written = write_status(&api, &object, &status).await.unwrap();
    assert_eq!(written["status"], status, "nothing is pruned");
    assert_eq!(written["spec"], created.data["spec"]);
    assert_eq!(written["metadata"]["generation"], json!(1));
}

/// A release with a stricter rule encounters objects that were accepted before. The operator must still be able to
/// report that in their status. Uses a kind of its own, because the CRD of the other tests has all rules from the
/// start.
#[tokio::test]
async fn an_object_from_before_a_rule_can_still_have_a_status() {
    let (_, client, namespace) = plane("before").await;
    let strict = std::fs::read_to_string(Path::new(CRD)).unwrap();
    let mut strict = yaml(&strict);
    strict["spec"]["group"] = json!("before.example");
    strict["metadata"]["name"] = json!("befores.before.example");
    strict["spec"]["names"] = json!({"kind": "Before", "plural": "befores"});
    let mut loose = strict.clone();
    without_rules(&mut loose);
    apply_yaml(&client, &loose.to_string()).await.unwrap();
    let kind = GroupVersionKind::gvk("before.example", "v1alpha1", "Before");
    let resource = ApiResource::from_gvk_with_plural(&kind, "befores");
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &resource);
    let bad = merged(
        jumpstart(),
        yaml(
            r"
            apiVersion: before.example/v1alpha1
            kind: Before
            spec:
              region: Oregon
              candidates: [{name: own, algorithm: {trainingImage: i}}]
              tuning:
                strategy: Hyperband
                maxTrainingJobs: null
                earlyStopping: Auto
                parameterRanges: [{name: a, continuous: {min: '1', max: zero}, categorical: {}}, {name: b, integer: {min: '8', max: '2'}}]
            ",
        ),
    );
    let object: DynamicObject = serde_json::from_value(bad.clone()).unwrap();
    await_until("the loose kind is served", Duration::from_secs(20), async || {
        api.create(&PostParams::default(), &object).await.map(drop).map_err(|e| e.to_string())
    })
    .await;
    apply_yaml(&client, &strict.to_string()).await.unwrap();
    let other: DynamicObject =
        serde_json::from_value(merged(bad.clone(), json!({"metadata": {"name": "other"}}))).unwrap();
    await_until("the rules are in force", Duration::from_secs(20), async || {
        match api.create(&PostParams { dry_run: true, ..PostParams::default() }, &other).await {
            Ok(_) => Err("taken".to_owned()),
            Err(_) => Ok(()),
        }
    })
    .await;
    let status = json!({"observedGeneration": 1, "progress": "0/1"});
    let written = write_status(&api, &bad, &status).await.unwrap();
    assert_eq!(written["status"], status);
}

/// Removes the rules and patterns from a schema.
fn without_rules(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("x-kubernetes-validations");
            if fields.get("pattern").is_some_and(Value::is_string) {
                fields.remove("pattern");
            }
            fields.values_mut().for_each(without_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(without_rules),
        _ => {}
    }
}
