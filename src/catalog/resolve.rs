//! What is sent to SageMaker for a run: pure.
//!
//! What a JumpStart model adds is in [`super::jumpstart`].

use std::collections::BTreeMap;

use super::hyperparameters::{accepts, may_be, ranges, unknown};
use super::jumpstart::{self, Place};
use super::model::Model;
use super::presets::preset;
use crate::api::{InputMode, JumpStart, ModelSelectionSpec, OutputCompression, Reason, Spot, Strategy};
use crate::decide::definition::{Definition, Source};
use crate::decide::derived;
use crate::decide::identity::{Identity, tag};
use crate::tuning::{Code, InputChannel, JobRequest, SearchRange};

/// Why a run cannot be created, and what to do about it.
pub type Problem = (Reason, String);

/// SageMaker's limit on metric definitions of a job.
const MAX_METRICS: usize = 40;
/// Volume when neither the spec nor the model says.
const VOLUME_SIZE_GB: i32 = 30;
/// SageMaker's own default.
const MAX_RUNTIME_SECONDS: i32 = 86_400;

/// The request for the run with that definition and identity. `model` is that of the definition's version, for a
/// JumpStart candidate.
pub fn job_request(
    spec: &ModelSelectionSpec,
    definition: &Definition,
    model: Option<&Model>,
    identity: &Identity<'_>,
) -> Result<JobRequest, Problem> {
    let name = identity.job_name();
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == identity.candidate);
    let terms = candidate.and_then(|candidate| candidate.jump_start.clone()).unwrap_or_default();
    let (code, input_mode) = code(definition, model, &terms)?;
    let model = model.map(|model| model.on(&definition.instance_type));
    let model = model.as_ref();
    let mut hyperparameters = model.map(jumpstart::defaults).unwrap_or_default();
    if let Some(model) = model {
        check_overrides(spec, identity.candidate, model, &definition.hyperparameters)?;
    }
    hyperparameters.extend(definition.hyperparameters.clone());
    let own_ranges = candidate.is_some_and(|candidate| !candidate.parameter_ranges.is_empty());
    let place = if own_ranges { "the candidate's `parameterRanges`" } else { "`tuning.parameterRanges`" };
    let ranges = ranges(place, &definition.parameter_ranges, model, &hyperparameters)?;
    kinds(definition, &ranges, place)?;
    for range in &ranges {
        // A name must not be both fixed and searched.
        hyperparameters.remove(range.name());
    }
    let metric_definitions = metric_definitions(spec, definition, model)?;
    let known = derived::Known {
        metrics: metric_definitions.iter().map(|(name, _)| name.clone()).collect(),
        hyperparameters: may_be(&hyperparameters, &ranges),
    };
    if !unknown_metrics(definition) {
        derived::check(spec, identity.dataset, &known)?;
    }
    let mut channels: Vec<InputChannel> = definition
        .channels
        .iter()
        .map(|channel| InputChannel { channel: channel.clone(), accept_eula: false })
        .collect();
    let training = &spec.training;
    let network_isolation = training.network_isolation.unwrap_or(model.is_some_and(|model| model.network_isolation));
    let mut environment = model.map(|model| jumpstart::environment(model, terms.accept_eula)).unwrap_or_default();
    environment.extend(definition.environment.clone());
    let mut tags = identity.tags();
    tags.extend(spec.tags.clone());
    if let (Some(model), Source::JumpStart { model_id, version }) = (model, &definition.source) {
        let place = Place {
            job_name: &name,
            region: &definition.region,
            isolated: network_isolation,
            accepted: terms.accept_eula,
        };
        jumpstart::add_script(model, &place, &mut hyperparameters, &mut channels)?;
        tags.push((tag::MODEL_ID.to_owned(), model_id.clone()));
        tags.push((tag::MODEL_VERSION.to_owned(), version.clone()));
    }
    within_limits(&hyperparameters, ranges.len())?;
    let max_runtime_seconds =
        definition.max_runtime_seconds.or(model.and_then(|m| m.max_runtime_seconds)).unwrap_or(MAX_RUNTIME_SECONDS);
    Ok(JobRequest {
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
        instance_fallbacks: definition.instance_fallbacks.clone(),
        training_plan_arn: training.training_plan_arn.clone(),
        volume_size_gb: definition.volume_size_gb.or(model.and_then(|m| m.volume_size_gb)).unwrap_or(VOLUME_SIZE_GB),
        volume_kms_key_id: training.volume_kms_key_id.clone(),
        max_runtime_seconds,
        max_pending_seconds: training.max_pending_seconds,
        spot_max_wait_seconds: spot_max_wait(training.spot.as_ref(), max_runtime_seconds)?,
        checkpoint: training.checkpoint.clone(),
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
    })
}

/// The limit of waiting and training together on spot capacity.
fn spot_max_wait(spot: Option<&Spot>, max_runtime_seconds: i32) -> Result<Option<i32>, Problem> {
    let Some(spot) = spot else { return Ok(None) };
    let max_wait = spot.max_wait_seconds.unwrap_or(max_runtime_seconds);
    if max_wait < max_runtime_seconds {
        let message = format!(
            "`training.spot.maxWaitSeconds` {max_wait} must be at least {max_runtime_seconds}, the longest time of a \
             training job; raise it, or lower `training.maxRuntimeSeconds`"
        );
        return Err((Reason::InvalidRequest, message));
    }
    Ok(Some(max_wait))
}

/// SageMaker's limits on hyperparameters: 100 with the one that it adds itself, values of 2500 characters as they are sent.
fn within_limits(fixed: &BTreeMap<String, String>, searched: usize) -> Result<(), Problem> {
    let total = fixed.len() + searched;
    if total > 99 {
        let message =
            format!("{total} hyperparameters, fixed, searched and the model's own; SageMaker takes at most 99");
        return Err((Reason::InvalidHyperparameter, message));
    }
    match fixed.iter().find(|(_, value)| value.chars().count() > 2500) {
        Some((name, _)) => {
            let message =
                format!("the value of hyperparameter '{name}' must be at most 2500 characters long as it is sent");
            Err((Reason::InvalidHyperparameter, message))
        }
        None => Ok(()),
    }
}

fn code(definition: &Definition, model: Option<&Model>, terms: &JumpStart) -> Result<(Code, InputMode), Problem> {
    match &definition.source {
        Source::Image { image, input_mode } => Ok((Code::Image(image.clone()), *input_mode)),
        Source::Algorithm { name, input_mode } => Ok((Code::Algorithm(name.clone()), *input_mode)),
        Source::TuningJob { name } => {
            Err((Reason::InvalidSpec, format!("the tuning job '{name}' is only read; nothing is created for it")))
        }
        Source::JumpStart { model_id, version } => {
            let name = format!("model '{model_id}' {version}");
            let absent = Model::default();
            let model = model.unwrap_or(&absent);
            jumpstart::usable(&name, model, terms)?;
            let image = |field: &str, instance_type: &str| {
                jumpstart::image(&name, &model.on(instance_type), field, instance_type)
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
                    return Err((Reason::UnsupportedInstanceType, message));
                }
            }
            Ok((Code::Image(own), definition.input_mode.unwrap_or_default()))
        }
    }
}

/// Overrides must be values that the model takes. A name that the model does not have is refused in a candidate's own
/// overrides, where it can only be a mistake; in those of training and dataset it may be meant for other candidates,
/// and the training scripts ignore it.
fn check_overrides(
    spec: &ModelSelectionSpec,
    candidate: &str,
    model: &Model,
    overrides: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    let own = spec.candidates.iter().find(|c| c.name == candidate).map(|c| &c.hyperparameters);
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

/// The metrics of the preset, of the model and of the spec; the later wins. All that the selection refers to must be
/// among them, or derived from them.
fn metric_definitions(
    spec: &ModelSelectionSpec,
    definition: &Definition,
    model: Option<&Model>,
) -> Result<Vec<(String, String)>, Problem> {
    let mut metrics = preset(&spec.training, &definition.source);
    let of_preset = metrics.len();
    metrics.extend(model.map(|model| model.metrics.clone()).unwrap_or_default());
    metrics.extend(definition.metric_definitions.clone());
    if metrics.len() > MAX_METRICS {
        let total = metrics.len();
        let message = match of_preset {
            0 => format!("{total} metric definitions; SageMaker takes at most {MAX_METRICS}"),
            _ => format!(
                "{total} metric definitions, {of_preset} of them by `training.metricPreset`; SageMaker takes at most \
                 {MAX_METRICS}; set it to None and define those that you need"
            ),
        };
        return Err((Reason::InvalidRequest, message));
    }
    let wanted = std::iter::once(("tuning.objective", &definition.objective.metric))
        .chain(spec.objectives.iter().map(|objective| ("objectives", &objective.metric)))
        .chain(spec.constraints.iter().map(|constraint| ("constraints", &constraint.metric)));
    let derived = |name: &String| spec.derived_metrics.iter().any(|metric| metric.name == *name);
    for (field, metric) in wanted {
        if !(metrics.contains_key(metric) || derived(metric) || unknown_metrics(definition)) {
            let known: Vec<&str> = metrics.keys().map(String::as_str).collect();
            let message = format!(
                "`{field}` names the metric '{metric}', for which there is no definition; add one to \
                 `training.metricDefinitions`, or choose among {}",
                known.join(", ")
            );
            return Err((Reason::UnknownMetric, message));
        }
    }
    Ok(metrics.into_iter().collect())
}

/// Whether the run has metrics that nothing here says: an algorithm resource brings definitions of its own.
fn unknown_metrics(definition: &Definition) -> bool {
    matches!(definition.source, Source::Algorithm { .. })
}

/// What the search makes of the kinds of its ranges. The schema says it of tuning's.
fn kinds(definition: &Definition, ranges: &[SearchRange], place: &str) -> Result<(), Problem> {
    let of_kind = |auto: bool| {
        ranges.iter().find(|range| match range {
            SearchRange::Auto { .. } => auto,
            SearchRange::Categorical { .. } => false,
            SearchRange::Continuous { .. } | SearchRange::Integer { .. } => !auto,
        })
    };
    let refuse = |range: &SearchRange, why: &str| {
        Err((Reason::InvalidHyperparameter, format!("{place} entry '{}' {why}", range.name())))
    };
    match (of_kind(true), of_kind(false)) {
        (Some(range), _) if !definition.autotune => refuse(range, "is `auto`, which takes `tuning.autotune: true`"),
        (_, Some(range)) | (Some(range), _) if definition.strategy == Strategy::Grid => {
            refuse(range, "must be `categorical` when `tuning.strategy` is 'Grid'")
        }
        _ => Ok(()),
    }
}

impl SearchRange {
    fn name(&self) -> &str {
        match self {
            Self::Continuous { name, .. }
            | Self::Integer { name, .. }
            | Self::Categorical { name, .. }
            | Self::Auto { name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DerivedMetric, MetricDefinition, MetricPreset};
    use crate::catalog::document::tests::bit;
    use crate::decide::definition::tests::spec;

    fn request(spec: &ModelSelectionSpec, candidate: usize, model: Option<&Model>) -> Result<JobRequest, Problem> {
        let source = match &spec.candidates[candidate].algorithm {
            Some(own) => Source::Image { image: own.training_image.clone().unwrap(), input_mode: InputMode::File },
            None => Source::JumpStart { model_id: "tensorflow-ic-bit".into(), version: "4.0.6".into() },
        };
        let definition = Definition::new(spec, "us-west-2", &spec.datasets[0], &spec.candidates[candidate], source);
        let fingerprint = definition.fingerprint();
        let identity = Identity {
            scope: "prod",
            namespace: "vision",
            name: "selection",
            candidate: &spec.candidates[candidate].name,
            dataset: "caltech256",
            definition: &fingerprint,
            rerun: "",
            attempt: 0,
        };
        job_request(spec, &definition, model, &identity)
    }

    /// Compared with what the vendor's SDK sent for the same model; the differences are ours and named here.
    #[test]
    fn a_jumpstart_model_is_sent_as_the_vendors_estimator_sends_it() {
        let recorded: serde_json::Value = serde_json::from_str(include_str!(
            "../../tests/fixtures/create-hpt-job.jumpstart-estimator.bit-m-r101x1.json"
        ))
        .unwrap();
        let recorded = &recorded["TrainingJobDefinition"];
        let mut spec = spec();
        spec.training.hyperparameters.clear();
        spec.tuning.parameter_ranges = serde_json::from_value(serde_json::json!([
            {"name": "learning_rate", "continuous": {"min": "1e-05", "max": "0.1", "scaling": "Logarithmic"}},
            {"name": "optimizer", "categorical": {"values": ["adam", "sgd"]}},
            {"name": "batch_size", "integer": {"min": "8", "max": "64", "scaling": "Linear"}},
        ]))
        .unwrap();
        let request = request(&spec, 0, Some(&bit())).unwrap();
        let mut sent = request.hyperparameters.clone();
        assert_eq!(sent.remove("sagemaker_job_name"), Some(format!("\"{}\"", request.name)));
        let mut expected: BTreeMap<String, String> =
            serde_json::from_value(recorded["StaticHyperParameters"].clone()).unwrap();
        expected.remove("sagemaker_job_name"); // theirs holds a time stamp
        assert_eq!(sent, expected);
        let image = recorded["AlgorithmSpecification"]["TrainingImage"].as_str().unwrap();
        assert_eq!(request.code, Code::Image(image.to_owned()));
        let added: Vec<_> = request.channels[2..]
            .iter()
            .map(|c| (c.channel.name.as_str(), c.channel.s3_uri.as_deref().unwrap()))
            .collect();
        let channels = recorded["InputDataConfig"].as_array().unwrap();
        let uri = |i: usize| channels[i]["DataSource"]["S3DataSource"]["S3Uri"].as_str().unwrap();
        assert_eq!(added, [("model", uri(3)), ("code", uri(4))]);
        assert_eq!(request.channels[2].channel.content_type.as_deref(), channels[3]["ContentType"].as_str());
        assert_eq!(request.max_runtime_seconds, recorded["StoppingCondition"]["MaxRuntimeInSeconds"]);
        assert_eq!(request.volume_size_gb, recorded["HyperParameterTuningResourceConfig"]["VolumeSizeInGB"]);
        assert!(request.network_isolation && request.encrypt_traffic);
        // Theirs has no metric definitions at all, which SageMaker refuses when the objective is not built in.
        assert_eq!(request.metric_definitions.len(), 4);
    }

    #[test]
    fn an_own_image_gets_its_hyperparameters_as_they_are() {
        let mut spec = spec();
        spec.training.hyperparameters.insert("learning_rate".into(), "0.01".into());
        let request = request(&spec, 1, None).unwrap();
        assert_eq!(request.hyperparameters, [("epochs".to_owned(), "5".to_owned())].into());
        assert_eq!(
            request.ranges,
            [SearchRange::Categorical { name: "learning_rate".into(), values: vec!["0.01".into(), "0.002".into()] }]
        );
        assert_eq!((request.volume_size_gb, request.max_runtime_seconds), (30, 86_400));
        assert!(!request.network_isolation);
    }

    #[test]
    fn a_model_without_definitions_gets_those_of_its_script_and_derived_metrics_count() {
        let mut spec = spec();
        spec.training.metric_definitions.clear();
        spec.derived_metrics = derived("hyperparameters.batch_size * test_throughput");
        spec.objectives[1].metric = "derived".into();
        let metrics = request(&spec, 0, Some(&bit())).unwrap().metric_definitions;
        assert_eq!(metrics.len(), 29 + 1);
        // The model's own win over the preset, and those of the spec over both.
        let own = |name: &str| vec![(name.to_owned(), "mine ([0-9]+)".to_owned())];
        let model = Model { metrics: own("val_loss"), ..bit() };
        let regex = |spec: &ModelSelectionSpec| {
            let metrics = request(spec, 0, Some(&model)).unwrap().metric_definitions;
            metrics.into_iter().find(|(name, _)| name == "val_loss").unwrap().1
        };
        assert_eq!(regex(&spec), "mine ([0-9]+)");
        spec.training.metric_preset = Some(MetricPreset::TensorFlowImageClassification);
        spec.training.metric_definitions =
            vec![MetricDefinition { name: "val_loss".into(), regex: "yours ([0-9]+)".into() }];
        assert_eq!(regex(&spec), "yours ([0-9]+)");
    }

    fn derived(expression: &str) -> Vec<DerivedMetric> {
        vec![DerivedMetric { name: "derived".into(), expression: expression.into() }]
    }

    fn more_metrics(more: usize, preset: Option<MetricPreset>, spec: &mut ModelSelectionSpec) -> Vec<MetricDefinition> {
        spec.training.metric_preset = preset;
        let regex = "([0-9]+)".to_owned();
        (0..more).map(|n| MetricDefinition { name: format!("more_{n}"), regex: regex.clone() }).collect()
    }

    type Edit = fn(&mut ModelSelectionSpec);

    #[test]
    fn each_problem_has_its_reason_and_remedy() {
        let model = bit();
        let untrainable = Model { trainable: false, ..bit() };
        let cases: [(&Model, Edit, Reason, &str); 9] = [
            (&untrainable, |_| {}, Reason::ModelNotTrainable, "cannot be trained"),
            (
                &model,
                |s| s.training.instance_type = "ml.trn1.2xlarge".into(),
                Reason::UnsupportedInstanceType,
                "it supports ml.p3.2xlarge",
            ),
            (
                &model,
                |s| drop(s.candidates[0].hyperparameters.insert("epoch".into(), "5".into())),
                Reason::UnknownHyperparameter,
                "did you mean 'epochs'?",
            ),
            (
                &model,
                |s| drop(s.training.hyperparameters.insert("epochs".into(), "many".into())),
                Reason::InvalidHyperparameter,
                "'many' must be a number",
            ),
            (
                &model,
                |s| s.objectives[0].metric = "test_acuracy".into(),
                Reason::UnknownMetric,
                "`objectives` names the metric 'test_acuracy'",
            ),
            (&model, |s| s.datasets[0].channels[0].name = "model".into(), Reason::InvalidRequest, "channel 'model'"),
            (
                &model,
                |s| s.training.metric_definitions = more_metrics(11, Some(MetricPreset::Auto), s),
                Reason::InvalidRequest,
                "41 metric definitions, 29 of them by `training.metricPreset`; SageMaker takes at most 40",
            ),
            (
                &model,
                |s| s.derived_metrics = derived("hyperparameters.batchsize * test_throughput"),
                Reason::InvalidExpression,
                "did you mean hyperparameters.batch_size?",
            ),
            (
                &model,
                |s| s.derived_metrics = derived("hyperparameters.optimizer * 2"),
                Reason::InvalidExpression,
                "which is the text 'adam'",
            ),
        ];
        for (model, edit, reason, text) in cases {
            let mut spec = spec();
            edit(&mut spec);
            let (found, message) = request(&spec, 0, Some(model)).unwrap_err();
            assert_eq!(found, reason, "{message}");
            assert!(message.contains(text), "{message}");
        }
    }
}
