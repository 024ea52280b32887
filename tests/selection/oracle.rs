//! Comparison with the vendor's Python SDK: for each model and setting that was recorded (`fixtures/oracle/record.py`),
//! the operator's request on the wire equals the SDK's, member by member, except for the differences listed here.
#![allow(clippy::unwrap_used)] // a test may panic

mod deployments;
mod selection;
mod wire;

use std::collections::BTreeSet;

use api::ModelSelectionSpec;
use catalog::{Buckets, Model, from_document, from_spec, job_request};
use decide::derived::Derivations;
use decide::fingerprint::{Definition, Source};
use decide::identity::Identity;
use sagemaker::JobRequest;
use selection::{each, selection};
use serde_json::{Map, Value, json};
use wire::{Wire, members};

const ANY: &str = "*";

/// Intended differences of the requests: the case, the prefix of the member, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (ANY, "/HyperParameterTuningJobName", "ours is computed from the run, so that it is found again"),
    (ANY, "/TrainingJobDefinition/StaticHyperParameters/sagemaker_job_name", "the name, without a time stamp"),
    (ANY, "/Tags/modelselection.dev/", "whose job it is"),
    (ANY, "/TrainingJobDefinition/CheckpointConfig/S3Uri", "each run has its own folder, see docs/decisions/032"),
    (
        ANY,
        "/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions/tflow-ic:val-accuracy",
        "the model's own metrics can be named; the SDK's tuner drops them, and SageMaker then refuses its request",
    ),
    (ANY, "/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions/p3:loss", "as for the model's own"),
    (
        "other estimator arguments",
        "/TrainingJobDefinition/",
        "of the model's arguments for the estimator only those that the hub's document has, too",
    ),
    (
        "configurations of hosting",
        "/TrainingJobDefinition/InputDataConfig/model/",
        "deployment settings do not change the training",
    ),
    (
        "gated bucket",
        "/TrainingJobDefinition/InputDataConfig/model/DataSource/S3DataSource/ModelAccessConfig",
        "the bucket can be read only with it; the SDK's estimator sends it, its tuner forgets it",
    ),
    (
        "eula only",
        "/TrainingJobDefinition/InputDataConfig/model/DataSource/S3DataSource/ModelAccessConfig",
        "as for the bucket",
    ),
    (
        "no metric definitions",
        "/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions/",
        "a selection without any gets the preset of its framework; SageMaker refuses the SDK's request",
    ),
    (
        "spot without max_wait",
        "/TrainingJobDefinition/StoppingCondition/MaxWaitTimeInSeconds",
        "SageMaker refuses spot without it",
    ),
    (
        "one channel as an input",
        "/TrainingJobDefinition/AlgorithmSpecification/TrainingInputMode",
        "the channel says it, and the channels of the operator are to stay files",
    ),
    (
        "options of channels",
        "/TrainingJobDefinition/InputDataConfig/groups/DataSource/S3DataSource/InstanceGroupNames",
        "clusters of several instance types are not offered; see the reference of job fields",
    ),
    (
        ANY,
        "/HyperParameterTuningJobConfig/ParameterRanges/AutoParameters/sagemaker_",
        "these define what the container runs, and are not searched",
    ),
    ("autotune", "/TrainingJobDefinition/StaticHyperParameters/sagemaker_", "as above"),
    ("autotune without ranges", "/TrainingJobDefinition/StaticHyperParameters/sagemaker_", "as above"),
];

/// Requests that the SDK sends and the operator refuses, and why.
const WE_REFUSE: &[(&str, &str)] = &[
    ("gated bucket not accepted", "would fail when it is trained"),
    ("gated key not accepted", "would fail when it is trained"),
    ("gated key of some others", "the SDK warns, then trains without the model"),
    ("gated bucket refused", "would fail when it is trained"),
    ("range of an unknown name", "the script would ignore it, and the search would be for nothing"),
    ("no hyperparameters", "as for an unknown name"),
    ("override with quotes", "not one of the model's options"),
];

/// Requests that the operator sends and the SDK refuses, and why.
const WE_SEND: &[(&str, &str)] = &[
    ("image without alias", "an image nevertheless"),
    ("image in properties only", "an image nevertheless"),
    ("artifact uri", "the SDK forgets to set a variable"),
    ("artifact is null", "a script can do without"),
    ("model package in an empty map", "no package"),
    ("subnets only", "refused by the schema, which is not asked here"),
];

/// Settings of the SDK that do not change its request.
const WITHOUT_EFFECT: &[&str] = &[
    "estimator.keep_alive_period_in_seconds",
    "estimator.debugger_hook_config",
    "estimator.disable_profiler",
    "estimator.enable_sagemaker_metrics",
    "estimator.metric_definitions",
    "estimator.checkpoint_local_path",
];

/// Settings that the spec cannot express, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("estimator.image_uri", "an image of one's own is a candidate of the kind `algorithm`"),
    ("estimator.model_uri", "as for the image"),
    ("estimator.model_channel_name", "the scripts of the models read the channel 'model'"),
    ("estimator.container_log_level", "of no use to a selection"),
    ("estimator.entry_point", "the scripts of the models have one program"),
    ("estimator.config_name", "the SDK applies none unless it is named, and no image classifier has any"),
];

#[tokio::test(flavor = "multi_thread")]
async fn requests_equal_those_of_the_vendors_sdk() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../fixtures/oracle/recordings.json")).unwrap();
    let wire = Wire::start().await;
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    let mut not_ours = BTreeSet::new();
    let mut compared = 0;
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let listed = |list: &[(&str, &str)]| list.iter().any(|(case, _)| *case == name);
        let spec = match selection(case) {
            Ok(spec) => spec,
            Err(setting) => {
                used.insert(setting);
                not_ours.insert(name);
                continue;
            }
        };
        match (case.get("request"), request(case, &spec)) {
            (Some(recorded), Ok(request)) => {
                compared += 1;
                let (theirs, ours) = (members(recorded), members(&wire.sent(&request).await));
                let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
                for member in names {
                    let (theirs, ours) = (theirs.get(member), ours.get(member));
                    let known = |(of, beginning, _): &&(&str, &str, &str)| {
                        (*of == ANY || *of == name) && member.starts_with(beginning)
                    };
                    if theirs == ours {
                        continue;
                    }
                    match DIFFERENCES.iter().find(known) {
                        Some((of, beginning, _)) => drop(used.insert(format!("{of} {beginning}"))),
                        None => faults.push(format!("{name}: {member} is {ours:?}, recorded {theirs:?}")),
                    }
                }
            }
            (None, Err(_)) => compared += 1,
            (Some(_), Err(_)) if listed(WE_REFUSE) => drop(used.insert(name.to_owned())),
            (None, Ok(_)) if listed(WE_SEND) => drop(used.insert(name.to_owned())),
            (Some(_), Err(decide::problem::Problem { message, .. })) => {
                faults.push(format!("{name}: refused: {message}"));
            }
            (None, Ok(_)) => faults.push(format!("{name}: sent, recorded {}", case["error"])),
        }
    }
    assert!(faults.is_empty(), "{} members differ:\n{}", faults.len(), faults.join("\n"));
    let differences = DIFFERENCES.iter().filter(|(of, ..)| !not_ours.contains(of));
    let cases = WE_REFUSE.iter().chain(WE_SEND).filter(|(of, _)| !not_ours.contains(of));
    let entries = differences.map(|(of, beginning, _)| format!("{of} {beginning}"));
    let entries = entries.chain(cases.chain(NOT_OURS).map(|(entry, _)| (*entry).to_owned()));
    let stale: Vec<String> = entries.filter(|entry| !used.contains(entry)).collect();
    assert_eq!(stale, [""; 0], "entries of the tables above that no case needs");
    println!("{compared} cases compared, {} not ours", not_ours.len());
}

/// The operator reads documents of the hub, while the recorder had specs: both agree for each recorded model.
#[test]
fn a_document_of_the_hub_is_read_like_the_spec() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../fixtures/oracle/recordings.json")).unwrap();
    for case in cases {
        let region = case["region"].as_str().unwrap();
        let spec = metadata(&case);
        let packages = spec["training_model_package_artifact_uris"].as_object();
        if packages.is_some_and(|packages| !packages.contains_key(region)) {
            continue; // The hub of that region does not have the model.
        }
        // The recorded specs are older than the field that says whether a model reads validation data.
        let recorded = |model: Model| Model { validates: None, ..model };
        let read = from_document(&document(&spec, region).to_string()).map(recorded);
        assert_eq!(read, from_spec(&spec.to_string(), region, &Buckets::of(region)).map(recorded), "{}", case["name"]);
    }
}

/// The document of the hub for a spec: with URIs instead of keys, for one region, and with other names.
fn document(spec: &Value, region: &str) -> Value {
    let Buckets { open, gated } = Buckets::of(region);
    let uri = |bucket: &str, key: &Value| match key.as_str() {
        Some(key) if !key.starts_with("s3://") => json!(format!("s3://{bucket}/{key}")),
        _ => key.clone(),
    };
    let held = if spec["gated_bucket"] == json!(true) { &gated } else { &open };
    let of_instances = |variants: &Value| {
        let variant = |variant: &Value| {
            let properties = &variant["properties"];
            let alias = [&variant["regional_properties"]["image_uri"], &properties["image_uri"]]
                .into_iter()
                .find_map(Value::as_str);
            let artifact = properties.get("training_artifact_uri").unwrap_or(&properties["training_artifact_key"]);
            json!({"Properties": {
                "ImageUri": alias.map(|alias| match alias.strip_prefix('$') {
                    Some(alias) => variants["regional_aliases"][region][alias].clone(),
                    None => json!(alias),
                }),
                "Hyperparameters": spelled(&properties["hyperparameters"]),
                "Metrics": properties["metrics"],
                "EnvironmentVariables": properties["environment_variables"],
                "TrainingArtifactUri": uri(held, artifact),
                "GatedModelEnvVarUri": uri(&gated, &properties["gated_model_key_env_var_value"]),
                "DefaultInferenceInstanceType": properties["default_inference_instance_type"],
            }})
        };
        variants["variants"].as_object().map(|all| json!({"Variants": each(&all.clone().into(), variant)}))
    };
    json!({
        "TrainingSupported": spec["training_supported"],
        "Deprecated": spec["deprecated"],
        "TrainingVulnerable": spec["training_vulnerable"],
        "GatedBucket": spec["gated_bucket"],
        "HostingEulaUri": uri(&open, &spec["hosting_eula_key"]),
        "SupportedTrainingInstanceTypes": spec["supported_training_instance_types"],
        "Hyperparameters": spelled(&spec["hyperparameters"]),
        "TrainingMetrics": spec["metrics"],
        "TrainingArtifactUri": uri(held, &spec["training_artifact_key"]),
        "TrainingModelPackageArtifactUri": spec["training_model_package_artifact_uris"][region],
        "TrainingScriptUri": uri(&open, &spec["training_script_key"]),
        "TrainingPrepackedScriptUri": uri(&open, &spec["training_prepacked_script_key"]),
        "TrainingVolumeSize": spec["training_volume_size"],
        "MaxRuntimeInSeconds": spec["estimator_kwargs"]["max_run"],
        "TrainingEnableNetworkIsolation": spec["training_enable_network_isolation"],
        "EncryptInterContainerTraffic": spec["estimator_kwargs"]["encrypt_inter_container_traffic"],
        "DisableOutputCompression": spec["estimator_kwargs"]["disable_output_compression"],
        "HostingScriptUri": uri(&open, &spec["hosting_script_key"]),
        "HostingUseScriptUri": spec["hosting_use_script_uri"],
        "HostingPrepackedArtifactUri": uri(&open, &spec["hosting_prepacked_artifact_key"]),
        "InferenceEnvironmentVariables": spelled(&spec["inference_environment_variables"]),
        "DefaultInferenceInstanceType": spec["default_inference_instance_type"],
        "InferenceEnableNetworkIsolation": spec["inference_enable_network_isolation"],
        "HostingInstanceTypeVariants": of_instances(&spec["hosting_instance_type_variants"]),
        "TrainingInstanceTypeVariants": of_instances(&spec["training_instance_type_variants"]),
    })
}

/// List items with keys `LikeThis` instead of `like_this`.
fn spelled(list: &Value) -> Value {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    let key = |key: &str| key.split('_').map(word).collect::<String>();
    let item = |item: &Value| -> Value {
        item.as_object().unwrap().iter().map(|(name, value)| (key(name), value.clone())).collect::<Map<_, _>>().into()
    };
    list.as_array().map(|list| list.iter().map(item).collect::<Vec<_>>()).into()
}

/// The spec of a case.
fn metadata(case: &Value) -> Value {
    let base = include_str!("../fixtures/jumpstart-spec.tensorflow-ic-bit-m-r101x1.v4.0.6.json");
    patched(&serde_json::from_str(base).unwrap(), &case["spec"])
}

/// The request that the operator makes in a case.
fn request(case: &Value, spec: &ModelSelectionSpec) -> Result<JobRequest, decide::problem::Problem> {
    let metadata = metadata(case);
    let region = case["region"].as_str().unwrap();
    let model = from_spec(&metadata.to_string(), region, &Buckets::of(region)).unwrap();
    let text = |key: &str| metadata[key].as_str().unwrap().to_owned();
    let source = Source::JumpStart { model_id: text("model_id"), version: text("version") };
    let definition = Definition::new(spec, region, &spec.datasets[0], &spec.candidates[0], source);
    let fingerprint = definition.fingerprint();
    let identity = Identity {
        scope: "prod",
        namespace: "vision",
        name: "selection",
        candidate: "candidate",
        dataset: "dataset",
        definition: &fingerprint,
        rerun: "",
        attempt: 0,
    };
    job_request(&Derivations::new(spec), &definition, Some(&model), &identity)
}

/// RFC 7386.
fn patched(target: &Value, patch: &Value) -> Value {
    let Some(patch) = patch.as_object() else { return patch.clone() };
    let mut target = target.as_object().cloned().unwrap_or_default();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            target.insert(key.clone(), patched(target.get(key).unwrap_or(&Value::Null), value));
        }
    }
    target.into()
}
