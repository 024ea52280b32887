//! The serving containers of recommended models: from the status, from the spec, or from the model's description.

use tokio::time::Instant;

use super::pass::Pass;
use super::requests::unresolved;
use api::{Candidate, Front, Hosting, ModelSelectionSpec, ModelSelectionStatus, RunStatus};
use catalog::CatalogError;
use decide::effective::instance_type;
use decide::hosting;
use decide::retry::Task;

/// Adds the serving container to each recommendation. A later reconcile uses descriptions that arrive after `until`.
pub(super) async fn add_hosting(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    until: Instant,
) {
    let last = pass.ctx.stores.newest(&pass.selection);
    // An image that another client wrote must not be deployed.
    let last = last.status.as_ref().filter(|_| !pass.is_unverified());
    let ModelSelectionStatus { fronts, runs, .. } = status;
    for front in fronts {
        let hosting = hosting_of_front(pass, spec, front, runs, last, until).await;
        if let Some(recommendation) = &mut front.recommendation {
            recommendation.hosting = hosting;
        }
    }
}

async fn hosting_of_front(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    front: &Front,
    runs: &[RunStatus],
    last: Option<&ModelSelectionStatus>,
    until: Instant,
) -> Option<Hosting> {
    let name = front.recommendation.as_ref()?.candidate.as_deref()?;
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == name)?;
    // An edit may have changed what the spec tells.
    let known = hosting::of_spec(spec, candidate).or_else(|| hosting::known(front, runs, last?));
    match known {
        Some(known) => Some(known),
        None => {
            described(pass, instance_type(spec, candidate), candidate, hosting::run(runs, name, &front.dataset)?, until)
                .await
        }
    }
}

/// From the description of exactly the trained version.
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
