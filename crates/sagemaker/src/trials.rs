//! All training jobs of a tuning job, a page at a time: a page is one call, and who asks may stop in between.

use aws_sdk_sagemaker::types as aws;

use super::limiter::Operation;
use super::sagemaker::Region;
use super::{TuningError, response};
use api::Hyperparameters;
use decide::observation::TrainingResult;

/// Training jobs by name, and the token of the next page.
pub type Page<T> = (Vec<(String, T)>, Option<String>);

impl Region {
    /// The training jobs of a tuning job that completed, with what the search chose for each: all of them, once the tuning
    /// job has ended.
    pub async fn completed_training_jobs(
        &self,
        tuning_job: &str,
        token: Option<String>,
    ) -> Result<Page<Hyperparameters>, TuningError> {
        let page = self
            .call(Operation::ListTrainingJobsForHyperParameterTuningJob, || {
                self.client()
                    .list_training_jobs_for_hyper_parameter_tuning_job()
                    .hyper_parameter_tuning_job_name(tuning_job)
                    .status_equals(aws::TrainingJobStatus::Completed)
                    .max_results(100)
                    .set_next_token(token)
                    .send()
            })
            .await?;
        let named = page.training_job_summaries.unwrap_or_default().into_iter().filter_map(|summary| {
            let chosen = summary.tuned_hyper_parameters.unwrap_or_default();
            Some((summary.training_job_name?, chosen.into_iter().collect()))
        });
        Ok((named.collect(), page.next_token))
    }

    /// What `Search` knows of the completed training jobs of a tuning job, a hundred a call. An index that lags behind: jobs
    /// may be missing, or still without their metrics.
    pub async fn search_training_results(
        &self,
        tuning_job_arn: &str,
        token: Option<String>,
    ) -> Result<Page<TrainingResult>, TuningError> {
        let equals = |name: &str, value: &str| {
            aws::Filter::builder().name(name).operator(aws::Operator::Equals).value(value).build()
        };
        let expression = aws::SearchExpression::builder()
            .filters(equals("TuningJobArn", tuning_job_arn))
            .filters(equals("TrainingJobStatus", "Completed"))
            .build();
        let page = self
            .call(Operation::Search, || {
                self.client()
                    .search()
                    .resource(aws::ResourceType::TrainingJob)
                    .search_expression(expression)
                    .sort_by("CreationTime")
                    .sort_order(aws::SearchSortOrder::Ascending)
                    .max_results(100)
                    .set_next_token(token)
                    .send()
            })
            .await?;
        let found = page.results.unwrap_or_default().into_iter().filter_map(|record| {
            let record = record.training_job?;
            Some((record.training_job_name.clone()?, response::searched_result(record)))
        });
        Ok((found.collect(), page.next_token))
    }
}
