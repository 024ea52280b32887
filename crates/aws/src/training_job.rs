//! Whether a training job has ended.

use aws_sdk_sagemaker::types::TrainingJobStatus;

use crate::account::Account;
use crate::error::{AwsError, of};

impl Account {
    /// Whether a training job has ended.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn has_ended(&self, training_job: &str) -> Result<bool, AwsError> {
        let describe = aws_sdk_sagemaker::Client::new(&self.config).describe_training_job();
        let asked = describe.training_job_name(training_job).send().await;
        let answer = asked.map_err(|error| of("sagemaker:DescribeTrainingJob", &error))?;
        let ended = [TrainingJobStatus::Completed, TrainingJobStatus::Failed, TrainingJobStatus::Stopped];
        Ok(answer.training_job_status.is_some_and(|status| ended.contains(&status)))
    }
}
