//! The resolved version of each candidate's model.

use futures::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::pass::Pass;
use super::previous_incarnation;
use super::requests::{PER_PASS, unresolved};
use api::{Candidate, ModelSelectionSpec, ModelSelectionStatus, Reason, bounds, message};
use catalog::CatalogError;
use decide::incarnation::version_by_jobs;
use decide::plan::{ResolvedVersion, version_by_status};
use decide::problem::Problem;
use decide::retry::Task;

/// The version of each candidate's model, in the order of the candidates; `None` for own images. Waits for the
/// catalogue until `until`.
///
/// A version that was resolved earlier stays, even if the hub has a newer one, so that the same manifest means the same
/// jobs. It is known from the status; after a deletion, from the memory of this process; after the cluster was rebuilt,
/// from the tags of jobs. The hub is asked only if none of these has it.
pub(super) async fn versions(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    until: tokio::time::Instant,
) -> Vec<Option<ResolvedVersion>> {
    let deleted = pass.ctx.incarnations.deleted(&pass.selection).filter(|deleted| deleted.rerun == spec.rerun);
    let previous = OnceCell::new();
    let resolve = async |candidate: &Candidate| -> Option<ResolvedVersion> {
        let model = candidate.jump_start.as_ref()?;
        let kept = || deleted.as_ref().and_then(|deleted| version_by_status(deleted, candidate));
        if let Some(version) = version_by_status(status, candidate).or_else(kept) {
            return Some(usable(version));
        }
        let task = Task::ResolveVersion(candidate.name.clone());
        if !(pass.may_try(&task) && pass.may_try(&Task::FindIncarnations))
            && let Some(problem) = reported_before(status, candidate)
        {
            return Some(Err(problem));
        }
        match previous.get_or_init(|| previous_incarnation::jobs(pass, until)).await {
            Ok(jobs) => {
                if let Some(version) = version_by_jobs(jobs, candidate, &spec.rerun) {
                    return Some(usable(version));
                }
            }
            Err(CatalogError::Pending) => return Some(Err(unresolved(pass, task, CatalogError::Pending))),
            Err(error) => return Some(Err(unresolved(pass, Task::FindIncarnations, error.clone()))),
        }
        let wanted = model.version.as_deref().unwrap_or("*");
        let answer = pass.ctx.catalog.version(&pass.region, &model.model_id, wanted, pass.tried(&task), until).await;
        Some(answer.map_err(|error| unresolved(pass, task, error)).and_then(usable))
    };
    let versions: Vec<Option<ResolvedVersion>> =
        stream::iter(&spec.candidates).map(resolve).buffered(PER_PASS).collect().await;
    if versions.iter().flatten().all(Result::is_ok) && !pass.ctx.incarnations.has_begun(&pass.uid) {
        // A candidate that is added later searches again, and then sees the jobs that exist by that time.
        pass.ctx.incarnations.drop_answer(&pass.uid);
    }
    versions
}

/// The version, if the status can hold it: one value that violates the schema would prevent the whole status from being
/// written.
fn usable(version: String) -> ResolvedVersion {
    if version.len() <= bounds::MODEL_VERSION && version.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(version);
    }
    let message = format!(
        "the version '{}' cannot be used: it must have at most {} printable characters; name another one in \
         `jumpStart.version`",
        message(&version, 64),
        bounds::MODEL_VERSION
    );
    Err(Problem::new(Reason::UnknownVersion, message))
}

/// The problem in the status of a candidate whose version must not be requested again yet.
fn reported_before(status: &ModelSelectionStatus, candidate: &Candidate) -> Option<Problem> {
    let run = status.runs.iter().find(|run| run.candidate == candidate.name)?;
    Some(Problem::new(run.reason?, run.message.clone()?))
}
