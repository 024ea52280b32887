//! Rules for the channels, the network and the container of a definition. They come from the developer guide; the
//! messages are our own.

use std::collections::BTreeSet;

use crate::error::ApiError;
use crate::request::{Channel, CreateRequest, Definition};

/// Most environment variables, over all definitions of a tuning job.
const MOST_VARIABLES: usize = 48;

/// The first violated rule on the environments of all definitions together.
pub fn check_environment(request: &CreateRequest) -> Result<(), ApiError> {
    let variables = request.definitions().map(|definition| definition.environment.len()).sum::<usize>();
    if variables > MOST_VARIABLES {
        return refuse(format!(
            "The environment variables of all training job definitions together must not exceed {MOST_VARIABLES}; {variables} are given."
        ));
    }
    Ok(())
}

/// The first violated rule in a definition.
pub fn check(definition: &Definition) -> Result<(), ApiError> {
    let mut names = BTreeSet::new();
    for channel in &definition.input_data_config {
        if !names.insert(&channel.channel_name) {
            return refuse(format!("Channel names must be unique; {} is given more than once.", channel.channel_name));
        }
        check_channel(definition, channel)?;
    }
    let path = definition.checkpoint_config.as_ref().and_then(|config| config.local_path.as_deref());
    if path.is_some_and(|path| !path.starts_with('/')) {
        return refuse("LocalPath in CheckpointConfig must be an absolute path.");
    }
    Ok(())
}

fn check_channel(definition: &Definition, channel: &Channel) -> Result<(), ApiError> {
    let name = &channel.channel_name;
    let source = &channel.data_source;
    let given =
        [source.s3_data_source.is_some(), source.file_system_data_source.is_some(), source.dataset_source.is_some()];
    if given.into_iter().filter(|given| *given).count() != 1 {
        return refuse(format!("Exactly one data source must be provided for the channel {name}."));
    }
    let mode = channel.input_mode.as_deref().or(definition.algorithm_specification.training_input_mode.as_deref());
    if channel.compression_type.as_deref() == Some("Gzip") && mode != Some("Pipe") {
        return refuse(format!("CompressionType Gzip of the channel {name} is only supported in Pipe input mode."));
    }
    if source.file_system_data_source.is_some() {
        if definition.vpc_config.is_none() {
            return refuse(format!("VpcConfig is required for the file system data source of the channel {name}."));
        }
        if mode != Some("File") {
            return refuse(format!("A file system data source is only supported in File input mode (channel {name})."));
        }
    }
    let Some(s3) = &source.s3_data_source else {
        return match channel.shuffle_config {
            Some(_) => refuse(format!("ShuffleConfig is only supported for data in S3 (channel {name}).")),
            None => Ok(()),
        };
    };
    match (s3.s3_data_type.as_str(), s3.attribute_names.is_empty()) {
        ("AugmentedManifestFile", true) => {
            return refuse(format!("AttributeNames are required for the AugmentedManifestFile of the channel {name}."));
        }
        ("AugmentedManifestFile", false) if mode != Some("Pipe") => {
            return refuse(format!("AugmentedManifestFile is only supported in Pipe input mode (channel {name})."));
        }
        ("AugmentedManifestFile", false) | (_, true) => {}
        (_, false) => {
            return refuse(format!("AttributeNames are only supported with AugmentedManifestFile (channel {name})."));
        }
    }
    let groups = definition.resource_config.iter().flat_map(|config| &config.instance_groups);
    let known: Vec<&str> = groups.filter_map(|group| group.instance_group_name.as_deref()).collect();
    match s3.instance_group_names.iter().find(|group| !known.contains(&group.as_str())) {
        Some(group) => refuse(format!("The instance group {group} of the channel {name} is not in ResourceConfig.")),
        None => Ok(()),
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::validation(message))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tests::sample;
    use crate::{model, rules};

    const DEFINITION: &str = "/TrainingJobDefinition";

    fn verdict(changes: &[(&str, Value)]) -> String {
        let request = sample::changed(changes);
        assert_eq!(model::validate("CreateHyperParameterTuningJob", &request), [], "only rules are tested here");
        let request: CreateRequest = serde_json::from_value(request).unwrap();
        rules::check(&request).err().map(|error| error.message).unwrap_or_default()
    }

    fn channel(data: &Value, more: &Value) -> Value {
        let mut channel = json!({"ChannelName": "training", "DataSource": data});
        channel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        channel
    }

    #[test]
    fn channels_are_checked() {
        let s3 = |kind: &str, more: Value| {
            let mut source = json!({"S3DataType": kind, "S3Uri": "s3://b/p"});
            source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"S3DataSource": source})
        };
        let prefix = || s3("S3Prefix", json!({}));
        let files = json!({"FileSystemDataSource": {
            "FileSystemId": "fs-0123456789abcdef0", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/d"}});
        let both =
            json!({"S3DataSource": prefix()["S3DataSource"], "FileSystemDataSource": files["FileSystemDataSource"]});
        let augmented = || s3("AugmentedManifestFile", json!({"AttributeNames": ["a"]}));
        let none = json!({});
        let cases = [
            (vec![channel(&prefix(), &none)], ""),
            (vec![channel(&prefix(), &none), channel(&prefix(), &none)], "Channel names must be unique"),
            (vec![channel(&json!({}), &none)], "Exactly one data source"),
            (vec![channel(&both, &none)], "Exactly one data source"),
            (vec![channel(&files, &none)], "VpcConfig is required"),
            (vec![channel(&prefix(), &json!({"CompressionType": "Gzip"}))], "only supported in Pipe"),
            (vec![channel(&prefix(), &json!({"CompressionType": "Gzip", "InputMode": "Pipe"}))], ""),
            (vec![channel(&prefix(), &json!({"ShuffleConfig": {"Seed": 1}}))], ""),
            (
                vec![channel(&s3("S3Prefix", json!({"AttributeNames": ["a"]})), &none)],
                "only supported with AugmentedManifestFile",
            ),
            (vec![channel(&s3("AugmentedManifestFile", json!({})), &none)], "AttributeNames are required"),
            (vec![channel(&augmented(), &none)], "only supported in Pipe"),
            (vec![channel(&augmented(), &json!({"InputMode": "Pipe"}))], ""),
            (vec![channel(&s3("S3Prefix", json!({"InstanceGroupNames": ["g"]})), &none)], "instance group g"),
        ];
        for (channels, expected) in cases {
            let found = verdict(&[(&format!("{DEFINITION}/InputDataConfig"), json!(channels))]);
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{channels:?}: {found:?}");
        }
        let vpc = (format!("{DEFINITION}/VpcConfig"), json!({"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}));
        let data = format!("{DEFINITION}/InputDataConfig");
        for (more, expected) in [
            (json!({}), ""),
            (json!({"ShuffleConfig": {"Seed": 1}}), "only supported for data in S3"),
            (json!({"InputMode": "FastFile"}), "only supported in File"),
        ] {
            let found = verdict(&[(&vpc.0, vpc.1.clone()), (&data, json!([channel(&files, &more)]))]);
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{more}: {found:?}");
        }
    }

    #[test]
    fn environment_and_checkpoints_are_checked() {
        let variables = |n: usize| (0..n).map(|i| (format!("V{i}"), json!("x"))).collect::<serde_json::Map<_, _>>();
        let pointer = format!("{DEFINITION}/Environment");
        assert_eq!(verdict(&[(&pointer, json!(variables(48)))]), "");
        let mut one = sample::request()["TrainingJobDefinition"].clone();
        one["DefinitionName"] = json!("a");
        one["TuningObjective"] = json!({"Type": "Maximize", "MetricName": "val_accuracy"});
        one["HyperParameterRanges"] = json!({"CategoricalParameterRanges": [{"Name": "x", "Values": ["1"]}]});
        one["Environment"] = json!(variables(25));
        let mut other = one.clone();
        other["DefinitionName"] = json!("b");
        let found = verdict(&[
            (DEFINITION, Value::Null),
            ("/TrainingJobDefinitions", json!([one, other])),
            ("/HyperParameterTuningJobConfig/HyperParameterTuningJobObjective", Value::Null),
            ("/HyperParameterTuningJobConfig/ParameterRanges", Value::Null),
        ]);
        assert!(found.contains("must not exceed 48; 50"), "the sum counts: {found}");
        let checkpoint = format!("{DEFINITION}/CheckpointConfig");
        assert_eq!(verdict(&[(&checkpoint, json!({"S3Uri": "s3://b/c"}))]), "");
        assert!(verdict(&[(&checkpoint, json!({"S3Uri": "s3://b/c", "LocalPath": "c"}))]).contains("absolute"));
    }
}
