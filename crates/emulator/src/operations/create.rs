//! `CreateHyperParameterTuningJob`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::hub::catalogue;
use crate::jobs::job::Job;
use crate::jobs::plan::{Setup, simulate};
use crate::jobs::tags::TagLog;
use crate::jobs::world::Region;
use crate::logs::models::{Behaviour, Table};
use crate::operations::call::Call;
use crate::operations::warm_start;
use crate::request::{Channel, CreateRequest, Definition, Tag};
use crate::rules;

/// Checks the request in the order of the service, and plans the job.
pub fn create(region: &mut Region, table: &Table, call: &Call<'_>) -> Result<Value, ApiError> {
    let mut raw = call.request.clone();
    drop_nulls(&mut raw);
    let request: CreateRequest =
        serde_json::from_value(raw.clone()).map_err(|error| ApiError::serialization(error.to_string()))?;
    let account = &call.settings.account;
    rules::check(&request, account)?;
    if let Some(definition) = request.definitions().find(|d| call.settings.unassumable_roles.contains(&d.role_arn)) {
        return Err(ApiError::role_not_assumable(&definition.role_arn));
    }
    let name = request.hyper_parameter_tuning_job_name.clone();
    if region.taken(&name) {
        return Err(ApiError::in_use(format!(
            "A hyperparameter tuning job with the name, {name}, already exists. Choose a different name."
        )));
    }
    let parent_best = warm_start::check(region, &request, &raw, call)?;
    call.settings.quotas.check(&request, region, call.now)?;

    if let Some(members) = raw.as_object_mut() {
        members.remove("Tags");
    }
    let tags = TagLog::new(call.now, request.tags.clone());
    let setup = Setup {
        behaviours: request.definitions().map(|definition| behaviour(table, definition, &request.tags)).collect(),
        built_in: request.definitions().map(|definition| rules::built_in(definition, account)).collect(),
        created: call.now,
        stops: BTreeMap::new(),
        request,
    };
    let plan = simulate(&setup);
    let job = Job {
        setup,
        plan,
        request: raw,
        tags,
        training_tags: BTreeMap::new(),
        stopped: None,
        deleted: None,
        created_real: Some(call.real),
        parent_best,
    };
    region.jobs.insert(name.to_lowercase(), job);
    Ok(json!({"HyperParameterTuningJobArn": call.place().tuning_job(&name)}))
}

/// The `JumpStart` model: named by the tag of the SDK, or by the artifact in the `model` channel.
fn behaviour(table: &Table, definition: &Definition, tags: &[Tag]) -> Behaviour {
    let tag = tags.iter().find(|tag| tag.key == "sagemaker-sdk:jumpstart-model-id").map(|tag| tag.value.clone());
    let uri = || {
        let channel = definition.input_data_config.iter().find(|channel| channel.channel_name == "model")?;
        catalogue::model_id(&channel.data_source.s3_data_source.as_ref()?.s3_uri)
    };
    let algorithm = &definition.algorithm_specification;
    let image = algorithm.training_image.as_deref().or(algorithm.algorithm_name.as_deref()).unwrap_or_default();
    let mut behaviour = table.behaviour(tag.or_else(uri).as_deref(), image);
    let data = |channel: &Channel| channel.data_source.s3_data_source.as_ref().map(|s3| s3.s3_uri.clone());
    let training =
        definition.input_data_config.iter().find(|channel| channel.channel_name == "training").and_then(data);
    // The dataset of the notebook has five classes, so that the script logs no top-5 accuracy.
    if training.is_some_and(|uri| uri.contains("tf-flowers") || uri.contains("tf_flowers")) {
        behaviour.classes = behaviour.classes.min(5);
    }
    behaviour
}

/// A null member is an absent one; Describe must not echo it.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
