//! SageMaker, called through the AWS SDK. Every call passes the rate limiter of its region and is counted.
//!
//! The SDK does not retry: a retry inside the SDK would hide throttling from the rate limiter, could block a reconcile
//! for minutes, and would not be counted. The reconcile loop retries.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::config::retry::RetryConfig;
use aws_sdk_sagemaker::config::timeout::TimeoutConfig;
use aws_sdk_sagemaker::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sagemaker::types as aws;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;
use tracing::Instrument as _;

use super::account::Account;
use super::pages::read_all;
use super::rate_limiter::{Limits, Operation};
use super::regions::Regions;
use super::timeouts::{CALL_TIMEOUT, CONNECT_TIMEOUT};
use super::{Class, JobRequest, TuningError, request, response, span};
use api::TrainingJobCounts;
use decide::observation::{JobStatus, TrainingResult, TuningJob};
use platform::clock;
use platform::leadership::Leadership;
use platform::metrics::Metrics;

/// Longest wait of a call for the rate limiter before it fails as throttled.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// SageMaker in all regions, with one set of credentials: one account.
#[derive(Clone)]
pub struct SageMaker {
    account: Arc<Account>,
    endpoint: Option<String>,
    default_region: Option<String>,
    metrics: Arc<Metrics>,
    leadership: Leadership,
    regions: Regions<Region>,
}

/// SageMaker in one region. Cheap to clone.
#[derive(Clone)]
pub struct Region {
    name: Arc<str>,
    client: Client,
    pub(super) s3: aws_sdk_s3::Client,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    leadership: Leadership,
}

/// A running job in the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveJob {
    /// In progress or stopping.
    pub status: JobStatus,
    /// Its training jobs, by state.
    pub training_jobs: TrainingJobCounts,
    /// When it was created.
    pub created: Option<Timestamp>,
}

impl SageMaker {
    /// SageMaker with the credentials of `account`, at `endpoint` if that is given. Calls are refused while this
    /// process does not lead.
    pub fn new(account: Account, endpoint: Option<String>, metrics: Arc<Metrics>, leadership: Leadership) -> Self {
        // An empty variable counts as not set.
        let default_region = account.0.region().map(ToString::to_string).filter(|region| !region.is_empty());
        Self { account: Arc::new(account), endpoint, default_region, metrics, leadership, regions: Regions::default() }
    }

    /// The region of selections without `region`.
    pub fn default_region(&self) -> Option<&str> {
        self.default_region.as_deref()
    }

    /// SageMaker in the region `name`.
    pub fn region(&self, name: &str) -> Region {
        self.regions.get(name, clock::steady(), Region::is_held, |name| self.connect(name))
    }

    fn connect(&self, name: &str) -> Region {
        let builder = aws_sdk_sagemaker::config::Builder::from(&self.account.0);
        let builder = match &self.endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        let config = builder
            .region(aws_sdk_sagemaker::config::Region::new(name.to_owned()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build(),
            )
            .build();
        Region {
            name: name.into(),
            client: Client::from_conf(config),
            s3: super::s3::client(&self.account.0, name),
            limits: Arc::default(),
            metrics: self.metrics.clone(),
            leadership: self.leadership.clone(),
        }
    }
}

impl Region {
    /// The name of the region.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current rate at which calls of an operation are sent, in calls per second.
    pub fn rate(&self, operation: Operation) -> f64 {
        self.limits.rate(operation, clock::steady())
    }

    /// Whether somebody works with it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.limits) > 1
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Creates a tuning job and returns its ARN. `Class::Exists` if the name is taken, which is also the result of a
    /// repeated call whose first response was lost.
    pub async fn create(&self, job: &JobRequest) -> Result<String, TuningError> {
        let operation = Operation::CreateHyperParameterTuningJob;
        let create = request::call(&self.client, job);
        let create = create.map_err(|error| not_sent(operation, Class::Invalid, error.to_string()))?;
        let output = self.call(operation, || create.send()).await?;
        // A response without the job's ARN counts as none: the job may or may not have been created.
        let arn = output.hyper_parameter_tuning_job_arn.unwrap_or_default();
        if response::is_of(&arn, &job.name) { Ok(arn) } else { Err(not_an_answer(operation, &job.name)) }
    }

    /// The tuning job of that name.
    pub async fn describe(&self, name: &str) -> Result<TuningJob, TuningError> {
        let operation = Operation::DescribeHyperParameterTuningJob;
        let describe =
            || self.client.describe_hyper_parameter_tuning_job().hyper_parameter_tuning_job_name(name).send();
        let output = self.call(operation, describe).await?;
        response::tuning_job(name, output).ok_or_else(|| not_an_answer(operation, name))
    }

    /// The metrics of the training job of that name.
    pub async fn training_result(&self, name: &str) -> Result<TrainingResult, TuningError> {
        let operation = Operation::DescribeTrainingJob;
        let output =
            self.call(operation, || self.client.describe_training_job().training_job_name(name).send()).await?;
        response::training_result(name, output).ok_or_else(|| not_an_answer(operation, name))
    }

    /// All running jobs of the operator, with `stopping` including those that are being stopped.
    ///
    /// Filtered by name and status only: with a filter on the time of the last change, SageMaker returns long sequences
    /// of empty pages (public reports). An empty page with a token is not the last one.
    pub async fn active_jobs(&self, prefix: &str, stopping: bool) -> Result<HashMap<String, ActiveJob>, TuningError> {
        let mut jobs = HashMap::new();
        let mut statuses = vec![aws::HyperParameterTuningJobStatus::InProgress];
        if stopping {
            statuses.push(aws::HyperParameterTuningJobStatus::Stopping);
        }
        for status in &statuses {
            let operation = Operation::ListHyperParameterTuningJobs;
            let running = read_all(operation, |token| async move {
                let page = self
                    .call(operation, || {
                        self.client
                            .list_hyper_parameter_tuning_jobs()
                            .name_contains(prefix)
                            .status_equals(status.clone())
                            .max_results(100)
                            .set_next_token(token)
                            .send()
                    })
                    .await?;
                let jobs =
                    page.hyper_parameter_tuning_job_summaries.unwrap_or_default().into_iter().filter_map(|job| {
                        let active = ActiveJob {
                            status: response::status(job.hyper_parameter_tuning_job_status.as_ref()),
                            training_jobs: response::counts(job.training_job_status_counters.as_ref()),
                            created: job.creation_time.and_then(response::timestamp),
                        };
                        Some((job.hyper_parameter_tuning_job_name?, active))
                    });
                Ok((jobs.collect(), page.next_token))
            });
            jobs.extend(running.await?);
        }
        Ok(jobs)
    }

    /// Makes the smallest possible call, to check identity, permission and network.
    pub async fn answers(&self) -> Result<(), TuningError> {
        let ask = || self.client.list_hyper_parameter_tuning_jobs().max_results(1).send();
        self.call(Operation::ListHyperParameterTuningJobs, ask).await.map(drop)
    }

    /// Stops a tuning job. A job that has ended is refused as [`Class::Ended`] or as [`Class::Invalid`]: the message is
    /// undocumented.
    pub async fn stop(&self, name: &str) -> Result<(), TuningError> {
        let stop = || self.client.stop_hyper_parameter_tuning_job().hyper_parameter_tuning_job_name(name).send();
        self.call(Operation::StopHyperParameterTuningJob, stop).await.map(drop)
    }

    /// The tags of a resource.
    pub async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, TuningError> {
        read_all(Operation::ListTags, |token| async move {
            let ask = || self.client.list_tags().resource_arn(arn).max_results(100).set_next_token(token).send();
            let page = self.call(Operation::ListTags, ask).await?;
            let tags = page.tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?)));
            Ok((tags.collect(), page.next_token))
        })
        .await
    }

    /// Makes one call: waits for the rate limiter, measures, counts and classifies the call, and reports its result to
    /// the rate limiter.
    pub(super) async fn call<T, E, F>(&self, operation: Operation, send: impl FnOnce() -> F) -> Result<T, TuningError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let taken = clock::steady();
        let wait = self.limits.take(operation, taken, MAX_WAIT).map_err(|_| {
            // Without the waiting time: a status that contains it would be written again and again.
            let why = "not sent: the wait for the rate limiter would be too long, because SageMaker throttles it";
            not_sent(operation, Class::Throttled, why.to_owned())
        })?;
        clock::sleep(wait).await;
        self.leadership.check().map_err(|error| not_sent(operation, Class::Transient, error.to_string()))?;
        let span = span::of(operation, &self.name);
        let started = clock::steady();
        let result = Box::pin(send()).instrument(span.clone()).await.map_err(|error| {
            let error = classify(operation.as_str(), &error);
            TuningError { class: ended_or(operation, &error), ..error }
        });
        let now = clock::steady();
        let class = result.as_ref().err().map(|error| error.class);
        let rate = self.limits.note(operation, class, taken, now);
        let (outcome, seconds) = (class.map_or("ok", Class::as_str), now.duration_since(started).as_secs_f64());
        self.metrics.sagemaker_call(&self.name, operation.as_str(), outcome, seconds, rate);
        match class {
            Some(Class::Credentials) => self.metrics.set_credentials_rejected(true),
            // They say nothing about the credentials.
            Some(Class::Transient | Class::Throttled | Class::Clock) => {}
            _ => self.metrics.set_credentials_rejected(false),
        }
        span::end(&span, result.as_ref().err().filter(|error| error.class != Class::Ended));
        result
    }
}

pub(super) fn classify<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> TuningError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.code().map(str::to_owned);
    let (class, message) = match error {
        SdkError::ServiceError(_) => {
            let message = error.message().unwrap_or("no message").to_owned();
            (Class::of(code.as_deref(), &message, status), message)
        }
        _ => {
            let all = DisplayErrorContext(error).to_string();
            // Missing credentials show up as a request that could not be dispatched.
            let credentials = status.is_none() && all.to_ascii_lowercase().contains("credential");
            let class = if credentials { Class::Credentials } else { Class::of(None, &all, status) };
            let unreachable = status.is_none() && !credentials && !matches!(error, SdkError::ConstructionFailure(_));
            (class, if unreachable { unreachable_because(operation, error) } else { brief(&all) })
        }
    };
    TuningError { class, operation, code, message }
}

/// The causes of a call without a response, from the SDK's message to that of the operating system, each once.
fn unreachable_because<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + 'static,
{
    let mut causes: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        let text = brief(&cause.to_string());
        if !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    let causes = causes.join(": ");
    let is_s3 = operation.starts_with("s3:");
    let (service, variable) =
        if is_s3 { ("S3", "AWS_ENDPOINT_URL_S3") } else { ("SageMaker", "AWS_ENDPOINT_URL_SAGEMAKER") };
    format!("{service} cannot be reached ({causes}); check the network, DNS and {variable}")
}

/// The message without the debug dump that the SDK appends to it.
fn brief(message: &str) -> String {
    let sentence = message.split(" (").next().unwrap_or(message);
    api::clip(sentence, 300)
}

/// The class of a refused stop. Of the message for an ended job, only the word `already` is certain.
fn ended_or(operation: Operation, error: &TuningError) -> Class {
    let ended = operation == Operation::StopHyperParameterTuningJob && error.message.contains("already");
    if ended && error.class == Class::Invalid { Class::Ended } else { error.class }
}

/// The fault for a response that lacks the requested data, or that is about something else, for example because of a
/// proxy or a cache.
fn not_an_answer(operation: Operation, name: &str) -> TuningError {
    not_sent(operation, Class::Transient, format!("the response is not about '{name}'"))
}

fn not_sent(operation: Operation, class: Class, message: String) -> TuningError {
    TuningError { class, operation: operation.as_str(), code: None, message }
}
