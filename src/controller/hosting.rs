//! What serves the recommended models: as the status has it, or by the spec, or by the description of the model.

use tokio::time::Instant;

use super::pass::Pass;
use super::requests::unresolved;
use api::{Candidate, Front, Hosting, ModelSelectionSpec, ModelSelectionStatus, RunStatus};
use catalog::CatalogError;
use decide::effective::instance_type;
use decide::hosting;
use decide::retry::Task;

/// Adds to each recommendation what serves the model. Descriptions that have not come by `until` are there for a later pass.
pub(super) async fn bring(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    until: Instant,
) {
    let last = pass.ctx.newest(&pass.selection);
    // An image that somebody else has written must not be deployed.
    let last = last.status.as_ref().filter(|_| !pass.is_unverified());
    let ModelSelectionStatus { fronts, runs, .. } = status;
    for front in fronts {
        let known = last.and_then(|last| hosting::known(front, runs, last));
        let hosting = match known {
            Some(known) => Some(known),
            None => found(pass, spec, front, runs, until).await,
        };
        if let Some(recommendation) = &mut front.recommendation {
            recommendation.hosting = hosting;
        }
    }
}

async fn found(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    front: &Front,
    runs: &[RunStatus],
    until: Instant,
) -> Option<Hosting> {
    let name = front.recommendation.as_ref()?.candidate.as_deref()?;
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == name)?;
    match hosting::of_spec(spec, candidate) {
        Some(hosting) => Some(hosting),
        None => {
            described(pass, instance_type(spec, candidate), candidate, hosting::run(runs, name, &front.dataset)?, until)
                .await
        }
    }
}

/// By the description of the very version that was trained.
async fn described(
    pass: &Pass<'_>,
    trained_on: &str,
    candidate: &Candidate,
    run: &RunStatus,
    until: Instant,
) -> Option<Hosting> {
    let task = Task::FindHosting(candidate.name.clone());
    let (id, version) = (run.model_id.as_deref()?, run.model_version.as_deref()?);
    if !pass.may_try(&task) {
        return None;
    }
    match pass.ctx.catalog.model(&pass.region, id, version, pass.tried(&task), until).await {
        Ok(model) => {
            pass.succeeded(&task);
            Some(hosting::of_model(model.hosting(trained_on, pass.region.name()), id, version))
        }
        Err(CatalogError::Problem(problem)) => Some(Hosting::none(&problem.message)),
        Err(error) => {
            unresolved(pass, task, error);
            None
        }
    }
}
