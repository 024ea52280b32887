//! `CreateHyperParameterTuningJob`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::hub::catalogue;
use crate::jobs::job::Job;
use crate::jobs::plan::{Setup, simulate};
use crate::jobs::tags::TagLog;
use crate::jobs::world::{Region, World};
use crate::logs::models::{Behaviour, Table};
use crate::model;
use crate::operations::call::Call;
use crate::operations::warm_start;
use crate::request::{Channel, CreateRequest, Definition, Tag};
use crate::rules;

/// Checks the request in the same order as the service, and plans the job.
pub fn create(
    region: &mut Region,
    table: &Table,
    refused_role: Option<&str>,
    call: &Call<'_>,
) -> Result<Value, ApiError> {
    // AWS does not keep what it does not know, so that Describe must not return it.
    let raw = model::known_members(call.operation, call.request);
    let request: CreateRequest =
        serde_json::from_value(raw.clone()).map_err(|error| ApiError::serialization(error.to_string()))?;
    rules::check(&request)?;
    if let Some(role) = refused_role {
        return Err(ApiError::role_not_assumable(role));
    }
    let name = request.hyper_parameter_tuning_job_name.clone();
    if region.taken(&name) {
        return Err(ApiError::in_use(format!(
            "A hyperparameter tuning job with the name, {name}, already exists. Choose a different name."
        )));
    }
    let parent_best = warm_start::check(region, &request, &raw, call)?;
    call.settings.quotas.check(&request, region, call.now)?;

    let job = job(setup(table, request, call), raw, parent_best, call);
    region.jobs.insert(name.to_lowercase(), job);
    Ok(json!({"HyperParameterTuningJobArn": call.place().tuning_job(&name)}))
}

/// Adds a job without any checks: one of another owner, or one that AWS would refuse.
pub fn plant(region: &mut Region, table: &Table, call: &Call<'_>) -> Result<(), String> {
    let raw = call.request.clone();
    let request: CreateRequest = serde_json::from_value(raw.clone()).map_err(|error| error.to_string())?;
    let name = request.hyper_parameter_tuning_job_name.to_lowercase();
    let setup = setup(table, request, call);
    rules::planted::check(&setup.request, setup.max_trials())?;
    region.jobs.insert(name, job(setup, raw, None, call));
    Ok(())
}

fn setup(table: &Table, request: CreateRequest, call: &Call<'_>) -> Setup {
    Setup {
        behaviours: request.definitions().map(|definition| behaviour(table, definition, &request.tags)).collect(),
        reports: request.definitions().map(rules::reports).collect(),
        created: call.now,
        stops: BTreeMap::new(),
        stopped_at_limit: call.settings.stopped_at_limit,
        request,
    }
}

fn job(setup: Setup, mut raw: Value, parent_best: Option<Value>, call: &Call<'_>) -> Job {
    if let Some(members) = raw.as_object_mut() {
        members.remove("Tags");
    }
    let tags = TagLog::new(call.now, setup.request.tags.clone());
    let plan = simulate(&setup);
    Job {
        setup,
        plan,
        request: raw,
        tags,
        training_tags: BTreeMap::new(),
        stopped: None,
        deleted: None,
        created_real: Some(call.real),
        parent_best,
    }
}

/// The first role of a create request that the service cannot assume (yet). The delay of a role starts on its first
/// use.
pub fn refused_role(world: &mut World, call: &Call<'_>) -> Option<String> {
    if call.operation != "CreateHyperParameterTuningJob" {
        return None;
    }
    let several = call.request.get("TrainingJobDefinitions").and_then(Value::as_array);
    let definitions = call.request.get("TrainingJobDefinition").into_iter().chain(several.into_iter().flatten());
    let mut refused = None;
    for role in definitions.filter_map(|definition| definition.get("RoleArn")?.as_str()) {
        // Without a delay nothing is recorded: of two concurrent requests, the one that was read first may arrive here
        // second.
        if call.settings.role_delay > 0.0 {
            world.roles.entry(role.to_owned()).or_insert(call.now.plus(call.settings.role_delay));
        }
        let not_yet = world.roles.get(role).is_some_and(|from| call.now < *from);
        let never = call.settings.unassumable_roles.iter().any(|other| other == role);
        if refused.is_none() && (never || not_yet) {
            refused = Some(role.to_owned());
        }
    }
    refused
}

/// The `JumpStart` model: from the SDK's tag, or from the artifact in the `model` channel.
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
