//! From our words to SageMaker's: pure, so that snapshots can show what is sent.

use aws_sdk_sagemaker::error::BuildError;
use aws_sdk_sagemaker::operation::create_hyper_parameter_tuning_job::CreateHyperParameterTuningJobInput;
use aws_sdk_sagemaker::types as aws;

use super::{InputChannel, JobRequest, SearchRange};
use crate::api::{EarlyStopping, Goal, InputMode, Strategy};

/// The request for `CreateHyperParameterTuningJob`.
///
/// `ResourceConfig` rather than the newer `HyperParameterTuningResourceConfig`: every release of the Python SDK can
/// attach to the former, only newer ones to the latter.
pub(super) fn create(job: &JobRequest) -> Result<CreateHyperParameterTuningJobInput, BuildError> {
    let JobRequest {
        name,
        tags,
        role_arn,
        image,
        input_mode,
        channels,
        hyperparameters,
        metric_definitions,
        objective,
        strategy,
        hyperband,
        early_stopping,
        random_seed,
        max_training_jobs,
        max_parallel_training_jobs,
        tuning_runtime_seconds,
        ranges,
        instance_type,
        instance_count,
        volume_size_gb,
        max_runtime_seconds,
        output_s3_uri,
        network_isolation,
        encrypt_traffic,
        environment,
    } = job;
    let config = aws::HyperParameterTuningJobConfig::builder()
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
                .set_max_number_of_training_jobs(*max_training_jobs)
                .max_parallel_training_jobs(*max_parallel_training_jobs)
                .set_max_runtime_in_seconds(*tuning_runtime_seconds)
                .build(),
        )
        .parameter_ranges(parameter_ranges(ranges))
        .training_job_early_stopping_type(match early_stopping {
            EarlyStopping::Off => aws::TrainingJobEarlyStoppingType::Off,
            EarlyStopping::Auto => aws::TrainingJobEarlyStoppingType::Auto,
        })
        .set_random_seed(*random_seed)
        .build();
    let algorithm = metric_definitions.iter().fold(
        aws::HyperParameterAlgorithmSpecification::builder()
            .training_image(image)
            .training_input_mode(mode(*input_mode)),
        |algorithm, (name, regex)| {
            algorithm.metric_definitions(aws::MetricDefinition::builder().name(name).regex(regex).build())
        },
    );
    let definition = aws::HyperParameterTrainingJobDefinition::builder()
        .set_static_hyper_parameters(
            (!hyperparameters.is_empty()).then(|| hyperparameters.clone().into_iter().collect()),
        )
        .algorithm_specification(algorithm.build())
        .role_arn(role_arn)
        .set_input_data_config((!channels.is_empty()).then(|| channels.iter().map(channel).collect()))
        .output_data_config(aws::OutputDataConfig::builder().s3_output_path(output_s3_uri).build())
        .resource_config(
            aws::ResourceConfig::builder()
                .instance_type(aws::TrainingInstanceType::from(instance_type.as_str()))
                .instance_count(*instance_count)
                .volume_size_in_gb(*volume_size_gb)
                .build(),
        )
        .stopping_condition(aws::StoppingCondition::builder().max_runtime_in_seconds(*max_runtime_seconds).build())
        .set_enable_network_isolation(network_isolation.then_some(true))
        .set_enable_inter_container_traffic_encryption(encrypt_traffic.then_some(true))
        .set_environment((!environment.is_empty()).then(|| environment.clone().into_iter().collect()));
    CreateHyperParameterTuningJobInput::builder()
        .hyper_parameter_tuning_job_name(name)
        .hyper_parameter_tuning_job_config(config)
        .training_job_definition(definition.build())
        .set_tags(Some(tags.iter().map(|(key, value)| aws::Tag::builder().key(key).value(value).build()).collect()))
        .build()
}

fn channel(channel: &InputChannel) -> aws::Channel {
    let source = aws::S3DataSource::builder()
        .s3_data_type(aws::S3DataType::S3Prefix)
        .s3_uri(&channel.s3_uri)
        .s3_data_distribution_type(aws::S3DataDistribution::FullyReplicated)
        .set_model_access_config(
            channel.accept_eula.then(|| aws::ModelAccessConfig::builder().accept_eula(true).build()),
        );
    aws::Channel::builder()
        .channel_name(&channel.name)
        .data_source(aws::DataSource::builder().s3_data_source(source.build()).build())
        .set_content_type(channel.content_type.clone())
        .set_input_mode(channel.input_mode.map(mode))
        .build()
}

fn mode(mode: InputMode) -> aws::TrainingInputMode {
    match mode {
        InputMode::File => aws::TrainingInputMode::File,
        InputMode::FastFile => aws::TrainingInputMode::Fastfile,
        InputMode::Pipe => aws::TrainingInputMode::Pipe,
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
                    .scaling_type(aws::HyperParameterScalingType::from(*scaling))
                    .build(),
            ),
            SearchRange::Integer { name, min, max, scaling } => builder.integer_parameter_ranges(
                aws::IntegerParameterRange::builder()
                    .name(name)
                    .min_value(min)
                    .max_value(max)
                    .scaling_type(aws::HyperParameterScalingType::from(*scaling))
                    .build(),
            ),
            SearchRange::Categorical { name, values } => builder.categorical_parameter_ranges(
                aws::CategoricalParameterRange::builder().name(name).set_values(Some(values.clone())).build(),
            ),
        };
    }
    builder.build()
}
