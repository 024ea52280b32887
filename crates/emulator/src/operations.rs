//! The operations on tuning jobs, training jobs and tags, as functions of the state and the time.

use serde_json::{Value, json};

use super::clock::Moment;
use super::describe::{self, Place};
use super::faults;
use super::hub::Hub;
use super::job::{Job, JobStatus};
use super::lists;
use super::models::Table;
use super::plan::{Setup, simulate};
use super::protocol::ApiError;
use super::quotas::Quotas;
use super::rules;
use super::search;
use super::tags::{self, TagLog};
use super::training;
use super::wire::{CreateRequest, Definition, Tag};
use super::world::{Region, World};

/// What does not change while the emulator runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Account of every ARN.
    pub account: String,
    /// Limits.
    pub quotas: Quotas,
    /// Roles that the service may not assume.
    pub unassumable_roles: Vec<String>,
    /// Real seconds until List and Search show a new job.
    pub list_lag: f64,
    /// Virtual seconds that the index behind Search is old.
    pub search_lag: f64,
}

/// A valid request and everything it depends on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The operation.
    pub operation: &'a str,
    /// The body, which keeps to the service model.
    pub request: &'a Value,
    /// Region of the signer.
    pub region: &'a str,
    /// Virtual time.
    pub now: Moment,
    /// Real seconds since the start.
    pub real: f64,
    /// Settings.
    pub settings: &'a Settings,
    /// Table of models.
    pub table: &'a Table,
    /// The public hub.
    pub hub: &'a Hub,
}

impl<'a> Call<'a> {
    /// A text member of the request.
    pub fn text(&self, member: &str) -> &'a str {
        self.optional(member).unwrap_or_default()
    }

    /// A text member that may be absent.
    pub fn optional(&self, member: &str) -> Option<&'a str> {
        self.request.get(member).and_then(Value::as_str)
    }

    /// Region and account.
    pub fn place(&self) -> Place<'a> {
        Place { region: self.region, account: &self.settings.account }
    }

    /// Whether lists show a job yet.
    pub fn listed(&self, job: &Job) -> bool {
        job.created_real.is_none_or(|created| self.real - created >= self.settings.list_lag)
    }

    /// The error of a fault, with the role, the data and the resource of this request in its text.
    pub fn fault(&self, kind: faults::Kind) -> Option<ApiError> {
        let several = || self.request.pointer("/TrainingJobDefinitions/0");
        let definition = self.request.get("TrainingJobDefinition").or_else(several);
        let part = |pointer: &str| definition.and_then(|definition| definition.pointer(pointer)?.as_str());
        let resource = match (self.optional("ResourceArn"), self.optional("TrainingJobName")) {
            (Some(arn), _) => arn.to_owned(),
            (None, Some(name)) => self.place().training_job(name),
            (None, None) => self.place().tuning_job(self.optional("HyperParameterTuningJobName").unwrap_or("*")),
        };
        faults::error(
            kind,
            &faults::Subject {
                operation: self.operation,
                resource: &resource,
                account: &self.settings.account,
                region: self.region,
                role: part("/RoleArn").unwrap_or("arn:aws:iam::111122223333:role/x"),
                uri: part("/InputDataConfig/0/DataSource/S3DataSource/S3Uri").unwrap_or("s3://b/p"),
            },
        )
    }
}

/// Does the work. The request keeps to the service model already.
pub fn answer(world: &mut World, call: &Call<'_>) -> Result<Value, ApiError> {
    let region = world.region(call.region);
    match call.operation {
        "CreateHyperParameterTuningJob" => create(region, call),
        "DescribeHyperParameterTuningJob" => {
            let (job, state) = existing(region, call)?;
            Ok(describe::tuning_job(job, &state, &call.place()))
        }
        "StopHyperParameterTuningJob" => stop(region, call),
        "DeleteHyperParameterTuningJob" => delete(region, call),
        "ListHyperParameterTuningJobs" => lists::tuning_jobs(region, call),
        "ListTrainingJobsForHyperParameterTuningJob" => {
            let (job, state) = existing(region, call)?;
            lists::training_jobs(job, &state, call)
        }
        "DescribeTrainingJob" => {
            let (job, trial) = region.training(call.text("TrainingJobName")).ok_or_else(no_resource)?;
            let state = job.trial_state(trial, call.now).ok_or_else(no_resource)?;
            Ok(training::describe(job, trial, &state, &call.place()))
        }
        "StopTrainingJob" => stop_training(region, call),
        "ListTags" => {
            let tags = tags_of(region, call)?;
            lists::tags(&tags, call)
        }
        "AddTags" => add_tags(region, call),
        "DeleteTags" => delete_tags(region, call),
        "Search" => search::search(region, call),
        "DescribeHub" => call.hub.describe(call),
        "DescribeHubContent" => call.hub.describe_content(call),
        "ListHubContents" => call.hub.list(call),
        "ListHubContentVersions" => call.hub.versions(call),
        other => Err(ApiError::unknown_operation(format!("The operation {other} is not supported by this emulator."))),
    }
}

/// real (ACK, amazon-sagemaker-operator-for-k8s): not `ResourceNotFound`, whatever the model says.
fn no_resource() -> ApiError {
    ApiError::validation("Requested resource not found.")
}

/// real (amazon-sagemaker-examples#1540)
fn no_job(name: &str) -> ApiError {
    ApiError::not_found(format!("Amazon SageMaker can't find a tuning job called {name}. Type another name."))
}

fn existing<'a>(region: &'a Region, call: &Call<'_>) -> Result<(&'a Job, super::job::JobState), ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    let job = region.job(name, call.now).ok_or_else(|| no_job(name))?;
    let state = job.state(call.now).ok_or_else(|| no_job(name))?;
    Ok((job, state))
}

fn create(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let mut raw = call.request.clone();
    drop_nulls(&mut raw);
    let request: CreateRequest =
        serde_json::from_value(raw.clone()).map_err(|error| ApiError::serialization(error.to_string()))?;
    let account = &call.settings.account;
    rules::check(&request, account)?;
    if let Some(definition) = request.definitions().find(|d| call.settings.unassumable_roles.contains(&d.role_arn)) {
        return Err(faults::role_not_assumable(&definition.role_arn));
    }
    let name = request.hyper_parameter_tuning_job_name.clone();
    if region.taken(&name) {
        return Err(ApiError::in_use(format!(
            "A hyperparameter tuning job with the name, {name}, already exists. Choose a different name."
        )));
    }
    let parent_best = super::warm_start::check(region, &request, &raw, call)?;
    call.settings.quotas.check(&request, region, call.now)?;

    if let Some(members) = raw.as_object_mut() {
        members.remove("Tags");
    }
    let tags = TagLog::new(call.now, request.tags.clone());
    let setup = Setup {
        behaviours: request.definitions().map(|definition| behaviour(call.table, definition, &request.tags)).collect(),
        built_in: request.definitions().map(|definition| rules::built_in(definition, account)).collect(),
        created: call.now,
        stops: std::collections::BTreeMap::new(),
        request,
    };
    let plan = simulate(&setup);
    let job = Job {
        setup,
        plan,
        request: raw,
        tags,
        training_tags: std::collections::BTreeMap::new(),
        stopped: None,
        deleted: None,
        created_real: Some(call.real),
        parent_best,
    };
    region.jobs.insert(name.to_lowercase(), job);
    Ok(json!({"HyperParameterTuningJobArn": call.place().tuning_job(&name)}))
}

/// The `JumpStart` model: named by the tag of the SDK, or by the artifact in the `model` channel.
fn behaviour(table: &Table, definition: &Definition, tags: &[Tag]) -> super::models::Behaviour {
    let tag = tags.iter().find(|tag| tag.key == "sagemaker-sdk:jumpstart-model-id").map(|tag| tag.value.clone());
    let uri = || {
        let channel = definition.input_data_config.iter().find(|channel| channel.channel_name == "model")?;
        super::hub::model_id(&channel.data_source.s3_data_source.as_ref()?.s3_uri)
    };
    let algorithm = &definition.algorithm_specification;
    let image = algorithm.training_image.as_deref().or(algorithm.algorithm_name.as_deref()).unwrap_or_default();
    let mut behaviour = table.behaviour(tag.or_else(uri).as_deref(), image);
    let data = |channel: &super::wire::Channel| channel.data_source.s3_data_source.as_ref().map(|s3| s3.s3_uri.clone());
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

fn stop(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    let job = region.job_mut(name, call.now).ok_or_else(|| no_job(name))?;
    match job.status(call.now) {
        Some(JobStatus::InProgress) => job.stopped = Some(call.now),
        Some(JobStatus::Stopping) => {}
        _ => return Err(ApiError::validation("The hyperparameter tuning job is already in a terminal state.")),
    }
    Ok(json!({}))
}

fn delete(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    // The operation has no error for a missing job; it is taken as done.
    let Some(job) = region.job_mut(name, call.now) else { return Ok(json!({})) };
    match job.status(call.now) {
        Some(JobStatus::InProgress | JobStatus::Stopping) => {
            return Err(ApiError::validation("The hyperparameter tuning job is not in a terminal state."));
        }
        Some(JobStatus::Deleting) | None => {}
        Some(_) => job.deleted = Some(call.now),
    }
    Ok(json!({}))
}

fn stop_training(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let (job, trial) = region.training(call.text("TrainingJobName")).ok_or_else(no_resource)?;
    let state = job.trial_state(trial, call.now).ok_or_else(no_resource)?;
    if state.status.terminal() {
        return Err(ApiError::validation(format!(
            "The request was rejected because the training job is in status {}.",
            state.status.as_str()
        )));
    }
    let name = trial.name.clone();
    if let Some(job) = region.owner_mut(&name) {
        job.stop_training(&name, call.now);
    }
    Ok(json!({}))
}

enum Resource {
    Tuning(String),
    Training(String),
}

fn resource(call: &Call<'_>) -> Result<Resource, ApiError> {
    let arn = call.text("ResourceArn");
    match arn.splitn(6, ':').nth(5).and_then(|resource| resource.split_once('/')) {
        Some(("hyper-parameter-tuning-job", name)) => Ok(Resource::Tuning(name.to_owned())),
        Some(("training-job", name)) => Ok(Resource::Training(name.to_owned())),
        _ => Err(no_resource()),
    }
}

fn tags_of(region: &Region, call: &Call<'_>) -> Result<Vec<Tag>, ApiError> {
    match resource(call)? {
        Resource::Tuning(name) => Ok(region.job(&name, call.now).ok_or_else(no_resource)?.tags.at(call.now)),
        Resource::Training(name) => {
            let (job, trial) = region.training(&name).ok_or_else(no_resource)?;
            job.trial_state(trial, call.now).ok_or_else(no_resource)?;
            Ok(training::tags(job, trial, call.now))
        }
    }
}

fn add_tags(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let new: Vec<Tag> = serde_json::from_value(call.request.get("Tags").cloned().unwrap_or_default())
        .map_err(|error| ApiError::serialization(error.to_string()))?;
    tags::check(&new)?;
    let mut all = TagLog::new(call.now, tags_of(region, call)?);
    all.set(call.now, new.clone());
    let all = all.at(call.now);
    tags::check_number(&all)?;
    if let Some(log) = log_of(region, call)? {
        log.set(call.now, new);
    }
    Ok(json!({"Tags": all}))
}

fn delete_tags(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    tags_of(region, call)?;
    let keys = call.request.get("TagKeys").and_then(Value::as_array).into_iter().flatten();
    let keys = keys.filter_map(Value::as_str).map(str::to_owned).collect();
    if let Some(log) = log_of(region, call)? {
        log.unset(call.now, keys);
    }
    Ok(json!({}))
}

fn log_of<'a>(region: &'a mut Region, call: &Call<'_>) -> Result<Option<&'a mut TagLog>, ApiError> {
    Ok(match resource(call)? {
        Resource::Tuning(name) => region.job_mut(&name, call.now).map(|job| &mut job.tags),
        Resource::Training(name) => region.owner_mut(&name).map(|job| job.training_tags.entry(name).or_default()),
    })
}
