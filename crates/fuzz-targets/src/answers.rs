//! Answers of SageMaker and S3, through the SDK: no panic, and what comes of them fits the status.
//!
//! The first byte chooses the call, the second the HTTP status; the rest is the body.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use api::{Hyperparameters, ModelSelectionSpec, ModelSelectionStatus, RunState, RunStatus, TrainingJobCounts, bounds};
use aws_config::{BehaviorVersion, Region as AwsRegion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use decide::observation::{BestSoFar, JobStatus, TrainingFailure, TrainingResult, TuningJob};
use decide::problem::Problem;
use decide::run::{RunEvent, after};
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use sagemaker::{Account, Region, SageMaker, TuningError};

use crate::reconcile::recorded;
use crate::selection::{REGION, assert_accepted, spec};

/// The names in the seeds.
const JOB: &str = "bm-0-imagenet-mobile-261124-0424";
const TRAINING_JOB: &str = "bm-0-imagenet-mobile-261124-0424-002-1c7d90aa";
const ARN: &str =
    "arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/bm-0-imagenet-mobile-261124-0424";
/// The operator's pauses take a millisecond: they are for SageMaker.
const SCALE: f64 = 1e6;

thread_local!(static ANSWER: RefCell<(u16, Vec<u8>)> = const { RefCell::new((200, Vec::new())) });

/// Gives the present answer to every request.
#[derive(Debug)]
struct Fixed;

impl HttpConnector for Fixed {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = ANSWER.with_borrow(Clone::clone);
        let status = StatusCode::try_from(status).expect("one of the five below");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

fn ended(status: JobStatus) -> TuningJob {
    TuningJob {
        arn: ARN.to_owned(),
        status,
        failure_reason: None,
        training_jobs: TrainingJobCounts::default(),
        best: None,
        overall_best: None,
        ended: None,
        lasted: None,
    }
}

struct World {
    runtime: tokio::runtime::Runtime,
    region: Region,
    spec: ModelSelectionSpec,
}

impl World {
    fn new() -> Self {
        platform::clock::set_scale(SCALE);
        let credentials = Credentials::new("key", "secret", None, None, "fuzz");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(AwsRegion::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Fixed)))
            .build();
        let leadership = Leadership::default();
        leadership.always();
        let sagemaker = SageMaker::new(Account::from(config), None, Arc::new(Metrics::default()), leadership);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Self { runtime: runtime.expect("a runtime"), region: sagemaker.region(REGION), spec: spec() }
    }

    fn run(&self) -> RunStatus {
        RunStatus {
            candidate: self.spec.candidates[1].name.clone(),
            dataset: self.spec.datasets[0].name.clone(),
            state: RunState::Running,
            tuning_job_name: Some(JOB.to_owned()),
            ..RunStatus::default()
        }
    }

    /// What the status says of a run must be what the API server takes.
    fn fits(&self, run: RunStatus) {
        let written = recorded(&self.spec, ModelSelectionStatus::default(), vec![run], Vec::new());
        assert_accepted(&self.spec, &written);
    }

    fn described(&self, job: &TuningJob, result: Option<&TrainingResult>, failure: Option<&TrainingFailure>) {
        self.fits(after(self.run(), RunEvent::Described { job, result, failure, used: &BTreeSet::new() }));
    }

    fn with_result(&self, result: &TrainingResult) {
        let hyperparameters = Hyperparameters::default();
        let best = BestSoFar { training_job_name: TRAINING_JOB.to_owned(), hyperparameters };
        self.described(&TuningJob { best: Some(best), ..ended(JobStatus::Completed) }, Some(result), None);
    }

    /// What a person is told of an answer that is none.
    fn told(&self, error: &TuningError) {
        let text = error.explain();
        assert!(text.chars().count() <= bounds::MESSAGE, "{} characters", text.chars().count());
        assert_eq!(api::plain(&text), text, "the text could forge a line");
        let problem = Problem::new(error.class.reason(), text);
        self.fits(after(self.run(), RunEvent::NotCreated { problem: &problem, may_exist: true }));
    }

    /// Returns whether there is such a call.
    async fn call(&self, operation: u8) -> Result<bool, TuningError> {
        let Self { region, .. } = self;
        match operation {
            b'd' => self.described(&region.describe(JOB).await?, None, None),
            b't' => self.with_result(&region.training_result(TRAINING_JOB).await?),
            b'l' => drop(region.active_jobs("bm-", true).await?),
            b'g' => drop(region.tags(ARN).await?),
            b's' => region.stop(JOB).await?,
            b'w' => drop(region.jobs_with_tags(&[("a", "b")], "c", &["d".to_owned()]).await?),
            b'e' => {
                for ended in region.ended_jobs(&[JOB.to_owned(), "other".to_owned()]).await?.into_values() {
                    self.described(&ended.job, ended.result.as_ref().map(|(_, result)| result), None);
                }
            }
            b'c' => drop(region.ended_training_jobs(JOB, None).await?),
            b'f' => {
                let failure = region.failed_training_job(JOB).await?;
                self.described(&ended(JobStatus::Failed), None, failure.as_ref());
            }
            b'r' => {
                for (_, result) in region.search_training_results(ARN, None).await?.0 {
                    self.with_result(&result);
                }
            }
            b'h' => drop(region.hub_content("model", None).await?),
            b'H' => drop(region.hub_contents().await?),
            b'v' => drop(region.hub_versions("model").await?),
            b'j' => drop(region.jumpstart_file("models_manifest.json").await?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Runs the target; returns whether there is such a call and HTTP status.
///
/// # Panics
/// If what comes of the answer fits neither a status nor a line.
pub fn run(data: &[u8]) -> bool {
    thread_local!(static WORLD: World = World::new());
    let [operation, status, body @ ..] = data else { return false };
    let status = match status {
        b'2' => 200,
        b'3' => 503,
        b'4' => 400,
        b'5' => 500,
        b'9' => 429,
        _ => return false,
    };
    ANSWER.set((status, body.to_vec()));
    WORLD.with(|world| match world.runtime.block_on(world.call(*operation)) {
        Ok(is_known) => is_known,
        Err(error) => {
            world.told(&error);
            true
        }
    })
}
