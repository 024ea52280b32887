//! The operations, as functions of the state and the time.

pub mod call;
pub mod create;
pub mod definition;
pub mod expression;
pub mod hub;
pub mod lists;
pub mod paging;
pub mod quotas;
pub mod refusals;
pub mod search;
pub mod tags;
pub mod training_job;
pub mod tuning_job;
pub mod view;
pub mod warm_start;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::hub::catalogue::Hub;
use crate::jobs::job::{Job, JobState, JobStatus};
use crate::jobs::world::{Region, World};
use crate::logs::models::Table;
use call::Call;
use refusals::{no_job, no_resource};

/// Executes a call. The request already conforms to the service model.
pub fn answer(world: &mut World, hub: &Hub, table: &Table, call: &Call<'_>) -> Result<Value, ApiError> {
    let refused_role = create::refused_role(world, call);
    let region = world.region(call.region);
    match call.operation {
        "CreateHyperParameterTuningJob" => create::create(region, table, refused_role.as_deref(), call),
        "DescribeHyperParameterTuningJob" => {
            let (job, state) = existing(region, call)?;
            Ok(tuning_job::describe(job, &state, &call.place()))
        }
        "StopHyperParameterTuningJob" => stop(region, call),
        "DeleteHyperParameterTuningJob" => delete(region, call),
        "ListHyperParameterTuningJobs" => lists::tuning_jobs(region, call),
        "ListTrainingJobsForHyperParameterTuningJob" => {
            let (job, state) = existing(region, call)?;
            lists::training_jobs(job, &state, call)
        }
        "DescribeTrainingJob" => {
            let (job, trial) = region
                .training(call.text("TrainingJobName"))
                .filter(|(job, _)| call.sees(job))
                .ok_or_else(no_resource)?;
            let state = job.trial_state(trial, call.now).ok_or_else(no_resource)?;
            Ok(training_job::describe(job, trial, &state, &call.place()))
        }
        "ListTrainingJobs" => lists::all_training_jobs(region, call),
        "StopTrainingJob" => stop_training(region, call),
        "ListTags" => tags::list(region, call),
        "AddTags" => tags::add(region, call),
        "DeleteTags" => tags::delete(region, call),
        "Search" => search::search(region, call),
        "DescribeHub" => hub::describe(call),
        "DescribeHubContent" => hub::describe_content(hub, call),
        "ListHubContents" => hub::list(hub, call),
        "ListHubContentVersions" => hub::versions(hub, call),
        other => Err(ApiError::unknown_operation(format!("The operation {other} is not supported by this emulator."))),
    }
}

fn existing<'a>(region: &'a Region, call: &Call<'_>) -> Result<(&'a Job, JobState), ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    let job = region.job(name, call.now).filter(|job| call.sees(job)).ok_or_else(|| no_job(name))?;
    let state = job.state(call.now).ok_or_else(|| no_job(name))?;
    Ok((job, state))
}

fn stop(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    let job = region.job_mut(name, call.now).filter(|job| call.sees(job)).ok_or_else(|| no_job(name))?;
    match job.status(call.now) {
        Some(JobStatus::InProgress) => job.stopped = Some(call.now),
        Some(JobStatus::Stopping) => {}
        _ => return Err(ApiError::already_ended()),
    }
    Ok(json!({}))
}

fn delete(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.text("HyperParameterTuningJobName");
    // The operation has no error for a missing job; it counts as done.
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
