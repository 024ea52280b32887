//! All training jobs of a tuning job, one page at a time: each page is one call, so that the caller can stop in
//! between.

use aws_sdk_sagemaker::types as aws;

use super::rate_limiter::Operation;
use super::sagemaker::Region;
use super::{TuningError, response};
use api::Hyperparameters;
use decide::observation::{TrainingFailure, TrainingResult};

/// An ended training job in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedTrainingJob {
    /// The hyperparameters that the search chose.
    pub hyperparameters: Hyperparameters,
    /// Whether it completed; otherwise it was stopped.
    pub completed: bool,
}

/// Whether a training job of that status may have a result.
fn has_result(status: &aws::TrainingJobStatus) -> bool {
    matches!(status, aws::TrainingJobStatus::Completed | aws::TrainingJobStatus::Stopped)
}

/// Training jobs by name, and the token of the next page.
pub type Page<T> = (Vec<(String, T)>, Option<String>);

impl Region {
    /// The training jobs of a tuning job that may have a result, with the hyperparameters that the search chose: those
    /// that completed, and those that were stopped, for example at their time limit. Complete once the tuning job has
    /// ended.
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

    /// A failed training job of a tuning job, with the reason; `None` if none has failed, or none has a reason.
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

    /// The training jobs of a tuning job from `Search`, a hundred per call. The index lags behind: jobs may be missing,
    /// or have no metrics yet.
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
