//! Tuning jobs with their tags: by a search, and by the listing of those that run.

use aws_sdk_sagemaker::types as aws;

use super::pages::read_all;
use super::rate_limiter::Operation;
use super::sagemaker::Region;
use super::{TuningError, response};
use decide::incarnation::TaggedJob;
use decide::observation::JobStatus;

/// Jobs of which the tags are read one by one, at most.
const ONE_BY_ONE: usize = 100;

impl Region {
    /// The tuning jobs that carry all of `wanted`, newest job first. Search is an index that lags behind: good for what is
    /// long past, not for what was just created.
    pub async fn jobs_with_tags(&self, wanted: &[(&str, String)]) -> Result<Vec<TaggedJob>, TuningError> {
        let filters: Vec<aws::Filter> = wanted
            .iter()
            .map(|(key, value)| {
                let equals = aws::Filter::builder().name(format!("Tags.{key}")).operator(aws::Operator::Equals);
                equals.value(value).build()
            })
            .collect();
        let expression = &aws::SearchExpression::builder().set_filters(Some(filters)).build();
        read_all(Operation::Search, |token| async move {
            let page = self
                .call(Operation::Search, || {
                    self.client()
                        .search()
                        .resource(aws::ResourceType::HyperParameterTuningJob)
                        .search_expression(expression.clone())
                        .sort_by("CreationTime")
                        .sort_order(aws::SearchSortOrder::Descending)
                        .max_results(100)
                        .set_next_token(token)
                        .send()
                })
                .await?;
            let jobs = page.results.unwrap_or_default().into_iter().filter_map(|record| {
                let job = record.hyper_parameter_tuning_job?;
                Some(TaggedJob {
                    name: job.hyper_parameter_tuning_job_name?,
                    arn: job.hyper_parameter_tuning_job_arn.unwrap_or_default(),
                    status: response::status(job.hyper_parameter_tuning_job_status.as_ref()),
                    tags: job.tags?.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
                })
            });
            Ok((jobs.collect(), page.next_token))
        })
        .await
    }

    /// The running tuning jobs whose names begin with `prefix`, but those in `known`, with their tags: one call for each. The
    /// listing shows new jobs before the search does.
    pub async fn running_with_tags(&self, prefix: &str, known: &[TaggedJob]) -> Result<Vec<TaggedJob>, TuningError> {
        let operation = Operation::ListHyperParameterTuningJobs;
        let listed = read_all(operation, |token| async move {
            let page = self
                .call(operation, || {
                    self.client()
                        .list_hyper_parameter_tuning_jobs()
                        .name_contains(prefix)
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
        let unknown = |name: &String| name.starts_with(prefix) && known.iter().all(|job| job.name != *name);
        for (name, arn) in listed.await?.into_iter().filter(|(name, _)| unknown(name)).take(ONE_BY_ONE) {
            let tags = self.tags(&arn).await?;
            running.push(TaggedJob { name, arn, status: JobStatus::InProgress, tags });
        }
        Ok(running)
    }
}
