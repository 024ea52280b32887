//! Warm start: which parents a tuning job may learn from.

use serde_json::Value;

use super::describe;
use super::operations::Call;
use super::protocol::ApiError;
use super::wire::{CreateRequest, Objective};
use super::world::Region;

/// Checks the parents and returns the best training job among them, where the kind of warm start makes it count.
pub fn check(
    region: &Region,
    request: &CreateRequest,
    raw: &Value,
    call: &Call<'_>,
) -> Result<Option<Value>, ApiError> {
    let Some(warm) = &request.warm_start_config else { return Ok(None) };
    let identical = warm.warm_start_type == "IdenticalDataAndAlgorithm";
    let objective = request.definitions().next().and_then(|definition| request.objective(definition));
    let mut best: Option<(f64, Value)> = None;
    for parent in &warm.parent_hyper_parameter_tuning_jobs {
        let name = parent.hyper_parameter_tuning_job_name.as_deref().unwrap_or_default();
        let job =
            region.job(name, call.now).filter(|_| !name.eq_ignore_ascii_case(&request.hyper_parameter_tuning_job_name));
        let Some((job, state)) = job.and_then(|job| Some((job, job.state(call.now)?))) else {
            return Err(ApiError::validation(format!("The parent hyperparameter tuning job {name} does not exist.")));
        };
        if state.ended.is_none() {
            return Err(ApiError::validation(format!(
                "The parent hyperparameter tuning job {name} is not in a terminal state."
            )));
        }
        let theirs =
            job.setup.request.definitions().next().and_then(|definition| job.setup.request.objective(definition));
        if theirs != objective {
            return Err(ApiError::validation(format!("The objective must be the same as that of the parent {name}.")));
        }
        let part = |of: &Value, path: &str| of.pointer(path).cloned();
        let changed = |path: &str| part(&job.request, path) != part(raw, path);
        if identical
            && (changed("/TrainingJobDefinition/AlgorithmSpecification/TrainingImage")
                || changed("/TrainingJobDefinition/InputDataConfig"))
        {
            // real beginning (sagemaker-python-sdk#3693)
            return Err(ApiError::validation(
                "Only the following fields in TrainingJobDefinition are allowed to change: StaticHyperParameters, ResourceConfig, StoppingCondition, RoleArn, VpcConfig, OutputDataConfig.",
            ));
        }
        if let Some(mut summary) = describe::best(job, &state, &call.place()).filter(|_| identical) {
            let value = summary.pointer("/FinalHyperParameterTuningJobObjectiveMetric/Value").and_then(Value::as_f64);
            let score = value.map(|value| if objective.is_none_or(Objective::maximizes) { value } else { -value });
            if let Some(members) = summary.as_object_mut() {
                members.insert("TuningJobName".to_owned(), job.name().into());
            }
            if let Some(score) = score.filter(|score| best.as_ref().is_none_or(|(top, _)| score > top)) {
                best = Some((score, summary));
            }
        }
    }
    Ok(best.map(|(_, summary)| summary))
}
