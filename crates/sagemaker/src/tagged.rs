//! Running tuning jobs with their tags, found in the listing.

use aws_sdk_sagemaker::types as aws;

use super::TuningError;
use super::pages::read_all;
use super::rate_limiter::Operation;
use super::sagemaker::Region;
use decide::incarnation::TaggedJob;
use decide::job_name::JOB_NAME_PREFIX;
use decide::observation::JobStatus;

/// Most jobs whose tags are read one by one.
const ONE_BY_ONE: usize = 100;

impl Region {
    /// The running tuning jobs whose names begin with one of `beginnings`, except the known ones, with their tags: one
    /// call for each. The listing shows new jobs before the search does.
    pub async fn running_with_tags(
        &self,
        beginnings: &[String],
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Vec<TaggedJob>, TuningError> {
        let operation = Operation::ListHyperParameterTuningJobs;
        let contains = if let [only] = beginnings { only } else { JOB_NAME_PREFIX };
        let listed = read_all(operation, |token| async move {
            let page = self
                .call(operation, || {
                    self.client()
                        .list_hyper_parameter_tuning_jobs()
                        .name_contains(contains)
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
        });
        let mut running = Vec::new();
        let unknown = |name: &str| beginnings.iter().any(|beginning| name.starts_with(beginning)) && !is_known(name);
        for (name, arn) in listed.await?.into_iter().filter(|(name, _)| unknown(name)).take(ONE_BY_ONE) {
            let tags = self.tags(&arn).await?;
            running.push(TaggedJob { name, arn, status: JobStatus::InProgress, tags });
        }
        Ok(running)
    }
}
