//! Checks a model's description against SageMaker's limits. The user has not written the description, so the message
//! must name the model, and the field of the spec that overrides the value.

use super::environment::{VARIABLES, is_name};
use super::model::Model;
use api::{Reason, bounds, clip};
use decide::problem::Problem;
use sagemaker::JobRequest;

/// Longest regex of a metric, and longest value of a variable.
const METRIC_REGEX: usize = 500;
const VARIABLE: usize = 512;
/// 28 days.
const RUNTIME_SECONDS: i32 = 2_419_200;

/// Checks the parts of a request that come from the model; the schema checks those from the spec.
pub(super) fn of_description(name: &str, model: &Model, request: &JobRequest) -> Result<(), Problem> {
    let refuse = |what: String, remedy: &str| {
        let message = format!("the description of {name} has {what}, which SageMaker refuses; {remedy}");
        Err(Problem::new(Reason::ModelNotTrainable, message))
    };
    for (metric, regex) in model.metrics.iter().filter(|metric| request.metric_definitions.contains(metric)) {
        if metric.chars().count() > bounds::METRIC_NAME || regex.chars().count() > METRIC_REGEX {
            let what = format!("a metric definition '{}' that is too long", clip(metric, 64));
            return refuse(
                what,
                "define a metric of that name in `training.metricDefinitions`, or choose another version",
            );
        }
    }
    for (variable, value) in
        model.environment.iter().filter(|(name, value)| request.environment.get(*name) == Some(value))
    {
        if !is_name(variable) || value.chars().count() > VARIABLE {
            let what = format!("an environment variable '{}' of a wrong form", clip(variable, 64));
            return refuse(what, "set it in `training.environment`, or choose another version");
        }
    }
    if request.environment.len() > VARIABLES {
        let what =
            format!("{} environment variables, with yours {}", model.environment.len(), request.environment.len());
        return refuse(what, "remove some of `training.environment`: there may be 48");
    }
    if !(1..=RUNTIME_SECONDS).contains(&request.max_runtime_seconds) {
        let what = format!("a longest time of training of {} seconds", request.max_runtime_seconds);
        return refuse(what, "set `training.maxRuntimeSeconds`");
    }
    if request.volume_size_gb < 1 {
        return refuse(format!("a volume of {} GB", request.volume_size_gb), "set `training.volumeSizeGB`");
    }
    Ok(())
}
