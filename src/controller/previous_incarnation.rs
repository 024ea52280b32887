//! Jobs of a previous incarnation of a selection: one of the same name, before it was deleted, or before its status or
//! its cluster was lost. They are found by their tags, with one search for all selections that start with an empty
//! status at about the same time.

use futures::FutureExt as _;
use tracing::Instrument as _;

use super::joint_search::{Jobs, Requester, SearchNamespace, aborted, search};
use super::pass::Pass;
use super::record;
use super::stop::stop_command;
use api::{ModelSelectionSpec, ModelSelectionStatus, RunStatus, SupersededJob};
use catalog::CatalogError;
use decide::events::EventNote;
use decide::identity::Identity;
use decide::incarnation::{TaggedJob, claimed, is_undecided, name_running, orphans};
use decide::retry::{Outcome, Task};
use sagemaker::{Region, TuningError};
use store::Stores;

/// The jobs of previous incarnations. Waits until `until` at most. After a search that failed, the next call searches
/// again.
pub(super) async fn jobs(pass: &Pass<'_>, until: tokio::time::Instant) -> Result<Jobs, CatalogError> {
    let search = || {
        let run = RunStatus::default();
        let (within, name) = search_namespace_of(&pass.region, &pass.identity(&run));
        let requester = Requester { uid: pass.uid.clone(), name: name.clone(), status_is_known: !pass.is_unverified() };
        let joint = pass.ctx.joint_searches.join(&pass.region, within, requester);
        let (wake, object) = (pass.ctx.waker.clone(), pass.object.clone());
        let own = async move {
            let jobs = joint.await;
            // The receiver lives as long as the controller.
            let _ = wake.send(object);
            jobs.map(|jobs| jobs.iter().filter(|job| job.is_of(&name)).cloned().collect())
        };
        let own = tokio::spawn(own.in_current_span());
        own.map(|jobs| jobs.map_err(aborted).flatten()).boxed().shared()
    };
    match tokio::time::timeout_at(until, pass.ctx.incarnations.search(&pass.uid, pass.region.name(), search)).await {
        Err(_) => Err(CatalogError::Pending),
        Ok(Ok(jobs)) => {
            pass.succeeded(&Task::FindIncarnations);
            Ok(jobs)
        }
        Ok(Err(error)) => {
            pass.failed(Task::FindIncarnations, Outcome::Fault(error.class));
            pass.ctx.incarnations.drop_answer(&pass.uid);
            Err(CatalogError::Fault(error))
        }
    }
}

fn search_namespace_of(region: &Region, identity: &Identity<'_>) -> (SearchNamespace, String) {
    let Identity { scope, namespace, name, .. } = identity;
    let within = SearchNamespace {
        region: region.name().to_owned(),
        scope: (*scope).to_owned(),
        namespace: (*namespace).to_owned(),
    };
    (within, (*name).to_owned())
}

/// Finds running jobs that carry the selection's tags and that none of its runs refers to, and lists them as
/// superseded, so that they are stopped. Does so once, after the selection has started with an empty status; of a job,
/// not before it is known whether a run wants it.
pub(super) async fn reclaim(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    selectors_are_known: bool,
    until: tokio::time::Instant,
) {
    if !pass.ctx.incarnations.has_begun(&pass.uid) || !pass.may_try(&Task::FindIncarnations) {
        return;
    }
    let Ok(jobs) = jobs(pass, until).await else { return };
    // This is the only time that these jobs are looked for: the selection may be suspended before it creates them
    // again.
    let region = pass.region.name();
    let replaced = name_running(&jobs, &mut status.runs, |run| pass.identity(run).job_name(), region);
    status.superseded.extend(replaced);
    let undecided = jobs.iter().filter(|job| is_undecided(job, spec, &status.runs, selectors_are_known));
    let undecided: Vec<&String> = undecided.map(|job| &job.name).collect();
    let mut all = orphans(&jobs, status, |run| pass.identity(run).job_name(), region);
    all.retain(|job| !undecided.contains(&&job.tuning_job_name));
    if undecided.is_empty() {
        pass.ctx.incarnations.end(&pass.uid);
    } else {
        let is_orphan = |job: &&TaggedJob| all.iter().any(|orphan| orphan.tuning_job_name == job.name);
        let left = jobs.iter().filter(|job| !is_orphan(job)).cloned().collect();
        pass.ctx.incarnations.keep_answer(&pass.uid, region, left);
    }
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

/// Reports jobs that carry our tags but have other names: copies that somebody made, or jobs of a `rerun` that no
/// status shows any more. The person who pays for them learns how to stop them.
async fn report_unclaimed(pass: &Pass<'_>, jobs: &[SupersededJob]) {
    let commands: Vec<String> = jobs.iter().map(stop_command).collect();
    let note = format!(
        "{} running tuning jobs carry this selection's tags, but not the names that follow from them; they are left alone. If \
         they are of an earlier `rerun`, stop them: {}",
        jobs.len(),
        commands.join("; ")
    );
    tracing::warn!(note, "running tuning jobs carry our tags but not our names");
    let event = EventNote { warning: true, reason: "TuningJobsLeftRunning", note };
    record::publish(pass.ctx, &pass.selection, "AdoptTuningJobs", event).await;
}

/// The running jobs of a selection whose status was lost, for its deletion.
pub(super) async fn running_jobs(
    region: &Region,
    identity: &Identity<'_>,
    rerun: &str,
    stores: &Stores,
) -> Result<Vec<SupersededJob>, TuningError> {
    let (within, name) = search_namespace_of(region, identity);
    let requester = Requester { uid: String::new(), name, status_is_known: false };
    let jobs = search(region, &within, &[requester], stores).await?;
    let all = orphans(&jobs, &ModelSelectionStatus::default(), |_| String::new(), region.name());
    Ok(claimed(all, &jobs, &[rerun, identity.rerun, ""]).0)
}
