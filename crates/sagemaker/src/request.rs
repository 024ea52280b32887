//! Converts our types to SageMaker's. Pure, so that snapshots can show what is sent.

use aws_sdk_sagemaker::error::BuildError;
use aws_sdk_sagemaker::operation::create_hyper_parameter_tuning_job::CreateHyperParameterTuningJobInput;
use aws_sdk_sagemaker::types as aws;

use super::{Code, InputChannel, JobRequest, SearchRange};
use api::{
    Compression, ContinuousScaling, EarlyStopping, FileSystem, FileSystemAccess, FileSystemType, Goal, InputMode,
    IntegerScaling, OutputCompression, RecordWrapper, S3DataDistribution, S3DataType, Strategy, WarmStart,
    WarmStartType, parse_decimal,
};

/// The request for `CreateHyperParameterTuningJob`.
pub(super) fn create(job: &JobRequest) -> Result<CreateHyperParameterTuningJobInput, BuildError> {
    CreateHyperParameterTuningJobInput::builder()
        .hyper_parameter_tuning_job_name(&job.name)
        .hyper_parameter_tuning_job_config(config(job))
        .training_job_definition(definition(job))
        .set_warm_start_config(job.warm_start.as_ref().map(warm_start))
        .set_autotune(job.autotune.then(|| aws::Autotune::builder().mode(aws::AutotuneMode::Enabled).build()))
        .set_tags(Some(job.tags.iter().map(|(key, value)| aws::Tag::builder().key(key).value(value).build()).collect()))
        .build()
}

/// The configuration of the search.
fn config(job: &JobRequest) -> aws::HyperParameterTuningJobConfig {
    let JobRequest { strategy, hyperband, objective, early_stopping, .. } = job;
    aws::HyperParameterTuningJobConfig::builder()
        .strategy(match strategy {
            Strategy::Bayesian => aws::HyperParameterTuningJobStrategyType::Bayesian,
            Strategy::Random => aws::HyperParameterTuningJobStrategyType::Random,
            Strategy::Hyperband => aws::HyperParameterTuningJobStrategyType::Hyperband,
            Strategy::Grid => aws::HyperParameterTuningJobStrategyType::Grid,
        })
        .set_strategy_config(hyperband.as_ref().map(|bounds| {
            aws::HyperParameterTuningJobStrategyConfig::builder()
                .hyperband_strategy_config(
                    aws::HyperbandStrategyConfig::builder()
                        .set_min_resource(bounds.min_resource)
                        .set_max_resource(bounds.max_resource)
                        .build(),
                )
                .build()
        }))
        .hyper_parameter_tuning_job_objective(
            aws::HyperParameterTuningJobObjective::builder()
                .r#type(match objective.goal {
                    Goal::Maximize => aws::HyperParameterTuningJobObjectiveType::Maximize,
                    Goal::Minimize => aws::HyperParameterTuningJobObjectiveType::Minimize,
                })
                .metric_name(&objective.metric)
                .build(),
        )
        .resource_limits(
            aws::ResourceLimits::builder()
                .set_max_number_of_training_jobs(job.max_training_jobs)
                .max_parallel_training_jobs(job.max_parallel_training_jobs)
                .set_max_runtime_in_seconds(job.tuning_runtime_seconds)
                .build(),
        )
        .parameter_ranges(parameter_ranges(&job.ranges))
        .set_tuning_job_completion_criteria(job.completion_criteria.as_ref().map(completion_criteria))
        .training_job_early_stopping_type(match early_stopping {
            EarlyStopping::Off => aws::TrainingJobEarlyStoppingType::Off,
            EarlyStopping::Auto => aws::TrainingJobEarlyStoppingType::Auto,
        })
        .set_random_seed(job.random_seed)
        .build()
}

fn completion_criteria(criteria: &api::CompletionCriteria) -> aws::TuningJobCompletionCriteria {
    let not_improving = criteria
        .max_training_jobs_not_improving
        .map(|jobs| aws::BestObjectiveNotImproving::builder().max_number_of_training_jobs_not_improving(jobs).build());
    let convergence = criteria.complete_on_convergence.map(|complete| {
        let complete =
            if complete { aws::CompleteOnConvergence::Enabled } else { aws::CompleteOnConvergence::Disabled };
        aws::ConvergenceDetected::builder().complete_on_convergence(complete).build()
    });
    #[allow(clippy::cast_possible_truncation)] // SageMaker uses 32 bits
    let target = criteria.target_objective_value.as_deref().and_then(parse_decimal).map(|value| value as f32);
    aws::TuningJobCompletionCriteria::builder()
        .set_target_objective_metric_value(target)
        .set_best_objective_not_improving(not_improving)
        .set_convergence_detected(convergence)
        .build()
}

fn warm_start(warm_start: &WarmStart) -> aws::HyperParameterTuningJobWarmStartConfig {
    let parents = warm_start
        .parent_tuning_job_names
        .iter()
        .map(|name| aws::ParentHyperParameterTuningJob::builder().hyper_parameter_tuning_job_name(name).build());
    aws::HyperParameterTuningJobWarmStartConfig::builder()
        .set_parent_hyper_parameter_tuning_jobs(Some(parents.collect()))
        .warm_start_type(match warm_start.type_ {
            WarmStartType::IdenticalDataAndAlgorithm => {
                aws::HyperParameterTuningJobWarmStartType::IdenticalDataAndAlgorithm
            }
            WarmStartType::TransferLearning => aws::HyperParameterTuningJobWarmStartType::TransferLearning,
        })
        .build()
}

/// The training jobs: their code, data and instances.
fn definition(job: &JobRequest) -> aws::HyperParameterTrainingJobDefinition {
    let JobRequest { hyperparameters, channels, environment, network_isolation, encrypt_traffic, .. } = job;
    let output = aws::OutputDataConfig::builder()
        .s3_output_path(&job.output_s3_uri)
        .set_kms_key_id(job.output_kms_key_id.clone())
        .set_compression_type(job.output_compression.map(|compression| match compression {
            OutputCompression::Gzip => aws::OutputCompressionType::Gzip,
            OutputCompression::None => aws::OutputCompressionType::None,
        }));
    let stopping = aws::StoppingCondition::builder()
        .max_runtime_in_seconds(job.max_runtime_seconds)
        .set_max_wait_time_in_seconds(job.spot_max_wait_seconds)
        .set_max_pending_time_in_seconds(job.max_pending_seconds);
    let builder = aws::HyperParameterTrainingJobDefinition::builder()
        .set_static_hyper_parameters(
            (!hyperparameters.is_empty()).then(|| hyperparameters.clone().into_iter().collect()),
        )
        .algorithm_specification(algorithm(job))
        .role_arn(&job.role_arn)
        .set_input_data_config((!channels.is_empty()).then(|| channels.iter().map(channel).collect()))
        .output_data_config(output.build())
        .stopping_condition(stopping.build())
        .set_environment((!environment.is_empty()).then(|| environment.clone().into_iter().collect()))
        .set_enable_network_isolation(network_isolation.then_some(true))
        .set_enable_inter_container_traffic_encryption(encrypt_traffic.then_some(true))
        .set_enable_managed_spot_training(job.spot_max_wait_seconds.map(|_| true))
        .set_checkpoint_config(job.checkpoint.as_ref().map(|checkpoint| {
            aws::CheckpointConfig::builder()
                .s3_uri(&checkpoint.s3_uri)
                .set_local_path(checkpoint.local_path.clone())
                .build()
        }))
        .set_retry_strategy(
            job.max_retry_attempts.map(|n| aws::RetryStrategy::builder().maximum_retry_attempts(n).build()),
        )
        .set_vpc_config(job.vpc.as_ref().map(|vpc| {
            aws::VpcConfig::builder()
                .set_security_group_ids(Some(vpc.security_group_ids.clone()))
                .set_subnets(Some(vpc.subnets.clone()))
                .build()
        }));
    instances(job, builder).build()
}

fn algorithm(job: &JobRequest) -> aws::HyperParameterAlgorithmSpecification {
    let builder = aws::HyperParameterAlgorithmSpecification::builder().training_input_mode(mode(job.input_mode));
    let builder = match &job.code {
        Code::Image(image) => builder.training_image(image),
        Code::Algorithm(name) => builder.algorithm_name(name),
    };
    let metrics = job.metric_definitions.iter();
    let metrics = metrics.map(|(name, regex)| aws::MetricDefinition::builder().name(name).regex(regex).build());
    builder.set_metric_definitions((metrics.len() > 0).then(|| metrics.collect())).build()
}

/// The instances. As `ResourceConfig` if possible, because every release of the Python SDK can attach to that, but only
/// newer ones to `HyperParameterTuningResourceConfig`. Fallback types need the latter.
fn instances(
    job: &JobRequest,
    builder: aws::builders::HyperParameterTrainingJobDefinitionBuilder,
) -> aws::builders::HyperParameterTrainingJobDefinitionBuilder {
    if job.instance_fallbacks.is_empty() {
        return builder.resource_config(
            aws::ResourceConfig::builder()
                .instance_type(aws::TrainingInstanceType::from(job.instance_type.as_str()))
                .instance_count(job.instance_count)
                .volume_size_in_gb(job.volume_size_gb)
                .set_volume_kms_key_id(job.volume_kms_key_id.clone())
                .set_training_plan_arn(job.training_plan_arn.clone())
                .build(),
        );
    }
    let config = |instance_type: &str, count: Option<i32>, volume: Option<i32>| {
        aws::HyperParameterTuningInstanceConfig::builder()
            .instance_type(aws::TrainingInstanceType::from(instance_type))
            .instance_count(count.unwrap_or(job.instance_count))
            .volume_size_in_gb(volume.unwrap_or(job.volume_size_gb))
            .build()
    };
    let fallbacks = job.instance_fallbacks.iter();
    let fallbacks = fallbacks.map(|other| config(&other.instance_type, other.instance_count, other.volume_size_gb));
    let all = std::iter::once(config(&job.instance_type, None, None)).chain(fallbacks);
    builder.hyper_parameter_tuning_resource_config(
        aws::HyperParameterTuningResourceConfig::builder()
            .set_instance_configs(Some(all.collect()))
            .set_volume_kms_key_id(job.volume_kms_key_id.clone())
            .build(),
    )
}

fn channel(input: &InputChannel) -> aws::Channel {
    let channel = &input.channel;
    let source = match &channel.file_system {
        Some(files) => aws::DataSource::builder().file_system_data_source(file_system(files)),
        None => aws::DataSource::builder().s3_data_source(s3(input)),
    };
    aws::Channel::builder()
        .channel_name(&channel.name)
        .data_source(source.build())
        .set_content_type(channel.content_type.clone())
        .set_input_mode(channel.input_mode.map(mode))
        .set_compression_type(channel.compression.map(|compression| match compression {
            Compression::None => aws::CompressionType::None,
            Compression::Gzip => aws::CompressionType::Gzip,
        }))
        .set_record_wrapper_type(channel.record_wrapper.map(|wrapper| match wrapper {
            RecordWrapper::None => aws::RecordWrapper::None,
            RecordWrapper::RecordIO => aws::RecordWrapper::Recordio,
        }))
        .set_shuffle_config(channel.shuffle_seed.map(|seed| aws::ShuffleConfig::builder().seed(seed).build()))
        .build()
}

fn s3(input: &InputChannel) -> aws::S3DataSource {
    let channel = &input.channel;
    aws::S3DataSource::builder()
        .s3_data_type(match channel.s3_data_type.unwrap_or(S3DataType::S3Prefix) {
            S3DataType::S3Prefix => aws::S3DataType::S3Prefix,
            S3DataType::ManifestFile => aws::S3DataType::ManifestFile,
            S3DataType::AugmentedManifestFile => aws::S3DataType::AugmentedManifestFile,
            S3DataType::Converse => aws::S3DataType::Converse,
        })
        .set_s3_uri(channel.s3_uri.clone())
        .s3_data_distribution_type(match channel.s3_data_distribution.unwrap_or(S3DataDistribution::FullyReplicated) {
            S3DataDistribution::FullyReplicated => aws::S3DataDistribution::FullyReplicated,
            S3DataDistribution::ShardedByS3Key => aws::S3DataDistribution::ShardedByS3Key,
        })
        .set_attribute_names((!channel.attribute_names.is_empty()).then(|| channel.attribute_names.clone()))
        .set_model_access_config(input.accept_eula.then(|| aws::ModelAccessConfig::builder().accept_eula(true).build()))
        .build()
}

fn file_system(files: &FileSystem) -> aws::FileSystemDataSource {
    aws::FileSystemDataSource::builder()
        .file_system_id(&files.id)
        .file_system_type(match files.type_ {
            FileSystemType::EFS => aws::FileSystemType::Efs,
            FileSystemType::FSxLustre => aws::FileSystemType::Fsxlustre,
        })
        .file_system_access_mode(match files.access.unwrap_or(FileSystemAccess::ReadOnly) {
            FileSystemAccess::ReadOnly => aws::FileSystemAccessMode::Ro,
            FileSystemAccess::ReadWrite => aws::FileSystemAccessMode::Rw,
        })
        .directory_path(&files.directory_path)
        .build()
}

fn mode(mode: InputMode) -> aws::TrainingInputMode {
    match mode {
        InputMode::File => aws::TrainingInputMode::File,
        InputMode::FastFile => aws::TrainingInputMode::Fastfile,
        InputMode::Pipe => aws::TrainingInputMode::Pipe,
    }
}

fn continuous_scaling(scaling: ContinuousScaling) -> aws::HyperParameterScalingType {
    match scaling {
        ContinuousScaling::Auto => aws::HyperParameterScalingType::Auto,
        ContinuousScaling::Linear => aws::HyperParameterScalingType::Linear,
        ContinuousScaling::Logarithmic => aws::HyperParameterScalingType::Logarithmic,
        ContinuousScaling::ReverseLogarithmic => aws::HyperParameterScalingType::ReverseLogarithmic,
    }
}

fn integer_scaling(scaling: IntegerScaling) -> aws::HyperParameterScalingType {
    match scaling {
        IntegerScaling::Auto => aws::HyperParameterScalingType::Auto,
        IntegerScaling::Linear => aws::HyperParameterScalingType::Linear,
        IntegerScaling::Logarithmic => aws::HyperParameterScalingType::Logarithmic,
    }
}

fn parameter_ranges(ranges: &[SearchRange]) -> aws::ParameterRanges {
    let mut builder = aws::ParameterRanges::builder();
    for range in ranges {
        builder = match range {
            SearchRange::Continuous { name, min, max, scaling } => builder.continuous_parameter_ranges(
                aws::ContinuousParameterRange::builder()
                    .name(name)
                    .min_value(min)
                    .max_value(max)
                    .scaling_type(continuous_scaling(*scaling))
                    .build(),
            ),
            SearchRange::Integer { name, min, max, scaling } => builder.integer_parameter_ranges(
                aws::IntegerParameterRange::builder()
                    .name(name)
                    .min_value(min)
                    .max_value(max)
                    .scaling_type(integer_scaling(*scaling))
                    .build(),
            ),
            SearchRange::Categorical { name, values } => builder.categorical_parameter_ranges(
                aws::CategoricalParameterRange::builder().name(name).set_values(Some(values.clone())).build(),
            ),
            SearchRange::Auto { name, hint } => {
                builder.auto_parameters(aws::AutoParameter::builder().name(name).value_hint(hint).build())
            }
        };
    }
    builder.build()
}
