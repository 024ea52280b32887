//! SageMaker's rules for the channels of a dataset that depend on several fields. For those of `channelOverrides` some
//! would exceed the API server's CEL budget, and the input mode may come from the candidate, so all are checked here.

use api::{Channel, Compression, InputMode, ModelSelectionSpec, Reason, S3DataType};
use decide::fingerprint::Definition;
use decide::problem::Problem;

/// Checks the channels of a run. `of_job` is the input mode of channels that have none of their own.
pub(super) fn check(spec: &ModelSelectionSpec, definition: &Definition, of_job: InputMode) -> Result<(), Problem> {
    for channel in &definition.channels {
        let mode = channel.input_mode.unwrap_or(of_job);
        if let Some(why) = refused(channel, mode, spec.training.vpc.is_some()) {
            let message = format!("channel '{}' of the dataset {why}", channel.name);
            return Err(Problem::new(Reason::InvalidSpec, message));
        }
    }
    Ok(())
}

/// Most channels of a training job.
const CHANNELS: usize = 20;

/// Checks the number of channels: those of the dataset, and with them those of a JumpStart model.
pub(super) fn few(all: usize, of_dataset: usize) -> Result<(), Problem> {
    if all <= CHANNELS {
        return Ok(());
    }
    let of_model = all - of_dataset;
    let message = format!(
        "the dataset has {of_dataset} channels, with `channelOverrides`, and the model {of_model}; SageMaker takes \
         {CHANNELS} together: remove some"
    );
    Err(Problem::new(Reason::InvalidSpec, message))
}

/// Why SageMaker would refuse the channel, if it would.
fn refused(channel: &Channel, mode: InputMode, has_vpc: bool) -> Option<&'static str> {
    let Channel { s3_uri, file_system, compression, s3_data_type, attribute_names, .. } = channel;
    let is_augmented = *s3_data_type == Some(S3DataType::AugmentedManifestFile);
    match (s3_uri, file_system) {
        (Some(_), Some(_)) | (None, None) => Some("must have exactly one of `s3URI` and `fileSystem`"),
        (None, Some(_)) if !has_vpc => Some("is a `fileSystem`, which needs `training.vpc`"),
        (None, Some(_)) if mode != InputMode::File => {
            Some("is a `fileSystem`, which is only read in the mode File; set `inputMode: File` for the channel")
        }
        _ if *compression == Some(Compression::Gzip) && mode != InputMode::Pipe => Some(
            "has `compression: Gzip`, which SageMaker decompresses only in the mode Pipe; set `inputMode: Pipe`, or leave \
             `compression` out",
        ),
        _ if is_augmented && mode != InputMode::Pipe => Some(
            "has `s3DataType: AugmentedManifestFile`, which takes the mode Pipe; set `inputMode: Pipe` for the channel",
        ),
        _ if is_augmented && attribute_names.is_empty() => {
            Some("has `s3DataType: AugmentedManifestFile`, which takes `attributeNames`")
        }
        _ if !is_augmented && !attribute_names.is_empty() => {
            Some("has `attributeNames`, which are only for `s3DataType: AugmentedManifestFile`; leave them out")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_channels_of_dataset_and_model_are_counted_together() {
        assert!(few(20, 18).is_ok());
        let problem = few(22, 20).unwrap_err();
        assert!(problem.message.contains("has 20 channels") && problem.message.contains("the model 2"));
    }

    #[test]
    fn rules_between_fields_are_checked_with_the_mode_that_holds() {
        use InputMode::{FastFile, File, Pipe};
        let files = json!({"id": "fs-0123456789abcdef0", "type": "EFS", "directoryPath": "/d"});
        let s3 = |more: Value| {
            let mut channel = json!({"s3URI": "s3://b/p/"});
            channel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            channel
        };
        let augmented = |names: Value| s3(json!({"s3DataType": "AugmentedManifestFile", "attributeNames": names}));
        for (channel, mode, vpc, expected) in [
            (s3(json!({})), File, false, None),
            (json!({}), File, true, Some("exactly one")),
            (s3(json!({"fileSystem": files})), File, true, Some("exactly one")),
            (json!({"fileSystem": files}), File, false, Some("needs `training.vpc`")),
            (json!({"fileSystem": files}), File, true, None),
            (json!({"fileSystem": files}), FastFile, true, Some("inputMode: File")),
            (json!({"fileSystem": files}), Pipe, true, Some("inputMode: File")),
            (s3(json!({"compression": "Gzip"})), File, false, Some("`inputMode: Pipe`")),
            (s3(json!({"compression": "Gzip"})), Pipe, false, None),
            (s3(json!({"compression": "None"})), File, false, None),
            (augmented(json!(["a"])), FastFile, false, Some("takes the mode Pipe")),
            (augmented(json!(["a"])), Pipe, false, None),
            (augmented(json!([])), Pipe, false, Some("takes `attributeNames`")),
            (s3(json!({"attributeNames": ["a"]})), Pipe, false, Some("only for")),
        ] {
            let mut text = channel.clone();
            text["name"] = json!("train");
            let read: Channel = serde_json::from_value(text).unwrap();
            let found = refused(&read, mode, vpc);
            assert_eq!(found.is_some(), expected.is_some(), "{channel} {mode:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{channel} {mode:?}: {found:?}");
        }
    }
}
