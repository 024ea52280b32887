//! Tags of tuning jobs and training jobs.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::tags::{self, TagLog};
use crate::jobs::world::Region;
use crate::operations::call::Call;
use crate::operations::refusals::no_resource;
use crate::operations::{lists, training_job};
use crate::request::Tag;

/// `ListTags`.
pub fn list(region: &Region, call: &Call<'_>) -> Result<Value, ApiError> {
    lists::tags(&tags_of(region, call)?, call)
}

enum Resource {
    Tuning(String),
    Training(String),
}

fn resource(call: &Call<'_>) -> Result<Resource, ApiError> {
    match call.place().resource(call.text("ResourceArn")).and_then(|resource| resource.split_once('/')) {
        Some(("hyper-parameter-tuning-job", name)) => Ok(Resource::Tuning(name.to_owned())),
        Some(("training-job", name)) => Ok(Resource::Training(name.to_owned())),
        _ => Err(no_resource()),
    }
}

fn tags_of(region: &Region, call: &Call<'_>) -> Result<Vec<Tag>, ApiError> {
    match resource(call)? {
        Resource::Tuning(name) => {
            let job = region.job(&name, call.now).filter(|job| call.sees(job)).ok_or_else(no_resource)?;
            Ok(call.tags(job))
        }
        Resource::Training(name) => {
            let (job, trial) = region.training(&name).filter(|(job, _)| call.sees(job)).ok_or_else(no_resource)?;
            job.trial_state(trial, call.now).ok_or_else(no_resource)?;
            Ok(if call.view.shows_tags(job) { training_job::tags(job, trial, call.now) } else { Vec::new() })
        }
    }
}

/// `AddTags`.
pub fn add(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
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

/// `DeleteTags`.
pub fn delete(region: &mut Region, call: &Call<'_>) -> Result<Value, ApiError> {
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
