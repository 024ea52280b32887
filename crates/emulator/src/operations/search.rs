//! `Search` over tuning jobs and training jobs.
//!
//! Most searches use only tags, names and states; the complete record of a job is built only if the search needs other
//! properties, or for the returned page.

use std::cell::OnceCell;

use serde_json::{Value, json};

use crate::arn::Place;
use crate::error::ApiError;
use crate::jobs::job::{Job, JobState};
use crate::jobs::trial::{Trial, TrialState};
use crate::jobs::world::Region;
use crate::model::{self, Property};
use crate::operations::call::Call;
use crate::operations::expression::{self, Expression, Record};
use crate::operations::lists;
use crate::operations::paging::{Cut, Item, Page, SortKey};
use crate::operations::training_job;
use crate::operations::tuning_job;
use crate::request::Tag;

/// `Search`.
pub fn search(region: &Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let resource = call.text("Resource");
    let entity = match resource {
        "HyperParameterTuningJob" => "HyperParameterTuningJobSearchEntity",
        "TrainingJob" => "TrainingJob",
        other => return Err(ApiError::validation(format!("The resource {other} is not supported by this emulator."))),
    };
    let expression: Expression = match call.request.get("SearchExpression").filter(|value| !value.is_null()) {
        Some(value) => {
            serde_json::from_value(value.clone()).map_err(|error| ApiError::serialization(error.to_string()))?
        }
        None => Expression::default(),
    };
    expression.check(&|name| kind(entity, name))?;
    let sort_by = call.optional("SortBy").unwrap_or("LastModifiedTime");
    if kind(entity, sort_by).is_none() {
        return Err(ApiError::validation(format!("Unknown property name in SortBy: {sort_by}")));
    }
    let jobs = region.jobs.values().filter(|job| call.sees(job));
    if resource == "TrainingJob" {
        let records =
            jobs.flat_map(|job| job.plan.trials.iter().map(move |trial| (job, trial))).filter_map(|(job, trial)| {
                Some(TrainingJob { job, trial, state: job.trial_state(trial, call.now)?, call, whole: OnceCell::new() })
            });
        return page(records.collect(), &expression, sort_by, "TrainingJob", call);
    }
    let records = jobs.filter_map(|job| {
        Some(TuningJob {
            job,
            state: job.state(call.now)?,
            tags: call.tags(job),
            place: call.place(),
            whole: OnceCell::new(),
        })
    });
    page(records.collect(), &expression, sort_by, "HyperParameterTuningJob", call)
}

/// The type of a property, which may be an abbreviation for a value in the record.
fn kind(entity: &str, name: &str) -> Option<Property> {
    let training = entity == "TrainingJob";
    match name.split_once('.') {
        Some(("Tags", _)) => Some(Property::Text),
        Some(("Metrics", _)) if training => Some(Property::Number),
        Some(("HyperParameters", _)) if training => Some(Property::Hyperparameter),
        _ => model::property(entity, name),
    }
}

fn page<R: Record + Whole>(
    records: Vec<R>,
    expression: &Expression,
    sort_by: &str,
    member: &str,
    call: &Call<'_>,
) -> Result<Value, ApiError> {
    let hits: Vec<Item<R>> = records
        .into_iter()
        .filter(|record| expression.matches(record))
        .map(|record| Item {
            key: SortKey::of(record.get(sort_by).as_ref()),
            name: record.name().to_owned(),
            value: record,
        })
        .collect();
    let total = hits.len();
    let page = Cut::of(call.operation, call.request, 10, true).page(hits)?;
    let results = page.items.iter().map(|record| json!({member: record.whole()})).collect();
    let mut answer = lists::answer("Results", Page { items: results, next: page.next });
    if let Some(members) = answer.as_object_mut() {
        members.insert("TotalHits".to_owned(), json!({"Value": total, "Relation": "EqualTo"}));
    }
    Ok(answer)
}

trait Whole {
    fn name(&self) -> &str;
    fn whole(&self) -> &Value;
}

struct TuningJob<'a> {
    job: &'a Job,
    state: JobState,
    tags: Vec<Tag>,
    place: Place<'a>,
    whole: OnceCell<Value>,
}

impl Whole for TuningJob<'_> {
    fn name(&self) -> &str {
        self.job.name()
    }

    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| tuning_job::record(self.job, &self.state, &self.tags, &self.place))
    }
}

impl Record for TuningJob<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(key) = name.strip_prefix("Tags.") {
            return self.tags.iter().find(|tag| tag.key == key).map(|tag| json!(tag.value));
        }
        match name {
            "HyperParameterTuningJobName" => Some(json!(self.job.name())),
            "HyperParameterTuningJobArn" => Some(json!(self.place.tuning_job(self.job.name()))),
            "HyperParameterTuningJobStatus" => Some(json!(self.state.status.as_str())),
            "CreationTime" => Some(json!(self.job.created().seconds())),
            "LastModifiedTime" => Some(json!(self.state.modified.seconds())),
            path => expression::property(self.whole(), path),
        }
    }
}

struct TrainingJob<'a> {
    job: &'a Job,
    trial: &'a Trial,
    state: TrialState,
    call: &'a Call<'a>,
    whole: OnceCell<Value>,
}

impl TrainingJob<'_> {
    fn tags(&self) -> Vec<Tag> {
        if self.call.view.shows_tags(self.job) {
            training_job::tags(self.job, self.trial, self.call.now)
        } else {
            Vec::new()
        }
    }
}

impl Whole for TrainingJob<'_> {
    fn name(&self) -> &str {
        &self.trial.name
    }

    fn whole(&self) -> &Value {
        self.whole
            .get_or_init(|| training_job::record(self.job, self.trial, &self.state, &self.tags(), &self.call.place()))
    }
}

impl Record for TrainingJob<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(key) = name.strip_prefix("Tags.") {
            return self.tags().into_iter().find(|tag| tag.key == key).map(|tag| json!(tag.value));
        }
        if let Some(metric) = name.strip_prefix("Metrics.") {
            let list = self.whole().get("FinalMetricDataList")?.as_array()?;
            return list
                .iter()
                .find(|entry| entry.get("MetricName").and_then(Value::as_str) == Some(metric))?
                .get("Value")
                .cloned();
        }
        if let Some(parameter) = name.strip_prefix("HyperParameters.") {
            return self.whole().get("HyperParameters")?.get(parameter).cloned();
        }
        match name {
            "TrainingJobName" => Some(json!(self.trial.name)),
            "TuningJobArn" => Some(json!(self.call.place().tuning_job(self.job.name()))),
            "TrainingJobStatus" => Some(json!(self.state.status.as_str())),
            "CreationTime" => Some(json!(self.trial.created.seconds())),
            "LastModifiedTime" => Some(json!(self.state.modified.seconds())),
            path => expression::property(self.whole(), path),
        }
    }
}
