//! Builds the request that is sent to SageMaker for a run.
//!
//! The parts that come from a JumpStart model are in [`super::jumpstart`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::bucket;
use super::channels;
use super::combinations;
use super::environment;
use super::hyperparameters::{accepts, may_be, ranges, unknown, unreserved, within_limits};
use super::jumpstart::{self, ScriptContext};
use super::metric_regex;
use super::metrics::{self, Metrics, Subject};
use super::model::Model;
use super::one_line;
use super::sagemaker_limits;
use super::volumes;
use api::{
    Checkpoint, InputMode, JumpStart, ModelSelectionSpec, OutputCompression, Reason, Spot, Strategy, bounds, clip,
};
use decide::derived::{self, Derivations};
use decide::effective::for_candidate;
use decide::fingerprint::{Definition, Source};
use decide::identity::{Identity, tag};
use decide::problem::Problem;
use decide::suggest;
use sagemaker::{Code, InputChannel, JobRequest, SearchRange, instance_types, only_for_other_uses};

/// Default time limit of a training job in seconds, the same as SageMaker's own.
const MAX_RUNTIME_SECONDS: i32 = 86_400;
/// Longest location in S3, in characters.
const S3_URI: usize = 1024;

/// The request for the run with that definition and identity. `derivations` are those of the selection as the user
/// wrote it; `model` is the definition's version of the model, for a JumpStart candidate.
#[allow(clippy::too_many_lines)] // a list: one member of the request after the other
pub fn job_request(
    derivations: &Derivations<'_>,
    definition: &Definition,
    model: Option<&Model>,
    identity: &Identity<'_>,
) -> Result<JobRequest, Problem> {
    let name = identity.job_name();
    let all = derivations.spec();
    let spec = all;
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == identity.candidate);
    let own_spec = candidate.map_or(Ok(Cow::Borrowed(spec)), |candidate| for_candidate(spec, candidate))?;
    let of_own_spec = match &own_spec {
        Cow::Borrowed(_) => None,
        Cow::Owned(own) => Some(derivations.for_spec(own)),
    };
    let derivations = of_own_spec.as_ref().unwrap_or(derivations);
    let spec = own_spec.as_ref();
    metric_regex::check(spec, candidate)?;
    let terms = candidate.and_then(|candidate| candidate.jump_start.clone()).unwrap_or_default();
    let (code, input_mode) = code(definition, model, &terms)?;
    channels::check(spec, definition, input_mode)?;
    volumes::check_key(spec, definition)?;
    let instance_fallbacks = volumes::fallbacks(definition, model);
    unreserved(definition)?;
    let model = model.map(|model| model.on(&definition.instance_type));
    let model = model.as_ref();
    let mut hyperparameters = model.map(jumpstart::defaults).unwrap_or_default();
    if let Some(model) = model {
        check_overrides(spec, identity.candidate, model, &definition.hyperparameters)?;
    }
    hyperparameters.extend(definition.hyperparameters.clone());
    let own_ranges = candidate.is_some_and(|candidate| !candidate.overrides.parameter_ranges.is_empty());
    let ranges_field = if own_ranges { "the candidate's `parameterRanges`" } else { "`tuning.parameterRanges`" };
    let ranges = ranges(ranges_field, &definition.parameter_ranges, model, &hyperparameters)?;
    kinds(definition, &ranges, ranges_field)?;
    combinations::enough(definition, &ranges, ranges_field)?;
    for range in &ranges {
        // A hyperparameter must not be both fixed and searched.
        hyperparameters.remove(range.name());
    }
    resource(definition, &hyperparameters)?;
    let image = match &code {
        Code::Image(image) => Some(image.as_str()),
        Code::Algorithm(_) => None,
    };
    let Metrics { definitions: metric_definitions, known } =
        metrics::of_run(&Subject { all, spec, derivations, definition, candidate, image }, model)?;
    if let Some(metrics) = known {
        let known = derived::Known { metrics, hyperparameters: may_be(&hyperparameters, &ranges) };
        derived::check(derivations, identity.dataset, &known)?;
    }
    let mut channels: Vec<InputChannel> = definition
        .channels
        .iter()
        .map(|channel| InputChannel { channel: channel.clone(), accept_eula: false })
        .collect();
    let training = &spec.training;
    let network_isolation = training.network_isolation.unwrap_or(model.is_some_and(|model| model.network_isolation));
    environment::check(&definition.environment)?;
    let mut environment = model.map(|model| jumpstart::environment(model, terms.accept_eula)).unwrap_or_default();
    environment.extend(definition.environment.clone());
    let mut tags = identity.tags();
    tags.extend(spec.tags.clone());
    if let (Some(model), Source::JumpStart { model_id, version }) = (model, &definition.source) {
        let context = ScriptContext {
            job_name: &name,
            region: &definition.region,
            isolated: network_isolation,
            accepted: terms.accept_eula,
        };
        jumpstart::add_script(model, &context, &mut hyperparameters, &mut channels)?;
        tags.push((tag::MODEL_ID.to_owned(), model_id.clone()));
        tags.push((tag::MODEL_VERSION.to_owned(), version.clone()));
    }
    channels::few(channels.len(), definition.channels.len())?;
    within_limits(&hyperparameters, &definition.hyperparameters, ranges.len(), ranges_field)?;
    let max_runtime_seconds =
        definition.max_runtime_seconds.or(model.and_then(|m| m.max_runtime_seconds)).unwrap_or(MAX_RUNTIME_SECONDS);
    let (mut warnings, mut own_split): (Vec<String>, bool) = (Vec::new(), false);
    if let (Some(model), Source::JumpStart { model_id, version }) = (model, &definition.source) {
        let name = format!("model '{model_id}' {version}");
        warnings.extend(jumpstart::data(&name, model_id, &definition.channels)?);
        own_split = jumpstart::splits_by_itself(model, model_id);
        if own_split {
            warnings.extend(jumpstart::own_split(&Derivations::new(spec).metrics_wanted()));
        }
    }
    let request = JobRequest {
        warning: (!warnings.is_empty()).then(|| clip(&warnings.join("; "), bounds::WARNING)),
        own_split,
        metric_definitions,
        name,
        tags,
        role_arn: spec.execution_role_arn.clone(),
        code,
        input_mode,
        channels,
        hyperparameters,
        objective: definition.objective.clone(),
        strategy: definition.strategy,
        hyperband: definition.hyperband.clone(),
        early_stopping: definition.early_stopping,
        random_seed: definition.random_seed,
        max_training_jobs: definition.max_training_jobs,
        max_parallel_training_jobs: definition.max_parallel_training_jobs,
        tuning_runtime_seconds: definition.tuning_runtime_seconds,
        completion_criteria: definition.completion_criteria.clone(),
        autotune: definition.autotune,
        warm_start: definition.warm_start.clone(),
        ranges,
        instance_type: definition.instance_type.clone(),
        instance_count: definition.instance_count,
        instance_fallbacks,
        training_plan_arn: training.training_plan_arn.clone(),
        volume_size_gb: definition
            .volume_size_gb
            .or(model.and_then(|m| m.volume_size_gb))
            .unwrap_or(volumes::VOLUME_SIZE_GB),
        volume_kms_key_id: training.volume_kms_key_id.clone(),
        max_runtime_seconds,
        max_pending_seconds: training.max_pending_seconds,
        spot_max_wait_seconds: spot_max_wait(training.spot.as_ref(), max_runtime_seconds)?,
        checkpoint: training.checkpoint.as_ref().map(|checkpoint| checkpoint_of(checkpoint, identity)).transpose()?,
        max_retry_attempts: training.max_retry_attempts,
        output_s3_uri: training.output_s3_uri.clone(),
        output_kms_key_id: training.output_kms_key_id.clone(),
        output_compression: training
            .output_compression
            .or(model.filter(|model| model.uncompressed_output).map(|_| OutputCompression::None)),
        environment,
        vpc: training.vpc.clone(),
        network_isolation,
        encrypt_traffic: training
            .encrypt_inter_container_traffic
            .unwrap_or(model.is_some_and(|model| model.encrypt_traffic)),
    };
    one_line::check(&request)?;
    bucket::check(&request, &definition.region)?;
    if let (Some(model), Source::JumpStart { model_id, version }) = (model, &definition.source) {
        sagemaker_limits::of_description(&format!("model '{model_id}' {version}"), model, &request)?;
    }
    Ok(request)
}

/// The location of the checkpoints of a run: under a prefix of its own, because a training job loads what it finds
/// there, and must not find the checkpoints of another model.
fn checkpoint_of(checkpoint: &Checkpoint, identity: &Identity<'_>) -> Result<Checkpoint, Problem> {
    if checkpoint.shared {
        return Ok(checkpoint.clone());
    }
    let s3_uri = format!("{}/{}", checkpoint.s3_uri.trim_end_matches('/'), identity.job_name());
    if s3_uri.chars().count() > S3_URI {
        let message = format!(
            "`training.checkpoint.s3URI` and the name of the tuning job below it have {} characters, and SageMaker takes \
             {S3_URI}; choose a shorter prefix",
            s3_uri.chars().count()
        );
        return Err(Problem::new(Reason::InvalidRequest, message));
    }
    Ok(Checkpoint { s3_uri, ..checkpoint.clone() })
}

/// The time limit for waiting and training together on spot capacity.
fn spot_max_wait(spot: Option<&Spot>, max_runtime_seconds: i32) -> Result<Option<i32>, Problem> {
    let Some(spot) = spot else { return Ok(None) };
    let max_wait = spot.max_wait_seconds.unwrap_or(max_runtime_seconds);
    if max_wait < max_runtime_seconds {
        let message = format!(
            "`training.spot.maxWaitSeconds` {max_wait} must be at least {max_runtime_seconds}, the longest time of a \
             training job; raise it, or lower `training.maxRuntimeSeconds`"
        );
        return Err(Problem::new(Reason::InvalidRequest, message));
    }
    Ok(Some(max_wait))
}

fn code(definition: &Definition, model: Option<&Model>, terms: &JumpStart) -> Result<(Code, InputMode), Problem> {
    match &definition.source {
        Source::Image { image, input_mode } => {
            trains(definition)?;
            Ok((Code::Image(image.clone()), *input_mode))
        }
        Source::Algorithm { name, input_mode } => {
            trains(definition)?;
            Ok((Code::Algorithm(name.clone()), *input_mode))
        }
        Source::TuningJob { name } => Err(Problem::new(
            Reason::InvalidSpec,
            format!("the tuning job '{name}' is only read; nothing is created for it"),
        )),
        Source::JumpStart { model_id, version } => {
            let name = format!("model '{model_id}' {version}");
            let absent = Model::default();
            let model = model.unwrap_or(&absent);
            jumpstart::usable(&name, model, terms)?;
            let image = |field: &str, instance_type: &str| {
                jumpstart::image(&name, model, &definition.region, field, instance_type)
            };
            let own = image("`training.instanceType`", &definition.instance_type)?;
            for fallback in &definition.instance_fallbacks {
                let other = &fallback.instance_type;
                if image("`training.instanceFallbacks` entry", other)? != own {
                    let message = format!(
                        "{name} has another training image for `training.instanceFallbacks` entry '{other}' than for \
                         '{}', and a tuning job has one image; choose types of one kind",
                        definition.instance_type
                    );
                    return Err(Problem::new(Reason::UnsupportedInstanceType, message));
                }
            }
            Ok((Code::Image(own), definition.input_mode.unwrap_or_default()))
        }
    }
}

/// Refuses instance types that SageMaker has only for other uses. An unknown type is accepted, because it may be newer
/// than this release.
fn trains(definition: &Definition) -> Result<(), Problem> {
    let fallbacks = definition.instance_fallbacks.iter().map(|fallback| fallback.instance_type.as_str());
    let mut all = std::iter::once(definition.instance_type.as_str()).chain(fallbacks);
    let Some(other) = all.find(|instance_type| only_for_other_uses(instance_type)) else { return Ok(()) };
    let near = suggest::nearest(other, instance_types().iter().copied()).unwrap_or("ml.m5.xlarge");
    let message = format!(
        "SageMaker does not train on `instanceType` '{other}', which it has for notebooks, processing or endpoints; choose \
         another, such as '{near}'"
    );
    Err(Problem::new(Reason::UnsupportedInstanceType, message))
}

/// Checks that overrides have values that the model accepts. A name that the model does not have is refused in a
/// candidate's own overrides, where it can only be a mistake. In those of training and dataset it may be meant for
/// other candidates, and the training scripts ignore it.
fn check_overrides(
    spec: &ModelSelectionSpec,
    candidate: &str,
    model: &Model,
    overrides: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    let own = spec.candidates.iter().find(|c| c.name == candidate).map(|c| &c.overrides.hyperparameters);
    for (name, value) in overrides {
        let field = format!("hyperparameter '{name}' of candidate '{candidate}'");
        match model.hyperparameter(name) {
            Some(known) => accepts(&field, known, value)?,
            None if own.is_some_and(|own| own.contains_key(name)) => return Err(unknown(&field, name, model)),
            None => {}
        }
    }
    Ok(())
}

/// The hyperparameters from which SageMaker derives Hyperband's maximum resource if it is not set.
const RESOURCES: [&str; 5] = ["epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs"];

/// Checks that SageMaker knows Hyperband's maximum resource. The schema has this rule for the selection's tuning, as
/// far as it knows the hyperparameters.
fn resource(definition: &Definition, fixed: &BTreeMap<String, String>) -> Result<(), Problem> {
    let said = definition.hyperband.as_ref().is_some_and(|hyperband| hyperband.max_resource.is_some());
    if definition.strategy != Strategy::Hyperband || said || RESOURCES.iter().any(|name| fixed.contains_key(*name)) {
        return Ok(());
    }
    let message = "`tuning.hyperband.maxResource` must be set when `strategy` is 'Hyperband': 'epochs' is not among the \
                   fixed `hyperparameters`";
    Err(Problem::new(Reason::InvalidHyperparameter, message.to_owned()))
}

/// Checks that the kinds of the ranges suit the search strategy. The schema has this rule for the selection's tuning.
fn kinds(definition: &Definition, ranges: &[SearchRange], field: &str) -> Result<(), Problem> {
    if ranges.is_empty() && !definition.autotune {
        let message = "`tuning.parameterRanges` is empty, and so are those of the candidate; SageMaker creates no tuning job \
                       without at least one hyperparameter to search";
        return Err(Problem::new(Reason::InvalidHyperparameter, message.to_owned()));
    }
    let of_kind = |auto: bool| {
        ranges.iter().find(|range| match range {
            SearchRange::Auto { .. } => auto,
            SearchRange::Categorical { .. } => false,
            SearchRange::Continuous { .. } | SearchRange::Integer { .. } => !auto,
        })
    };
    let refuse = |range: &SearchRange, why: &str| {
        Err(Problem::new(Reason::InvalidHyperparameter, format!("{field} entry '{}' {why}", range.name())))
    };
    match (of_kind(true), of_kind(false)) {
        (Some(range), _) if !definition.autotune => refuse(range, "is `auto`, which takes `tuning.autotune: true`"),
        (_, Some(range)) | (Some(range), _) if definition.strategy == Strategy::Grid => {
            refuse(range, "must be `categorical` when `tuning.strategy` is 'Grid'")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
