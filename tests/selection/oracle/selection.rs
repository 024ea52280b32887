//! Converts a case of the SDK to a selection.

use api::ModelSelectionSpec;
use serde_json::{Map, Value, json};

use super::{NOT_OURS, WITHOUT_EFFECT};

/// The selection that is equivalent to a case of the SDK, or the setting that it cannot express.
#[allow(clippy::too_many_lines)] // a table: one arm for each setting
pub(super) fn selection(case: &Value) -> Result<ModelSelectionSpec, String> {
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
                // Covered by another setting.
                "estimator.max_wait" | "estimator.security_group_ids" | "tuner.hyperparameters_to_keep_static" => {}
                other => assert!(WITHOUT_EFFECT.contains(&other), "unknown setting {other}"),
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

/// The tags of a user, next to the SDK's own.
fn tags_of(tags: &Value) -> Map<String, Value> {
    let listed = tags
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].clone()));
    let mapped = tags.as_object().cloned().unwrap_or_default();
    listed.filter(|(key, _)| !key.starts_with("sagemaker-sdk:")).chain(mapped).collect()
}

/// A single input is the channel `training`.
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

pub(super) fn each(map: &Value, change: impl Fn(&Value) -> Value) -> Value {
    map.as_object().unwrap().iter().map(|(key, value)| (key.clone(), change(value))).collect::<Map<_, _>>().into()
}

/// The value as the training script receives it: the container passes Python's `str(value)`.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
