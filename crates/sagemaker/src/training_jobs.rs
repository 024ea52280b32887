//! All training jobs of a tuning job, a page at a time: a page is one call, and who asks may stop in between.

use aws_sdk_sagemaker::types as aws;

use super::rate_limiter::Operation;
use super::sagemaker::Region;
use super::{TuningError, response};
use api::Hyperparameters;
use decide::observation::{TrainingFailure, TrainingResult};

/// A training job that has ended, as the list shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedTrainingJob {
    /// What the search chose.
    pub hyperparameters: Hyperparameters,
    /// Whether it completed; else it was stopped.
    pub completed: bool,
}

/// Whether a training job of that status may have a result.
fn has_result(status: &aws::TrainingJobStatus) -> bool {
    matches!(status, aws::TrainingJobStatus::Completed | aws::TrainingJobStatus::Stopped)
}

/// Training jobs by name, and the token of the next page.
pub type Page<T> = (Vec<(String, T)>, Option<String>);

impl Region {
    /// The training jobs of a tuning job that may have a result, with what the search chose for each: those that completed,
    /// and those that were stopped, at their limit say. All of them, once the tuning job has ended.
    pub async fn ended_training_jobs(
        &self,
        tuning_job: &str,
        token: Option<String>,
    ) -> Result<Page<EndedTrainingJob>, TuningError> {
        let page = self
            .call(Operation::ListTrainingJobsForHyperParameterTuningJob, || {
                self.client()
                    .list_training_jobs_for_hyper_parameter_tuning_job()
                    .hyper_parameter_tuning_job_name(tuning_job)
                    .max_results(100)
                    .set_next_token(token)
                    .send()
            })
            .await?;
        let named = page.training_job_summaries.unwrap_or_default().into_iter().filter_map(|summary| {
            let status = summary.training_job_status.filter(has_result)?;
            Some((
                summary.training_job_name?,
                EndedTrainingJob {
                    hyperparameters: summary.tuned_hyper_parameters.unwrap_or_default().into_iter().collect(),
                    completed: status == aws::TrainingJobStatus::Completed,
                },
            ))
        });
        Ok((named.collect(), page.next_token))
    }

    /// A training job of a tuning job that failed, with the reason; `None` when none has failed, or none gives a reason.
    pub async fn failed_training_job(&self, tuning_job: &str) -> Result<Option<TrainingFailure>, TuningError> {
        let page = self
            .call(Operation::ListTrainingJobsForHyperParameterTuningJob, || {
                self.client()
                    .list_training_jobs_for_hyper_parameter_tuning_job()
                    .hyper_parameter_tuning_job_name(tuning_job)
                    .status_equals(aws::TrainingJobStatus::Failed)
                    .max_results(10)
                    .send()
            })
            .await?;
        let mut failed = page.training_job_summaries.unwrap_or_default().into_iter().filter_map(|summary| {
            Some(TrainingFailure { training_job_name: summary.training_job_name?, reason: summary.failure_reason? })
        });
        Ok(failed.next())
    }

    /// What `Search` knows of the training jobs of a tuning job, a hundred a call. An index that lags behind: jobs
    /// may be missing, or still without their metrics.
    pub async fn search_training_results(
        &self,
        tuning_job_arn: &str,
        token: Option<String>,
    ) -> Result<Page<TrainingResult>, TuningError> {
        let equals = |name: &str, value: &str| {
            aws::Filter::builder().name(name).operator(aws::Operator::Equals).value(value).build()
        };
        let expression = aws::SearchExpression::builder().filters(equals("TuningJobArn", tuning_job_arn)).build();
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
