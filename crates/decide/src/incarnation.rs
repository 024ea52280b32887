//! Jobs that a previous incarnation of a selection has created.

use std::time::Duration;

use jiff::Timestamp;

use super::identity::{Identity, tag};
use super::model_version::version_matches;
use super::observation::JobStatus;
use super::plan::left_behind;
use super::run::{RunEvent, apply};
use api::{Candidate, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, RunState, RunStatus, SupersededJob};

/// A tuning job as a search by tags returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedJob {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: JobStatus,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl TaggedJob {
    /// Whether its tags name that selection.
    pub fn is_of(&self, selection: &str) -> bool {
        self.tag(tag::NAME) == Some(selection)
    }

    /// The value of a tag, if it has that tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether its name follows from its tags: another job may carry our tags, but not also that name. `rerun` is that
    /// of the selection; a job of another `rerun` does not count.
    pub fn is_genuine(&self, rerun: &str) -> bool {
        self.identity(rerun).is_some_and(|identity| identity.job_name() == self.name)
    }

    fn identity<'a>(&'a self, rerun: &'a str) -> Option<Identity<'a>> {
        Some(Identity {
            scope: self.tag(tag::SCOPE)?,
            namespace: self.tag(tag::NAMESPACE)?,
            name: self.tag(tag::NAME)?,
            candidate: self.tag(tag::CANDIDATE)?,
            dataset: self.tag(tag::DATASET)?,
            definition: self.tag(tag::DEFINITION)?,
            rerun,
            attempt: self.tag(tag::ATTEMPT)?.parse().ok()?,
        })
    }
}

/// Whether `selection` has created the job `name`: one of its runs shows it, and the name follows from the run. So a
/// status that another client wrote cannot claim the job of another selection.
pub fn has_created(selection: &ModelSelection, scope: &str, name: &str) -> bool {
    let runs = selection.status.iter().flat_map(|status| &status.runs);
    let mut shows_it = runs.filter(|run| run.tuning_job_name.as_deref() == Some(name));
    shows_it.any(|run| Identity::of_run(scope, selection, run).job_name() == name)
}

/// The version that a previous incarnation had resolved for `candidate`: that of the newest of its `jobs` (sorted
/// newest first) for the same model, if it still matches the version in the spec. Only genuine jobs count.
pub fn version_by_jobs(jobs: &[TaggedJob], candidate: &Candidate, rerun: &str) -> Option<String> {
    let model = candidate.jump_start.as_ref()?;
    let wanted = model.version.as_deref().unwrap_or("*");
    jobs.iter()
        .filter(|job| job.tag(tag::CANDIDATE) == Some(&candidate.name))
        .filter(|job| job.tag(tag::MODEL_ID) == Some(&model.model_id))
        .filter(|job| job.is_genuine(rerun))
        .find_map(|job| job.tag(tag::MODEL_VERSION))
        .filter(|version| version_matches(wanted, version))
        .map(str::to_owned)
}

/// The running ones of `jobs` that neither a run nor a superseded job of the status refers to. `job_name` returns the
/// name that a run's job has or will have. Their tags are checked once more before they are stopped.
pub fn orphans(
    jobs: &[TaggedJob],
    status: &ModelSelectionStatus,
    job_name: impl Fn(&RunStatus) -> String,
    region: &str,
) -> Vec<SupersededJob> {
    let wanted: Vec<String> =
        status.runs.iter().map(|run| run.tuning_job_name.clone().unwrap_or_else(|| job_name(run))).collect();
    let refers = |name: &String| {
        wanted.contains(name) || status.superseded.iter().any(|superseded| superseded.tuning_job_name == *name)
    };
    jobs.iter()
        .filter(|job| job.status == JobStatus::InProgress && !refers(&job.name))
        .filter_map(|job| {
            let identity = job.identity("")?;
            Some(SupersededJob {
                tuning_job_name: job.name.clone(),
                tuning_job_arn: Some(job.arn.clone()),
                candidate: identity.candidate.to_owned(),
                dataset: identity.dataset.to_owned(),
                definition: identity.definition.to_owned(),
                attempt: identity.attempt,
                region: region.to_owned(),
                stop_requested: false,
            })
        })
        .collect()
}

/// Gives runs whose jobs are among the running ones of `jobs` the names of those, so that they are adopted: of any
/// attempt if the run has no job yet, otherwise of a later one than the status says. `job_name` returns the name of a
/// run's job. Returns the jobs that runs had before, which may run.
pub fn name_running(
    jobs: &[TaggedJob],
    runs: &mut [RunStatus],
    job_name: impl Fn(&RunStatus) -> String,
    region: &str,
) -> Vec<SupersededJob> {
    let mut replaced = Vec::new();
    for run in runs.iter_mut().filter(|run| !run.attached) {
        let is_new = run.state == RunState::Waiting && run.tuning_job_name.is_none();
        let attempts = attempts(jobs, run, &job_name);
        let running = attempts.iter().filter(|(_, job)| job.status == JobStatus::InProgress);
        let later = running.filter(|(attempt, _)| *attempt > run.attempt || is_new && *attempt == run.attempt);
        let Some((attempt, job)) = later.max_by_key(|(attempt, _)| *attempt) else { continue };
        // One that completed and has a successor had no result.
        let has_failed = |status| matches!(status, JobStatus::Failed | JobStatus::Completed);
        let failed = attempts.iter().filter(|(earlier, job)| earlier < attempt && has_failed(job.status));
        let failed = i32::try_from(failed.count()).unwrap_or(i32::MAX);
        if !is_new {
            let has_ended = |name: &str| jobs.iter().any(|job| job.name == name && job.status.ended());
            replaced.extend(left_behind(run, region).filter(|job| !has_ended(&job.tuning_job_name)));
            apply(run, RunEvent::NotItsJob);
        }
        (run.attempt, run.failed_attempts) = (*attempt, failed);
        run.tuning_job_name = Some(job.name.clone());
    }
    replaced
}

/// The jobs of a run, with their attempts.
fn attempts<'j>(
    jobs: &'j [TaggedJob],
    run: &RunStatus,
    job_name: impl Fn(&RunStatus) -> String,
) -> Vec<(i32, &'j TaggedJob)> {
    let of_run = |job: &&TaggedJob| {
        job.tag(tag::CANDIDATE) == Some(&run.candidate) && job.tag(tag::DATASET) == Some(&run.dataset)
    };
    let attempt = |job: &'j TaggedJob| {
        let attempt: i32 = job.tag(tag::ATTEMPT)?.parse().ok().filter(|attempt| *attempt >= 0)?;
        let tried = RunStatus { attempt, ..run.clone() };
        (job_name(&tried) == job.name).then_some((attempt, job))
    };
    jobs.iter().filter(of_run).filter_map(attempt).collect()
}

/// Whether it is not known yet if a run wants the running job: its model has no version yet, or its candidate may be
/// one that a selector finds.
pub fn is_undecided(job: &TaggedJob, spec: &ModelSelectionSpec, runs: &[RunStatus], selectors_are_known: bool) -> bool {
    let dataset = spec.datasets.iter().find(|dataset| job.tag(tag::DATASET) == Some(&dataset.name));
    let may_be_wanted = job.status == JobStatus::InProgress && job.is_genuine(&spec.rerun);
    let Some(dataset) = dataset.filter(|_| may_be_wanted) else { return false };
    let is_of = |run: &&RunStatus| run.dataset == dataset.name && job.tag(tag::CANDIDATE) == Some(&run.candidate);
    runs.iter().find(is_of).map_or(!selectors_are_known, |run| run.definition.is_none())
}

/// How long after its start a selection may have jobs that its status does not have, if the process that began to look
/// for them has died: longer than any but the longest outages of the search.
const SETTLED_AFTER: Duration = Duration::from_secs(3_600);

/// Whether its earlier jobs may not have been looked for yet. The clock may have jumped since.
pub fn is_unsettled(status: &ModelSelectionStatus, now: Timestamp) -> bool {
    let age = status.start_time.as_ref().map(|start| now.duration_since(start.0).unsigned_abs());
    status.completion_time.is_none() && age.is_some_and(|age| age < SETTLED_AFTER)
}

/// Splits orphans by whether their names follow from their tags and one of `reruns`. The others may be copies that
/// somebody made with our tags: we must not stop them.
pub fn claimed(
    orphans: Vec<SupersededJob>,
    jobs: &[TaggedJob],
    reruns: &[&str],
) -> (Vec<SupersededJob>, Vec<SupersededJob>) {
    let genuine = |job: &&TaggedJob| reruns.iter().any(|rerun| job.is_genuine(rerun));
    let genuine: Vec<&str> = jobs.iter().filter(genuine).map(|job| job.name.as_str()).collect();
    orphans.into_iter().partition(|orphan| genuine.contains(&orphan.tuning_job_name.as_str()))
}

#[cfg(test)]
mod tests;
