//! Running tuning jobs with their tags, found in the listing.

use aws_sdk_sagemaker::types as aws;

use super::TuningError;
use super::pages::read_all;
use super::rate_limiter::Operation;
use super::sagemaker::Region;
use decide::incarnation::TaggedJob;
use decide::observation::JobStatus;

impl Region {
    /// The running tuning jobs whose names contain `part`: name and ARN.
    pub async fn running_jobs(&self, part: &str) -> Result<Vec<(String, String)>, TuningError> {
        let operation = Operation::ListHyperParameterTuningJobs;
        read_all(operation, |token| async move {
            let page = self
                .call(operation, || {
                    self.client()
                        .list_hyper_parameter_tuning_jobs()
                        .name_contains(part)
                        .status_equals(aws::HyperParameterTuningJobStatus::InProgress)
                        .max_results(100)
                        .set_next_token(token)
                        .send()
                })
                .await?;
            let jobs = page.hyper_parameter_tuning_job_summaries.unwrap_or_default().into_iter();
            let jobs = jobs
                .filter_map(|job| Some((job.hyper_parameter_tuning_job_name?, job.hyper_parameter_tuning_job_arn?)));
            Ok((jobs.collect(), page.next_token))
        })
        .await
    }

    /// Those running jobs with their tags: one call for each.
    pub async fn with_tags(&self, running: Vec<(String, String)>) -> Result<Vec<TaggedJob>, TuningError> {
        let mut tagged = Vec::new();
        for (name, arn) in running {
            let tags = self.tags(&arn).await?;
            tagged.push(TaggedJob { name, arn, status: JobStatus::InProgress, tags });
        }
        Ok(tagged)
    }
}
