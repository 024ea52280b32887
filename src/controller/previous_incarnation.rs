//! Jobs of a previous incarnation of a selection: of the same name, before it was deleted, or before its status or its cluster
//! was lost. They are found by the tags, with one search for each selection whose status begins from nothing.

use futures::FutureExt as _;
use tracing::Instrument as _;

use super::incarnation_memory::Jobs;
use super::pass::Pass;
use super::record;
use super::stop::stop_command;
use api::{ModelSelectionStatus, RunStatus, SupersededJob};
use catalog::CatalogError;
use decide::events::EventNote;
use decide::identity::{Identity, tag};
use decide::incarnation::{TaggedJob, claimed, orphans};
use decide::job_name::job_name_beginning;
use sagemaker::{Class, Operation, Region, TuningError};

/// The jobs of previous incarnations. Waits until `until` and no longer.
pub(super) async fn jobs(pass: &Pass<'_>, until: tokio::time::Instant) -> Result<Jobs, CatalogError> {
    let run = RunStatus::default();
    let identity = pass.identity(&run);
    let (wanted, beginning) = (tags_of(&identity), job_name_beginning(identity.name));
    let (region, wake, object) = (pass.region.clone(), pass.ctx.waker.clone(), pass.object.clone());
    let search = || {
        let search = async move {
            let jobs = search(&region, &wanted, &beginning).await;
            // The receiver lives as long as the controller.
            let _ = wake.send(object);
            jobs
        };
        let searched = tokio::spawn(search.in_current_span());
        let lost = |error: tokio::task::JoinError| TuningError {
            class: Class::Transient,
            operation: Operation::Search.as_str(),
            code: None,
            message: error.to_string(),
        };
        searched.map(move |jobs| jobs.map_err(lost).flatten()).boxed().shared()
    };
    match tokio::time::timeout_at(until, pass.ctx.incarnations.search(&pass.uid, search)).await {
        Err(_) => Err(CatalogError::Pending),
        Ok(Ok(jobs)) => Ok(jobs),
        Ok(Err(error)) => {
            pass.ctx.incarnations.drop_answer(&pass.uid);
            Err(CatalogError::Fault(error))
        }
    }
}

fn tags_of(identity: &Identity<'_>) -> Vec<(&'static str, String)> {
    let Identity { scope, namespace, name, .. } = identity;
    [(tag::SCOPE, scope), (tag::NAMESPACE, namespace), (tag::NAME, name)]
        .map(|(key, value)| (key, (*value).to_owned()))
        .to_vec()
}

/// All jobs with those tags, newest first. What the search does not show yet, the listing of running jobs may: pins must not
/// hang on one answer that lags behind.
async fn search(region: &Region, wanted: &[(&str, String)], beginning: &str) -> Result<Jobs, TuningError> {
    match tagged(region, wanted, beginning).await {
        // Without the right to search (or a service that cannot) there is no previous incarnation to be seen.
        Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
            tracing::warn!(%error, "cannot search for jobs of a previous incarnation; the newest versions are used");
            Ok(Jobs::default())
        }
        jobs => jobs.map(Jobs::from),
    }
}

async fn tagged(region: &Region, wanted: &[(&str, String)], beginning: &str) -> Result<Vec<TaggedJob>, TuningError> {
    let searched = region.jobs_with_tags(wanted).await?;
    let mut found = region.running_with_tags(beginning, &searched).await?;
    found.retain(|job| wanted.iter().all(|(key, value)| job.tag(key) == Some(value)));
    found.extend(searched);
    Ok(found)
}

/// Finds running jobs that carry the selection's tags and that no run of it refers to, and lists them as superseded, so that
/// they are stopped. Does so once, after the status of the selection has begun from nothing.
pub(super) async fn reclaim(pass: &Pass<'_>, status: &mut ModelSelectionStatus, until: tokio::time::Instant) {
    // A suspended selection searches when it is resumed.
    if !pass.ctx.incarnations.has_begun(&pass.uid) || pass.selection.spec.suspend {
        return;
    }
    let Ok(jobs) = jobs(pass, until).await else { return };
    pass.ctx.incarnations.end(&pass.uid);
    let all = orphans(&jobs, status, |run| pass.identity(run).job_name(), pass.region.name());
    let (found, unclaimed) = claimed(all, &jobs, &[&pass.selection.spec.rerun, &status.rerun, ""]);
    if !unclaimed.is_empty() {
        report_unclaimed(pass, &unclaimed).await;
    }
    if !found.is_empty() {
        tracing::warn!(jobs = ?found.iter().map(|job| &job.tuning_job_name).collect::<Vec<_>>(),
            "tuning jobs of a previous incarnation run that the spec does not ask for any more; they are stopped");
    }
    status.superseded.extend(found);
}

/// Jobs with our tags under names of their own: somebody's copies, or of a `rerun` that no status tells any more. Whoever pays
/// for them learns how to stop them.
async fn report_unclaimed(pass: &Pass<'_>, jobs: &[SupersededJob]) {
    let commands: Vec<String> = jobs.iter().map(stop_command).collect();
    let note = format!(
        "{} running tuning jobs carry this selection's tags, but not the names that follow from them; they are left alone. If \
         they are of an earlier `rerun`, stop them: {}",
        jobs.len(),
        commands.join("; ")
    );
    tracing::warn!(note, "tuning jobs with our tags are not ours for sure");
    let event = EventNote { warning: true, reason: "TuningJobsLeftRunning", note };
    record::publish(pass.ctx, &pass.selection, "AdoptTuningJobs", event).await;
}

/// The running jobs of a selection whose status was lost, for its deletion.
pub(super) async fn running_jobs(
    region: &Region,
    identity: &Identity<'_>,
    rerun: &str,
) -> Result<Vec<SupersededJob>, TuningError> {
    let jobs = search(region, &tags_of(identity), &job_name_beginning(identity.name)).await?;
    let all = orphans(&jobs, &ModelSelectionStatus::default(), |_| String::new(), region.name());
    Ok(claimed(all, &jobs, &[rerun, identity.rerun, ""]).0)
}
