//! The lists of tuning jobs, of training jobs and of tags.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::job::{Job, JobState};
use crate::jobs::trial::{Trial, TrialState};
use crate::jobs::world::Region;
use crate::operations::call::Call;
use crate::operations::paging::{Cut, Item, Page, SortKey};
use crate::operations::training_job;
use crate::operations::tuning_job;
use crate::request::Tag;

/// A response with a list and, if there is more, a token.
pub fn answer(member: &str, page: Page<Value>) -> Value {
    let mut answer = json!({member: page.items});
    if let (Some(next), Some(members)) = (page.next, answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), json!(next));
    }
    answer
}

/// `ListHyperParameterTuningJobs`.
pub fn tuning_jobs(region: &Region, call: &Call<'_>) -> Result<Value, ApiError> {
    let place = call.place();
    let contains = call.optional("NameContains").map(str::to_lowercase);
    let wanted = call.optional("StatusEquals");
    let created = Window::of(call, "CreationTime");
    let modified = Window::of(call, "LastModifiedTime");
    let mut items = Vec::new();
    for job in region.jobs.values().filter(|job| call.sees(job)) {
        let name = job.name();
        if contains.as_ref().is_some_and(|part| !name.to_lowercase().contains(part))
            || !created.holds(job.created().seconds())
        {
            continue;
        }
        let Some(state) = job.state(call.now) else { continue };
        if wanted.is_some_and(|wanted| wanted != state.status.as_str()) || !modified.holds(state.modified.seconds()) {
            continue;
        }
        let key = match call.optional("SortBy") {
            Some("CreationTime") => SortKey::Number(job.created().seconds()),
            Some("Status") => SortKey::Text(state.status.as_str().to_owned()),
            _ => SortKey::Text(name.to_owned()),
        };
        items.push(Item { key, name: name.to_owned(), value: (job, state) });
    }
    let page = Cut::of(call.operation, call.request, 10, false).page(items)?;
    let summaries = page.items.iter().map(|(job, state)| tuning_job::summary(job, state, &place)).collect();
    Ok(answer("HyperParameterTuningJobSummaries", Page { items: summaries, next: page.next }))
}

/// `ListTrainingJobsForHyperParameterTuningJob`.
pub fn training_jobs(job: &Job, state: &JobState, call: &Call<'_>) -> Result<Value, ApiError> {
    let place = call.place();
    let wanted = call.optional("StatusEquals");
    let mut items = Vec::new();
    for (index, trial_state) in &state.trials {
        let Some(trial) = job.plan.trials.get(*index) else { continue };
        if wanted.is_some_and(|wanted| wanted != trial_state.status.as_str()) {
            continue;
        }
        let key = match call.optional("SortBy") {
            Some("CreationTime") => SortKey::Number(trial.created.seconds()),
            Some("Status") => SortKey::Text(trial_state.status.as_str().to_owned()),
            Some("FinalObjectiveMetricValue") => match trial_state.usable_objective() {
                Some(value) => SortKey::Number(f64::from(value)),
                // As documented, training jobs without an objective are then not listed.
                None => continue,
            },
            _ => SortKey::Text(trial.name.clone()),
        };
        items.push(Item {
            key,
            name: trial.name.clone(),
            value: training_job::summary(job, trial, trial_state, &place),
        });
    }
    Ok(answer("TrainingJobSummaries", Cut::of(call.operation, call.request, 10, false).page(items)?))
}

/// `ListTrainingJobs`: those of all tuning jobs, ordered by creation.
pub fn all_training_jobs(region: &Region, call: &Call<'_>) -> Result<Value, ApiError> {
    // No training job has a warm pool of its own here.
    if call.optional("WarmPoolStatusEquals").is_some() {
        return Ok(answer("TrainingJobSummaries", Page { items: Vec::new(), next: None }));
    }
    let place = call.place();
    let contains = call.optional("NameContains").map(str::to_lowercase);
    let plan = call.optional("TrainingPlanArnEquals");
    let wanted = call.optional("StatusEquals");
    // As documented: with both, a page is cut first, and filtered afterwards.
    let late = call.request.get("MaxResults").is_some_and(|size| !size.is_null());
    let created = Window::of(call, "CreationTime");
    let modified = Window::of(call, "LastModifiedTime");
    let mut items = Vec::new();
    for job in region.jobs.values().filter(|job| call.sees(job)) {
        for trial in &job.plan.trials {
            let Some(state) = job.trial_state(trial, call.now) else { continue };
            let named = contains.as_ref().is_none_or(|part| trial.name.to_lowercase().contains(part));
            let times = created.holds(trial.created.seconds()) && modified.holds(state.modified.seconds());
            let planned = plan.is_none_or(|plan| training_job::plan(job, trial) == Some(plan));
            let fits = wanted.is_none_or(|wanted| wanted == state.status.as_str());
            if named && times && planned && (fits || late) {
                let value = fits.then(|| training_job::brief(trial, &state, &place));
                items.push(Item { key: sort_key(trial, &state, call), name: trial.name.clone(), value });
            }
        }
    }
    let page = Cut::of(call.operation, call.request, 10, false).page(items)?;
    let items = page.items.into_iter().flatten().collect();
    Ok(answer("TrainingJobSummaries", Page { items, next: page.next }))
}

fn sort_key(trial: &Trial, state: &TrialState, call: &Call<'_>) -> SortKey {
    match call.optional("SortBy") {
        Some("Name") => SortKey::Text(trial.name.clone()),
        Some("Status") => SortKey::Text(state.status.as_str().to_owned()),
        _ => SortKey::Number(trial.created.seconds()),
    }
}

/// `ListTags`.
pub fn tags(tags: &[Tag], call: &Call<'_>) -> Result<Value, ApiError> {
    let item = |tag: &Tag| Item { key: SortKey::Missing(()), name: tag.key.clone(), value: json!(tag) };
    Ok(answer("Tags", Cut::of(call.operation, call.request, 50, false).page(tags.iter().map(item).collect())?))
}

/// A window of time, unbounded where the request has no limit.
pub struct Window {
    after: Option<f64>,
    before: Option<f64>,
}

impl Window {
    /// `<member>After` and `<member>Before`.
    pub fn of(call: &Call<'_>, member: &str) -> Self {
        let bound = |side: &str| call.request.get(format!("{member}{side}")).and_then(Value::as_f64);
        Self { after: bound("After"), before: bound("Before") }
    }

    /// Whether a time is inside.
    pub fn holds(&self, seconds: f64) -> bool {
        self.after.is_none_or(|after| seconds > after) && self.before.is_none_or(|before| seconds < before)
    }
}
