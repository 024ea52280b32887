//! Checks that texts are on one line. SageMaker accepts no line break in them, and a block `|` in YAML ends with one.

use api::Reason;
use decide::problem::Problem;
use sagemaker::{JobRequest, SearchRange};

/// Checks all texts of the request that must be on one line.
pub(super) fn check(request: &JobRequest) -> Result<(), Problem> {
    let of_hyperparameters = hyperparameters(request).map(|text| (Reason::InvalidHyperparameter, text));
    let others = others(request).map(|text| (Reason::InvalidRequest, text));
    let broken = |text: &str| text.contains(['\n', '\r']);
    let Some((reason, (what, name, _))) =
        of_hyperparameters.chain(others).find(|(_, (_, name, text))| broken(name) || broken(text))
    else {
        return Ok(());
    };
    let message = format!(
        "{what} '{}' must be one line: SageMaker takes no line break in a name or value; remove it (in YAML a block `|` \
         ends with one, `|-` does not)",
        name.trim().escape_debug()
    );
    Err(Problem::new(reason, message))
}

/// What a text is, the name of its object, and the text.
type Text<'a> = (&'static str, &'a str, &'a str);

fn hyperparameters(request: &JobRequest) -> impl Iterator<Item = Text<'_>> {
    let fixed = request.hyperparameters.iter();
    let fixed = fixed.map(|(name, value)| ("hyperparameter", name.as_str(), value.as_str()));
    fixed.chain(request.ranges.iter().flat_map(|range| {
        let values: Vec<&str> = match range {
            SearchRange::Categorical { values, .. } => values.iter().map(String::as_str).collect(),
            SearchRange::Auto { hint, .. } => vec![hint],
            SearchRange::Continuous { .. } | SearchRange::Integer { .. } => vec![""],
        };
        values.into_iter().map(|value| ("the range of hyperparameter", range.name(), value))
    }))
}

fn others(request: &JobRequest) -> impl Iterator<Item = Text<'_>> {
    let metrics = request.metric_definitions.iter();
    let metrics = metrics.map(|(name, regex)| ("the definition of metric", name.as_str(), regex.as_str()));
    let channels = request.channels.iter().flat_map(|input| {
        let channel = &input.channel;
        let directory = channel.file_system.as_ref().map(|files| &files.directory_path);
        let texts = channel.content_type.iter().chain(&channel.attribute_names).chain(directory);
        texts.map(|text| ("channel", channel.name.as_str(), text.as_str()))
    });
    let keys = [("outputKMSKeyID", &request.output_kms_key_id), ("volumeKMSKeyID", &request.volume_kms_key_id)];
    let plan = [("trainingPlanARN", &request.training_plan_arn)];
    let fields = keys.into_iter().chain(plan).filter_map(|(field, text)| Some((field, text.as_deref()?)));
    let local =
        request.checkpoint.iter().filter_map(|checkpoint| Some(("localPath", checkpoint.local_path.as_deref()?)));
    metrics.chain(channels).chain(fields.chain(local).map(|(field, text)| ("the field", field, text)))
}
