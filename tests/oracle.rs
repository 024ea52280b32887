//! Held against the vendor's Python SDK: for each model and setting that was recorded (`fixtures/oracle/record.py`), what
//! the operator sends over the wire equals what the SDK sent, member by member, but for the differences listed here.
#![cfg(feature = "operator")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sagemaker::config::Credentials;
use modelselection_operator::api::ModelSelectionSpec;
use modelselection_operator::catalog::{Buckets, from_document, from_spec, job_request};
use modelselection_operator::decide::definition::{Definition, Source};
use modelselection_operator::decide::identity::Identity;
use modelselection_operator::runtime::leadership::Leadership;
use modelselection_operator::runtime::metrics::Metrics;
use modelselection_operator::tuning::{JobRequest, SageMaker};
use serde_json::{Map, Value, json};

const ANY: &str = "*";

/// Where what is sent differs on purpose: the case, the beginning of the member, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (ANY, "/HyperParameterTuningJobName", "ours is worked out from the run, so that it is found again"),
    (ANY, "/TrainingJobDefinition/StaticHyperParameters/sagemaker_job_name", "the name, without a time stamp"),
    (ANY, "/Tags/modelselection.dev/", "whose job it is"),
    (
        ANY,
        "/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions/tflow-ic:val-accuracy",
        "the model's own metrics can be named; the SDK's tuner drops them, and SageMaker then refuses its request",
    ),
    (
        ANY,
        "/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions/pytorch-ic:val-accuracy",
        "as for TensorFlow",
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
        "what is deployed does not change what is trained",
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
        "these tell the container what to run: nothing to search",
    ),
    ("autotune", "/TrainingJobDefinition/StaticHyperParameters/sagemaker_", "as above"),
    ("autotune without ranges", "/TrainingJobDefinition/StaticHyperParameters/sagemaker_", "as above"),
];

/// What the SDK sends and the operator refuses, and why.
const WE_REFUSE: &[(&str, &str)] = &[
    ("gated bucket not accepted", "would fail when it is trained"),
    ("gated key not accepted", "would fail when it is trained"),
    ("gated key of some others", "the SDK warns, then trains without the model"),
    ("gated bucket refused", "would fail when it is trained"),
    ("range of an unknown name", "the script would ignore it, and the search would be for nothing"),
    ("no hyperparameters", "as for an unknown name"),
    ("override with quotes", "not one of the model's options"),
];

/// What the operator sends and the SDK refuses, and why.
const WE_SEND: &[(&str, &str)] = &[
    ("image without alias", "an image all the same"),
    ("image in properties only", "an image all the same"),
    ("artifact uri", "the SDK forgets to set a variable"),
    ("artifact is null", "a script can do without"),
    ("model package in an empty map", "no package"),
    ("subnets only", "refused by the schema, which is not asked here"),
];

/// Settings of the SDK that change nothing in its request.
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
async fn what_is_sent_is_what_the_vendors_sdk_sends() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/oracle/recordings.json")).unwrap();
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
            (Some(_), Err((_, message))) => faults.push(format!("{name}: refused: {message}")),
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

/// The operator reads documents of the hub, the recorder had specs: both say the same of each recorded model.
#[test]
fn a_document_of_the_hub_is_read_as_the_spec_is() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/oracle/recordings.json")).unwrap();
    for case in cases {
        let region = case["region"].as_str().unwrap();
        let spec = metadata(&case);
        let packages = spec["training_model_package_artifact_uris"].as_object();
        if packages.is_some_and(|packages| !packages.contains_key(region)) {
            continue; // The hub of that region does not have the model.
        }
        let read = from_document(&document(&spec, region).to_string());
        assert_eq!(read, from_spec(&spec.to_string(), region, &Buckets::of(region)), "{}", case["name"]);
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
    let variants = &spec["training_instance_type_variants"];
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
        }})
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
        "TrainingInstanceTypeVariants": variants["variants"]
            .as_object()
            .map(|all| json!({"Variants": each(&all.clone().into(), variant)})),
    })
}

/// Items of a list with keys `LikeThis` instead of `like_this`.
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
    let base = include_str!("fixtures/jumpstart-spec.tensorflow-ic-bit-m-r101x1.v4.0.6.json");
    patched(&serde_json::from_str(base).unwrap(), &case["spec"])
}

/// The request that the operator makes in a case.
fn request(case: &Value, spec: &ModelSelectionSpec) -> Result<JobRequest, (impl std::fmt::Debug, String)> {
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
    job_request(spec, &definition, Some(&model), &identity)
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

/// The selection that asks for what a case asks of the SDK, or the setting that it cannot ask for.
#[allow(clippy::too_many_lines)] // a table: one arm for each setting
fn selection(case: &Value) -> Result<ModelSelectionSpec, String> {
    let mut tuning = json!({});
    let mut training = json!({"outputS3URI": "s3://bucket/out/"});
    let mut objective = json!({"goal": "Maximize"});
    let mut jump_start = json!({"modelID": "any"});
    let mut tags = Map::new();
    let mut automatic: Vec<Value> = Vec::new();
    for part in ["estimator", "tuner"] {
        for (key, value) in case[part].as_object().unwrap() {
            let setting = format!("{part}.{key}");
            match setting.as_str() {
                "estimator.instance_type" => training["instanceType"] = value.clone(),
                "estimator.instance_count" => training["instanceCount"] = value.clone(),
                "estimator.volume_size" => training["volumeSizeGB"] = value.clone(),
                "estimator.max_run" => training["maxRuntimeSeconds"] = value.clone(),
                "estimator.output_path" => training["outputS3URI"] = value.clone(),
                "estimator.hyperparameters" => training["hyperparameters"] = each(value, |v| json!(words(v))),
                "tuner.metric_definitions" => training["metricDefinitions"] = definitions(value),
                "tuner.objective_metric_name" => objective["metric"] = value.clone(),
                "tuner.objective_type" => objective["goal"] = value.clone(),
                "tuner.hyperparameter_ranges" => tuning["parameterRanges"] = ranges(value),
                "tuner.max_jobs" => tuning["maxTrainingJobs"] = value.clone(),
                "tuner.max_parallel_jobs" => tuning["maxParallelTrainingJobs"] = value.clone(),
                "tuner.max_runtime_in_seconds" => tuning["maxRuntimeSeconds"] = value.clone(),
                "tuner.strategy" => tuning["strategy"] = value.clone(),
                "tuner.early_stopping_type" => tuning["earlyStopping"] = value.clone(),
                "tuner.random_seed" => tuning["randomSeed"] = value.clone(),
                "tuner.strategy_config" => {
                    tuning["hyperband"] =
                        json!({"minResource": value["min_resource"], "maxResource": value["max_resource"]});
                }
                other if NOT_OURS.iter().any(|(setting, _)| *setting == other) => return Err(setting),
                "estimator.use_spot_instances" => {
                    training["spot"] = optional(&[("maxWaitSeconds", &case["estimator"]["max_wait"])]);
                }
                "estimator.checkpoint_s3_uri" => {
                    let path = &case["estimator"]["checkpoint_local_path"];
                    training["checkpoint"] = optional(&[("s3URI", value), ("localPath", path)]);
                }
                "estimator.subnets" => {
                    let groups = &case["estimator"]["security_group_ids"];
                    training["vpc"] = json!({"subnets": value, "securityGroupIDs": groups.as_array().into_iter().flatten().collect::<Vec<_>>()});
                }
                "estimator.output_kms_key" => training["outputKMSKeyID"] = value.clone(),
                "estimator.volume_kms_key" => training["volumeKMSKeyID"] = value.clone(),
                "estimator.encrypt_inter_container_traffic" => {
                    training["encryptInterContainerTraffic"] = value.clone();
                }
                "estimator.enable_network_isolation" => training["networkIsolation"] = value.clone(),
                "estimator.environment" => {
                    jump_start["acceptEULA"] = json!(value["accept_eula"] == "true");
                    training["environment"] = value.clone();
                }
                "estimator.tags" | "tuner.tags" => tags.extend(tags_of(value)),
                "estimator.input_mode" => training["inputMode"] = value.clone(),
                "estimator.max_retry_attempts" => training["maxRetryAttempts"] = value.clone(),
                "estimator.disable_output_compression" => {
                    training["outputCompression"] = json!(if *value == json!(true) { "None" } else { "Gzip" });
                }
                "estimator.tolerate_deprecated_model" => jump_start["allowDeprecated"] = value.clone(),
                "estimator.tolerate_vulnerable_model" => jump_start["allowVulnerable"] = value.clone(),
                "tuner.completion_criteria_config" => {
                    let target = &value["target_objective_metric_value"];
                    let target = if target.is_null() { json!(null) } else { json!(words(target)) };
                    tuning["completionCriteria"] = optional(&[
                        ("targetObjectiveValue", &target),
                        ("maxTrainingJobsNotImproving", &value["max_number_of_training_jobs_not_improving"]),
                        ("completeOnConvergence", &value["complete_on_convergence"]),
                    ]);
                }
                "tuner.warm_start_config" => {
                    tuning["warmStart"] =
                        json!({"type": value["warm_start_type"], "parentTuningJobNames": value["parents"]});
                }
                "tuner.autotune" => {
                    tuning["autotune"] = value.clone();
                    automatic = case["request"]["HyperParameterTuningJobConfig"]["ParameterRanges"]["AutoParameters"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter(|range| !range["Name"].as_str().unwrap().starts_with("sagemaker_"))
                        .map(|range| json!({"name": range["Name"], "auto": {}}))
                        .collect();
                }
                "tuner.instance_configs" => {
                    let mut configs = value.as_array().unwrap().iter();
                    let first = configs.next().unwrap();
                    (training["instanceCount"], training["instanceType"], training["volumeSizeGB"]) =
                        (first[0].clone(), first[1].clone(), first[2].clone());
                    training["instanceFallbacks"] = configs
                        .map(|c| json!({"instanceCount": c[0], "instanceType": c[1], "volumeSizeGB": c[2]}))
                        .collect();
                }
                // Said together with another setting.
                "estimator.max_wait" | "estimator.security_group_ids" | "tuner.hyperparameters_to_keep_static" => {}
                other => assert!(WITHOUT_EFFECT.contains(&other), "what is {other}?"),
            }
        }
    }
    tuning["objective"] = objective.clone();
    let mut all = tuning["parameterRanges"].as_array().cloned().unwrap_or_default();
    all.extend(automatic);
    tuning["parameterRanges"] = all.into();
    let spec = json!({
        "region": case["region"],
        "executionRoleARN": "arn:aws:iam::111122223333:role/SageMakerTraining",
        "objectives": [objective],
        "datasets": [{"name": "dataset", "channels": channels(&case["inputs"])}],
        "candidates": [{"name": "candidate", "jumpStart": jump_start}],
        "tags": tags,
        "tuning": tuning,
        "training": training,
    });
    Ok(serde_json::from_value(spec).unwrap())
}

/// The fields that are set.
fn optional(fields: &[(&str, &Value)]) -> Value {
    let set = fields.iter().filter(|(_, value)| !value.is_null());
    set.map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect::<Map<_, _>>().into()
}

/// The tags of a user: the SDK's own stand beside them.
fn tags_of(tags: &Value) -> Map<String, Value> {
    let listed = tags
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].clone()));
    let mapped = tags.as_object().cloned().unwrap_or_default();
    listed.filter(|(key, _)| !key.starts_with("sagemaker-sdk:")).chain(mapped).collect()
}

/// One input alone is the channel `training`.
fn channels(inputs: &Value) -> Value {
    let alone = json!([["training", inputs]]);
    let channel = |channel: &Value| {
        let (name, input) = (&channel[0], &channel[1]);
        if let Some(uri) = input.as_str() {
            return json!({"name": name, "s3URI": uri});
        }
        let (s3, files) = (&input["TrainingInput"], &input["FileSystemInput"]);
        let mut fields = optional(&[
            ("name", name),
            ("s3URI", &s3["s3_data"]),
            ("s3DataType", &s3["s3_data_type"]),
            ("s3DataDistribution", &s3["distribution"]),
            ("attributeNames", &s3["attribute_names"]),
            (
                "contentType",
                [&s3["content_type"], &files["content_type"]]
                    .into_iter()
                    .find(|v| !v.is_null())
                    .unwrap_or(&Value::Null),
            ),
            ("compression", &s3["compression"]),
            ("recordWrapper", &s3["record_wrapping"]),
            ("inputMode", &s3["input_mode"]),
            ("shuffleSeed", &s3["shuffle_config"]),
        ]);
        if !files.is_null() {
            let access = if files["file_system_access_mode"] == "rw" { "ReadWrite" } else { "ReadOnly" };
            fields["fileSystem"] = json!({
                "id": files["file_system_id"],
                "type": files["file_system_type"],
                "directoryPath": files["directory_path"],
                "access": access,
            });
        }
        fields
    };
    let pairs = inputs.as_array().or(alone.as_array()).unwrap();
    pairs.iter().map(channel).collect()
}

fn definitions(metrics: &Value) -> Value {
    let metrics = metrics.as_array().into_iter().flatten();
    metrics.map(|metric| json!({"name": metric["Name"], "regex": metric["Regex"]})).collect()
}

fn ranges(ranges: &Value) -> Value {
    let range = |(name, range): (&String, &Value)| {
        let bounds = || json!({"min": words(&range[1]), "max": words(&range[2]), "scaling": range[3]});
        match range[0].as_str().unwrap() {
            "ContinuousParameter" => json!({"name": name, "continuous": bounds()}),
            "IntegerParameter" => json!({"name": name, "integer": bounds()}),
            _ => {
                let values = range[1].as_array().cloned().unwrap_or_else(|| vec![range[1].clone()]);
                json!({"name": name, "categorical": {"values": values.iter().map(words).collect::<Vec<_>>()}})
            }
        }
    };
    ranges.as_object().into_iter().flatten().map(range).collect()
}

fn each(map: &Value, change: impl Fn(&Value) -> Value) -> Value {
    map.as_object().unwrap().iter().map(|(key, value)| (key.clone(), change(value))).collect::<Map<_, _>>().into()
}

/// What the training script is told of a value: the container hands it over as Python's `str(value)`.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// All members of a request by their path, in meaning: without what is empty; lists by what names their items.
fn members(request: &Value) -> BTreeMap<String, Value> {
    let mut members = BTreeMap::new();
    flatten(request, String::new(), &mut members);
    members
        .into_iter()
        .map(|(path, value)| {
            // Two names of the same: every release of the SDK can attach to the former, only newer ones to the latter.
            let path = path.replace("/HyperParameterTuningResourceConfig/", "/ResourceConfig/");
            let value = value.as_f64().map_or(value, Value::from);
            let encoded = path.contains("/StaticHyperParameters/") || path.ends_with("/ValueHint");
            let value = match (encoded, value.as_str()) {
                // The container reads it as JSON, and as it is when it is none.
                (true, Some(text)) => json!(serde_json::from_str(text).map_or(text.to_owned(), |v: Value| words(&v))),
                _ => value,
            };
            // 1e-05 and 0.00001 are one number.
            let number =
                value.as_str().filter(|_| path.contains("/ParameterRanges/")).and_then(|text| text.parse().ok());
            let value = number.map_or(value, |number: f64| number.into());
            (path, value)
        })
        .collect()
}

fn flatten(value: &Value, path: String, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                flatten(value, format!("{path}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = ["ChannelName", "Name", "Key", "HyperParameterTuningJobName"]
                    .iter()
                    .find_map(|key| item[*key].as_str());
                // The order of channels counts, that of the others does not.
                if path.ends_with("/InputDataConfig") {
                    into.insert(format!("{path}[{index}]"), item["ChannelName"].clone());
                }
                flatten(item, format!("{path}/{}", name.map_or_else(|| index.to_string(), str::to_owned)), into);
            }
        }
        _ => drop(into.insert(path, value.clone())),
    }
}

/// The wire, as the SDK of the operator writes on it.
struct Wire {
    config: SdkConfig,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Wire {
    async fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let keep = bodies.clone();
        let answer = move |body: String| async move {
            keep.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            r#"{"HyperParameterTuningJobArn":"arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/x"}"#
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, axum::Router::new().fallback(answer)).await });
        let nobody = Credentials::builder().access_key_id("none").secret_access_key("none").provider_name("test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(nobody.build())
            .endpoint_url(format!("http://{address}"))
            .region("us-west-2")
            .load()
            .await;
        Self { config, bodies }
    }

    /// What is sent for that request. A new client each time, since one client makes few jobs a second.
    async fn sent(&self, request: &JobRequest) -> Value {
        let leadership = Leadership::default();
        leadership.lasts();
        let sagemaker = SageMaker::new(self.config.clone(), None, Arc::new(Metrics::default()), leadership);
        sagemaker.region("us-west-2").create(request).await.unwrap();
        self.bodies.lock().unwrap().pop().unwrap()
    }
}
