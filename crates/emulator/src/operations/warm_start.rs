//! Warm start: the rules for parents of a tuning job.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::ApiError;
use crate::jobs::job::{Job, JobState};
use crate::jobs::world::Region;
use crate::operations::call::Call;
use crate::operations::tuning_job;
use crate::request::{CreateRequest, Definition, Objective};

/// The beginning is the real message (sagemaker-python-sdk#3693).
const ONLY: &str = "Only the following fields in TrainingJobDefinition are allowed to change: StaticHyperParameters, ResourceConfig, StoppingCondition, RoleArn, VpcConfig, OutputDataConfig.";
/// Most changes of static values, and from static to tuned or back.
const MOST_CHANGES: usize = 10;

/// Checks the parents and returns the best training job among them, if it counts for this kind of warm start.
pub fn check(
    region: &Region,
    request: &CreateRequest,
    raw: &Value,
    call: &Call<'_>,
) -> Result<Option<Value>, ApiError> {
    let Some(warm) = &request.warm_start_config else { return Ok(None) };
    single(request, "The tuning job")?;
    let identical = warm.warm_start_type == "IdenticalDataAndAlgorithm";
    let mut best: Option<(f64, Value)> = None;
    let mut seen = BTreeSet::new();
    for parent in &warm.parent_hyper_parameter_tuning_jobs {
        let name = parent.hyper_parameter_tuning_job_name.as_deref().unwrap_or_default();
        if !seen.insert(name.to_lowercase()) {
            return refuse(format!("The parent hyperparameter tuning job {name} is named twice."));
        }
        let (job, state) = ended(region, request, name, call)?;
        check_parent(request, &job.setup.request, name)?;
        if identical && changes_data_or_algorithm(raw, &job.request) {
            return refuse(ONLY);
        }
        if let Some(mut summary) = tuning_job::best(job, &state, &call.place()).filter(|_| identical) {
            let value = summary.pointer("/FinalHyperParameterTuningJobObjectiveMetric/Value").and_then(Value::as_f64);
            let maximizes = objective(request).is_none_or(Objective::maximizes);
            let score = value.map(|value| if maximizes { value } else { -value });
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

/// A parent, which has ended.
fn ended<'a>(
    region: &'a Region,
    request: &CreateRequest,
    name: &str,
    call: &Call<'_>,
) -> Result<(&'a Job, JobState), ApiError> {
    let other = !name.eq_ignore_ascii_case(&request.hyper_parameter_tuning_job_name);
    let job = region.job(name, call.now).filter(|_| other);
    let Some((job, state)) = job.and_then(|job| Some((job, job.state(call.now)?))) else {
        return refuse(format!("The parent hyperparameter tuning job {name} does not exist."));
    };
    if state.ended.is_none() {
        return refuse(format!("The parent hyperparameter tuning job {name} is not in a terminal state."));
    }
    Ok((job, state))
}

/// Whether a request may start from the request of a parent.
fn check_parent(request: &CreateRequest, parent: &CreateRequest, name: &str) -> Result<(), ApiError> {
    single(parent, &format!("The parent hyperparameter tuning job {name}"))?;
    if objective(parent) != objective(request) {
        return refuse(format!("The objective must be the same as that of the parent {name}."));
    }
    let (ours, theirs) = (request.definitions().next(), parent.definitions().next());
    ours.zip(theirs).map_or(Ok(()), |(ours, theirs)| check_hyperparameters((request, ours), (parent, theirs), name))
}

/// As documented, warm start is only available when a single algorithm is tuned.
fn single(request: &CreateRequest, subject: &str) -> Result<(), ApiError> {
    match request.definitions().count() {
        0 | 1 => Ok(()),
        n => refuse(format!("{subject} has {n} training job definitions; warm start is only supported with one.")),
    }
}

fn objective(request: &CreateRequest) -> Option<&Objective> {
    request.definitions().next().and_then(|definition| request.objective(definition))
}

/// Whether the image, the algorithm or the data of two requests differ.
fn changes_data_or_algorithm(ours: &Value, theirs: &Value) -> bool {
    let part = |of: &Value, path: &str| {
        let definition = of.get("TrainingJobDefinition").or_else(|| of.pointer("/TrainingJobDefinitions/0"));
        definition.and_then(|definition| definition.pointer(path)).cloned()
    };
    ["/AlgorithmSpecification/TrainingImage", "/AlgorithmSpecification/AlgorithmName", "/InputDataConfig"]
        .iter()
        .any(|path| part(ours, path) != part(theirs, path))
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::validation(message))
}

/// The kinds of the ranges of a definition by hyperparameter; `None` for static ones.
fn kinds<'a>(request: &'a CreateRequest, definition: &'a Definition) -> BTreeMap<&'a str, Option<&'static str>> {
    let mut kinds: BTreeMap<&str, Option<&'static str>> =
        definition.static_hyper_parameters.keys().map(|name| (name.as_str(), None)).collect();
    let Some(ranges) = request.ranges(definition) else { return kinds };
    kinds.extend(ranges.integer_parameter_ranges.iter().map(|range| (range.name.as_str(), Some("integer"))));
    kinds.extend(ranges.continuous_parameter_ranges.iter().map(|range| (range.name.as_str(), Some("continuous"))));
    kinds.extend(ranges.categorical_parameter_ranges.iter().map(|range| (range.name.as_str(), Some("categorical"))));
    kinds.extend(ranges.auto_parameters.iter().map(|hint| (hint.name.as_str(), Some("auto"))));
    kinds
}

/// The developer guide's restrictions on differences from a parent.
fn check_hyperparameters(
    (request, ours): (&CreateRequest, &Definition),
    (their_request, theirs): (&CreateRequest, &Definition),
    parent: &str,
) -> Result<(), ApiError> {
    let (now, before) = (kinds(request, ours), kinds(their_request, theirs));
    if now.len() != before.len() {
        return refuse(format!(
            "The total number of static and tunable hyperparameters ({}) must be that of the parent {parent} ({}).",
            now.len(),
            before.len()
        ));
    }
    if let Some(new) = now.keys().find(|name| !before.contains_key(*name)) {
        return refuse(format!("The hyperparameter {new} is not one of the parent {parent}, static or tunable."));
    }
    let mut changes = 0;
    for (name, kind) in &now {
        match (kind, before.get(name)) {
            (Some(kind), Some(Some(old))) if kind != old => {
                return refuse(format!(
                    "The type of the tunable hyperparameter {name} must be that in the parent {parent}, which is {old}."
                ));
            }
            (Some(_), Some(Some(_))) => {}
            (None, Some(None)) => {
                let value = |of: &Definition| of.static_hyper_parameters.get(*name).cloned();
                changes += usize::from(value(ours) != value(theirs));
            }
            _ => changes += 1,
        }
    }
    if changes > MOST_CHANGES {
        return refuse(format!(
            "The number of changed hyperparameters ({changes}) must not exceed {MOST_CHANGES} (parent {parent})."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::sample;

    const STATIC: &str = "/TrainingJobDefinition/StaticHyperParameters";
    const RANGES: &str = "/HyperParameterTuningJobConfig/ParameterRanges";

    fn verdict(before: &[(&str, Value)], now: &[(&str, Value)]) -> String {
        let read = |changes| serde_json::from_value::<CreateRequest>(sample::changed(changes)).unwrap();
        let (before, now) = (read(before), read(now));
        let (theirs, ours) = (before.definitions().next().unwrap(), now.definitions().next().unwrap());
        let found = check_hyperparameters((&now, ours), (&before, theirs), "parent");
        found.err().map(|error| error.message).unwrap_or_default()
    }

    #[test]
    fn allowed_differences_from_a_parent() {
        let numbered = |n: usize, value: &str| {
            let all = (0..n).map(|i| (format!("s{i}"), json!(value))).collect::<serde_json::Map<_, _>>();
            (STATIC, json!(all))
        };
        let continuous =
            json!({"ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "0.1", "MaxValue": "1"}]});
        let swapped = [
            (RANGES, json!({"CategoricalParameterRanges": [{"Name": "epochs", "Values": ["1"]}]})),
            (STATIC, json!({"learning_rate": "1"})),
        ];
        for (before, now, expected) in [
            (vec![], vec![], ""),
            (vec![], swapped.to_vec(), ""),
            (vec![], vec![numbered(2, "1")], "total number"),
            (vec![], vec![numbered(1, "5")], "hyperparameter s0 is not one of the parent"),
            (vec![], vec![(RANGES, continuous)], "which is categorical"),
            (vec![numbered(10, "1")], vec![numbered(10, "2")], ""),
            (vec![numbered(11, "1")], vec![numbered(11, "2")], "(11) must not exceed 10"),
        ] {
            let found = verdict(&before, &now);
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{now:?}: {found}");
        }
    }
}
