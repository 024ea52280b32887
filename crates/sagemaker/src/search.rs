//! Tuning jobs from `Search`: a hundred in one call, and their results in another call. The index lags behind, so it is
//! used for old jobs, and for ended jobs, which do not change any more.

use std::collections::HashMap;

use aws_sdk_sagemaker::types as aws;

use super::pages::read_all;
use super::rate_limiter::Operation;
use super::sagemaker::Region;
use super::{TuningError, response};
use decide::incarnation::TaggedJob;
use decide::observation::{JobStatus, TrainingResult, TuningJob};

/// Most names in one search: an expression has at most 50 conditions, and a condition at most 31 names.
const NAMES: usize = 1_000;
/// Longest value of a condition in characters, and most conditions in a list.
const VALUE: usize = 1_024;
const CONDITIONS: usize = 20;

/// A tuning job that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedJob {
    /// The job.
    pub job: TuningJob,
    /// The name and the result of its best training job, if they were found and agree with the job.
    pub result: Option<(String, TrainingResult)>,
}

impl Region {
    /// The tuning jobs that carry all of `tags`, and one of `values` for the tag `key`; newest job first.
    pub async fn jobs_with_tags(
        &self,
        tags: &[(&str, &str)],
        key: &str,
        values: &[String],
    ) -> Result<Vec<TaggedJob>, TuningError> {
        let tag = |key: &str| format!("Tags.{key}");
        let equals = |(key, value): (&str, &str)| filter(&tag(key), aws::Operator::Equals, value);
        let filters = tags.iter().copied().map(equals);
        let expression = match values {
            [value] => {
                aws::SearchExpression::builder().set_filters(Some(filters.chain([equals((key, value))]).collect()))
            }
            values => aws::SearchExpression::builder()
                .set_filters(Some(filters.collect()))
                .sub_expressions(one_of(&tag(key), values)),
        };
        let expression = expression.build();
        let records = self.search(aws::ResourceType::HyperParameterTuningJob, expression).await?;
        let jobs = records.into_iter().filter_map(|record| {
            let job = record.hyper_parameter_tuning_job?;
            Some(TaggedJob {
                name: job.hyper_parameter_tuning_job_name?,
                arn: job.hyper_parameter_tuning_job_arn.unwrap_or_default(),
                status: response::status(job.hyper_parameter_tuning_job_status.as_ref()),
                tags: job.tags?.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
            })
        });
        Ok(jobs.collect())
    }

    /// Those of the tuning jobs that have ended, by name. Others may have ended too, and not be visible yet.
    pub async fn ended_jobs(&self, names: &[String]) -> Result<HashMap<String, EndedJob>, TuningError> {
        let mut jobs = HashMap::new();
        let mut chosen = HashMap::new();
        for names in names.chunks(NAMES) {
            let expression = aws::SearchExpression::builder()
                .filters(filter("HyperParameterTuningJobStatus", aws::Operator::NotEquals, "InProgress"))
                .sub_expressions(one_of("HyperParameterTuningJobName", names))
                .build();
            for record in self.search(aws::ResourceType::HyperParameterTuningJob, expression).await? {
                let Some(mut record) = record.hyper_parameter_tuning_job else { continue };
                let Some(name) = record.hyper_parameter_tuning_job_name.take() else { continue };
                if let Some(best) = record.best_training_job.clone() {
                    chosen.extend(best.training_job_name.clone().map(|name| (name, best)));
                }
                let job = response::searched_job(record);
                if job.status.ended() {
                    jobs.insert(name, EndedJob { job, result: None });
                }
            }
        }
        // For a single job, a Describe costs the same.
        if jobs.values().filter(|ended| ended.succeeded()).count() > 1 {
            self.add_results(&mut jobs, &chosen).await?;
        }
        Ok(jobs)
    }

    /// Adds the results of the best training jobs, if they are visible and have the value that made them the best.
    async fn add_results(
        &self,
        jobs: &mut HashMap<String, EndedJob>,
        chosen: &HashMap<String, aws::HyperParameterTrainingJobSummary>,
    ) -> Result<(), TuningError> {
        let wanted = jobs.values().filter(|ended| ended.succeeded());
        let wanted: Vec<String> =
            wanted.filter_map(|ended| Some(ended.job.best.as_ref()?.training_job_name.clone())).collect();
        let mut results = HashMap::new();
        // A page has at most a hundred, so that searching for more at once saves no call.
        for names in wanted.chunks(100) {
            let named = one_of("TrainingJobName", names);
            for record in self.search(aws::ResourceType::TrainingJob, named).await? {
                let Some(job) = record.training_job else { continue };
                let Some(name) = job.training_job_name.clone() else { continue };
                if chosen.get(&name).is_some_and(|best| agree(best, &job)) {
                    results.insert(name, response::searched_result(job));
                }
            }
        }
        for ended in jobs.values_mut() {
            let best = ended.job.best.as_ref();
            ended.result = best.and_then(|best| results.remove_entry(&best.training_job_name));
        }
        Ok(())
    }

    async fn search(
        &self,
        resource: aws::ResourceType,
        expression: aws::SearchExpression,
    ) -> Result<Vec<aws::SearchRecord>, TuningError> {
        let (resource, expression) = (&resource, &expression);
        read_all(Operation::Search, |token| async move {
            let page = self
                .call(Operation::Search, || {
                    self.client()
                        .search()
                        .resource(resource.clone())
                        .search_expression(expression.clone())
                        .sort_by("CreationTime")
                        .sort_order(aws::SearchSortOrder::Descending)
                        .max_results(100)
                        .set_next_token(token)
                        .send()
                })
                .await?;
            Ok((page.results.unwrap_or_default(), page.next_token))
        })
        .await
    }
}

impl EndedJob {
    /// Whether it ended with a best training job. A failure, a stop or an end without one needs a Describe.
    pub fn succeeded(&self) -> bool {
        self.job.status == JobStatus::Completed && self.job.best.is_some()
    }
}

/// Whether the record of a training job has the value that made it the best one: the index may have a record without
/// the last metrics.
fn agree(best: &aws::HyperParameterTrainingJobSummary, job: &aws::TrainingJob) -> bool {
    use aws::TrainingJobStatus::{Completed, Stopped};
    let objective = best.final_hyper_parameter_tuning_job_objective_metric.as_ref().and_then(|metric| metric.value);
    let has_ended = matches!(job.training_job_status, Some(Completed | Stopped));
    let reported = |value: f32| job.final_metric_data_list().iter().any(|metric| metric.value == Some(value));
    has_ended && objective.is_some_and(reported)
}

fn filter(property: &str, operator: aws::Operator, value: &str) -> aws::Filter {
    aws::Filter::builder().name(property).operator(operator).value(value).build()
}

/// The condition that a property has one of these values.
fn one_of(property: &str, values: &[String]) -> aws::SearchExpression {
    let any = || aws::SearchExpression::builder().operator(aws::BooleanOperator::Or);
    let filters: Vec<_> = lists(values).iter().map(|list| filter(property, aws::Operator::In, list)).collect();
    let groups = filters.chunks(CONDITIONS).map(|filters| any().set_filters(Some(filters.to_vec())).build());
    any().set_sub_expressions(Some(groups.collect())).build()
}

/// The values as comma-separated lists, none longer than a value may be.
fn lists(values: &[String]) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for value in values {
        match lists.last_mut().filter(|list| list.len() + 1 + value.len() <= VALUE) {
            Some(list) => {
                list.push(',');
                list.push_str(value);
            }
            None => lists.push(value.clone()),
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_into_as_few_conditions_as_possible() {
        let names = |count: usize| -> Vec<String> { (0..count).map(|n| format!("ms-{n:029}")).collect() };
        assert_eq!(lists(&[]), [""; 0]);
        assert_eq!(lists(&["a".to_owned(), "b".to_owned()]), ["a,b"]);
        assert_eq!(lists(&names(31)).len(), 1);
        assert_eq!(lists(&names(32)).len(), 2);
        assert!(lists(&names(NAMES)).iter().all(|list| list.len() <= VALUE));
        let expression = one_of("HyperParameterTuningJobName", &names(NAMES));
        let conditions: Vec<usize> = expression.sub_expressions().iter().map(|group| group.filters().len()).collect();
        assert_eq!(conditions, [20, 13], "with the one for the status at most 50");
    }

    #[test]
    fn a_result_must_have_the_value_that_made_it_the_best() {
        use aws::TrainingJobStatus::{Completed, InProgress, Stopped};
        let best = |value| {
            let metric =
                aws::FinalHyperParameterTuningJobObjectiveMetric::builder().metric_name("val").value(value).build();
            let best = aws::HyperParameterTrainingJobSummary::builder().training_job_name("t");
            best.final_hyper_parameter_tuning_job_objective_metric(metric).build()
        };
        let job = |status, values: &[f32]| {
            let metrics = values.iter().map(|value| aws::MetricData::builder().value(*value).build()).collect();
            let job = aws::TrainingJob::builder().training_job_status(status);
            job.set_final_metric_data_list(Some(metrics)).build()
        };
        for (status, values, expected) in [
            (Completed, &[0.1, 0.9][..], true),
            (Stopped, &[0.9], true),
            (InProgress, &[0.9], false),
            (Completed, &[0.8], false),
            (Completed, &[], false),
        ] {
            assert_eq!(agree(&best(0.9), &job(status.clone(), values)), expected, "{status:?} {values:?}");
        }
    }
}
