//! Rules of `CreateHyperParameterTuningJob` beyond the form of the request.
//!
//! Sources: the developer guide and reports of real errors. If the message of the service is known it is used literally
//! (marked "real message"); the others are our own, because only their code is known.

mod data;
pub mod planted;
mod ranges;

use std::collections::BTreeSet;

use crate::error::ApiError;
use crate::jobs::sampling;
use crate::jobs::tags;
use crate::logs::first_party;
use crate::logs::metrics::Reader;
use crate::logs::run::Reports;
use crate::request::{CreateRequest, Definition, MetricDefinition, Ranges, Strategy};

/// Hyperparameters from which Hyperband infers its maximum resource.
const EPOCHS: [&str; 5] = ["epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs"];

/// Real message (sagemaker-python-sdk#3932).
const METRIC_REQUIRED: &str =
    "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions.";
/// Real message (reported by users of the built-in algorithms; the code is the one for all violated rules).
const NO_OVERRIDE: &str = "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without specifying metric definitions.";
/// The same for algorithm resources, which have definitions of their own too. The wording is ours.
const NO_OVERRIDE_OF_RESOURCE: &str = "You can't override the metric definitions for algorithm resources (AlgorithmName). Please retry the request without specifying metric definitions.";
/// Real message (graphstorm#1243).
const MAX_RESOURCE: &str = "MaxResource parameter is not provided and could not be inferred from provided static hyperparameters of TrainingJobDefinition.";

/// The source of the metrics of a definition.
pub fn reports(definition: &Definition) -> Reports {
    let algorithm = &definition.algorithm_specification;
    let Some(image) = &algorithm.training_image else { return Reports::Resource };
    first_party::algorithm(image).map_or(Reports::Definitions, |repository| Reports::FirstParty(repository.to_owned()))
}

/// The first violated rule.
pub fn check(request: &CreateRequest) -> Result<(), ApiError> {
    tags::check(&request.tags)?;
    check_definitions(request)?;
    check_strategy(request)?;
    data::check_environment(request)?;
    for definition in request.definitions() {
        check_definition(request, definition)?;
    }
    Ok(())
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::validation(message))
}

fn check_definitions(request: &CreateRequest) -> Result<(), ApiError> {
    let config = &request.hyper_parameter_tuning_job_config;
    match (&request.training_job_definition, &request.training_job_definitions) {
        (Some(_), Some(_)) | (None, None) => {
            refuse("Exactly one of TrainingJobDefinition and TrainingJobDefinitions must be provided.")
        }
        (Some(_), None) if config.hyper_parameter_tuning_job_objective.is_none() => {
            refuse("HyperParameterTuningJobObjective is required when TrainingJobDefinition is provided.")
        }
        (Some(_), None) => Ok(()),
        (None, Some(_))
            if config.hyper_parameter_tuning_job_objective.is_some() || config.parameter_ranges.is_some() =>
        {
            refuse(
                "HyperParameterTuningJobObjective and ParameterRanges must not be provided together with TrainingJobDefinitions.",
            )
        }
        (None, Some(several)) => {
            let complete = |d: &Definition| {
                d.definition_name.is_some() && d.tuning_objective.is_some() && d.hyper_parameter_ranges.is_some()
            };
            if !several.iter().all(complete) {
                return refuse(
                    "DefinitionName, TuningObjective and HyperParameterRanges are required in each of TrainingJobDefinitions.",
                );
            }
            let names: BTreeSet<_> = several.iter().map(|d| &d.definition_name).collect();
            if names.len() < several.len() {
                return refuse("Each DefinitionName in TrainingJobDefinitions must be unique.");
            }
            Ok(())
        }
    }
}

fn check_strategy(request: &CreateRequest) -> Result<(), ApiError> {
    let config = &request.hyper_parameter_tuning_job_config;
    let limits = &config.resource_limits;
    let all_ranges = || request.definitions().filter_map(|definition| request.ranges(definition));
    if config.strategy != Strategy::Hyperband && config.strategy_config.is_some() {
        return refuse("StrategyConfig is only supported with the Hyperband strategy.");
    }
    match config.strategy {
        Strategy::Grid => {
            let numeric =
                |r: &Ranges| !r.integer_parameter_ranges.is_empty() || !r.continuous_parameter_ranges.is_empty();
            if all_ranges().any(numeric) {
                return refuse("Grid search supports categorical hyperparameters only.");
            }
            let combinations = sampling::grid(request);
            if limits.max_number_of_training_jobs.is_some_and(|n| Some(u64::from(n)) != combinations) {
                let size = combinations.map_or_else(|| "more than 2^64".to_owned(), |size| size.to_string());
                return refuse(format!(
                    "MaxNumberOfTrainingJobs must equal the number of distinct categorical combinations possible, which is {size}."
                ));
            }
            Ok(())
        }
        Strategy::Hyperband => check_hyperband(request),
        Strategy::Bayesian | Strategy::Random => Ok(()),
    }
}

fn check_hyperband(request: &CreateRequest) -> Result<(), ApiError> {
    let config = &request.hyper_parameter_tuning_job_config;
    if config.training_job_early_stopping_type.as_deref() == Some("Auto") {
        return refuse(
            "TrainingJobEarlyStoppingType must be Off with the Hyperband strategy: it has its own early stopping.",
        );
    }
    let settings = config.strategy_config.as_ref().and_then(|config| config.hyperband_strategy_config.as_ref());
    let Some(max) = settings.and_then(|settings| settings.max_resource) else {
        let inferable = |d: &Definition| EPOCHS.iter().any(|name| d.static_hyper_parameters.contains_key(*name));
        return if request.definitions().all(inferable) { Ok(()) } else { refuse(MAX_RESOURCE) };
    };
    let min = settings.and_then(|settings| settings.min_resource).unwrap_or(1);
    if min > max || max > 20_000 {
        return refuse(format!(
            "MinResource ({min}) must not exceed MaxResource ({max}), and MaxResource must not exceed 20000."
        ));
    }
    Ok(())
}

fn check_definition(request: &CreateRequest, definition: &Definition) -> Result<(), ApiError> {
    let algorithm = &definition.algorithm_specification;
    if algorithm.training_image.is_some() == algorithm.algorithm_name.is_some() {
        return refuse("Exactly one of TrainingImage and AlgorithmName must be provided in AlgorithmSpecification.");
    }
    check_metrics(request, definition)?;
    check_resources(definition)?;
    check_time(definition)?;
    data::check(definition)?;
    let none = Ranges::default();
    let tuned = request.ranges(definition).unwrap_or(&none);
    ranges::check(tuned, &definition.static_hyper_parameters, request.autotune.is_some())
}

fn check_metrics(request: &CreateRequest, definition: &Definition) -> Result<(), ApiError> {
    let metrics = &definition.algorithm_specification.metric_definitions;
    let mut names = BTreeSet::new();
    for metric in metrics {
        if !names.insert(&metric.name) {
            return refuse(format!("Metric names must be unique; {} is given more than once.", metric.name));
        }
        if Reader::new(metric).is_err() {
            return refuse(format!("Invalid regular expression {} for the metric {}.", metric.regex, metric.name));
        }
    }
    let objective = request.objective(definition).map(|objective| objective.metric_name.as_str());
    let known = |all: &[MetricDefinition], name: &str| all.iter().any(|metric| metric.name == name);
    match (reports(definition), objective) {
        (Reports::FirstParty(_), _) if !metrics.is_empty() => refuse(NO_OVERRIDE),
        (Reports::Resource, _) if !metrics.is_empty() => refuse(NO_OVERRIDE_OF_RESOURCE),
        (Reports::FirstParty(repository), Some(name)) if !known(&first_party::definitions(&repository), name) => {
            let image = definition.algorithm_specification.training_image.as_deref().unwrap_or_default();
            refuse(format!(
                "The objective metric for the hyperparameter tuning job, [{name}], isn't valid for the [{image}] algorithm. \
                 Choose a valid objective metric."
            ))
        }
        (Reports::Definitions, Some(name)) if !known(metrics, name) => refuse(METRIC_REQUIRED),
        _ => Ok(()),
    }
}

fn check_resources(definition: &Definition) -> Result<(), ApiError> {
    let ((Some(config), None) | (None, Some(config))) =
        (&definition.resource_config, &definition.hyper_parameter_tuning_resource_config)
    else {
        return refuse("Exactly one of ResourceConfig and HyperParameterTuningResourceConfig must be provided.");
    };
    let choices = !config.instance_configs.is_empty() || !config.instance_groups.is_empty();
    if choices && (config.instance_type.is_some() || config.instance_count.is_some()) {
        return refuse(
            "InstanceConfigs and InstanceGroups must not be provided together with InstanceType and InstanceCount.",
        );
    }
    if !config.instance_configs.is_empty() && config.volume_size_in_gb.is_some() {
        return refuse("InstanceConfigs must not be provided together with VolumeSizeInGB; each of them has its own.");
    }
    if definition.instances().is_none() {
        return refuse("InstanceType must be provided in the resource configuration.");
    }
    Ok(())
}

fn check_time(definition: &Definition) -> Result<(), ApiError> {
    let stopping = &definition.stopping_condition;
    let run = stopping.max_runtime_in_seconds.unwrap_or(86_400);
    if run > 28 * 86_400 {
        return refuse("MaxRuntimeInSeconds must not exceed 28 days.");
    }
    match (definition.enable_managed_spot_training, stopping.max_wait_time_in_seconds) {
        (true, None) => refuse("MaxWaitTimeInSeconds is required when EnableManagedSpotTraining is true."),
        (true, Some(wait)) if wait < run => refuse(format!(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds ({run})."
        )),
        (false, Some(_)) => {
            refuse("MaxWaitTimeInSeconds must not be provided when EnableManagedSpotTraining is false.")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
