//! What each run needs to know of its model before it can start: its version, and the request that follows.

use std::collections::HashMap;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use super::attempts::Subject;
use super::context::Jobs;
use super::pass::Pass;
use api::{Candidate, ModelSelectionStatus, Reason, RunState, RunStatus};
use catalog::{CatalogError, Shared, job_request};
use decide::definition::Source;
use decide::identity::{Identity, tag};
use decide::plan::{Pin, cells_of, definition, pinned, pinned_by_jobs};
use decide::problem::Problem;
use sagemaker::{Class, JobRequest, Operation, TuningError};

/// Models asked for in one pass: the first jobs of a large selection need not wait for the last model. All at a time, since
/// the limits of the region space the calls: what comes too late for this pass is there for the next.
pub(super) const PER_PASS: usize = 24;
/// How soon what has been asked is looked for again: seldom enough that many who wait leave places to others.
const PENDING_FIRST: Duration = Duration::from_millis(200);
const PENDING_MOST: Duration = Duration::from_secs(5);
/// A right that is missing may be given at any time.
const RIGHTS_FIRST: Duration = Duration::from_secs(15);
const RIGHTS_MOST: Duration = Duration::from_secs(300);
/// What is tried again by itself although a person must help, since the cure may lie outside of the spec.
const RETRY_FIRST: Duration = Duration::from_secs(60);
const RETRY_MOST: Duration = Duration::from_secs(3600);

/// The version of each candidate's model, in the order of the candidates; `None` for own images.
pub(super) async fn pins(at: &Pass<'_>, before: &ModelSelectionStatus) -> Vec<Option<Pin>> {
    let earlier = OnceCell::new();
    let pin = async |candidate: &Candidate| -> Option<Pin> {
        let model = candidate.jump_start.as_ref()?;
        if let Some(version) = pinned(before, candidate) {
            return Some(Ok(version));
        }
        let subject = Subject::Pin(candidate.name.clone());
        if !at.may_try(&subject) {
            // Said before, and not yet to be asked again.
            let said = before.runs.iter().find(|run| run.candidate == candidate.name);
            if let Some((reason, message)) = said.and_then(|run| Some((run.reason?, run.message.clone()?))) {
                return Some(Err(Problem::new(reason, message)));
            }
        }
        match earlier.get_or_init(|| earlier_life(at)).await {
            Ok(jobs) => {
                if let Some(version) = pinned_by_jobs(jobs, candidate) {
                    return Some(Ok(version));
                }
            }
            Err(error) => return Some(Err(at.trouble(subject, error.clone()))),
        }
        let wanted = model.version.as_deref().unwrap_or("*");
        let answer = at.ctx.catalog.version(&at.region, &model.model_id, wanted, at.until).await;
        Some(answer.map_err(|error| at.trouble(subject, error)))
    };
    let pins: Vec<Option<Pin>> = stream::iter(&at.spec.candidates).map(pin).buffered(PER_PASS).collect().await;
    if pins.iter().flatten().all(Result::is_ok) {
        // All versions are known; a later one is looked up anew, with the jobs that there are by then.
        at.ctx.forget_earlier_life(&at.uid);
    }
    pins
}

/// The tags of the jobs that this selection made in an earlier life: before it was deleted, or its cluster rebuilt. Asked
/// once, and only when a version is open: the same manifest then means the same jobs, even if the hub has moved on.
async fn earlier_life(at: &Pass<'_>) -> Result<Jobs, CatalogError> {
    let run = RunStatus::default();
    let Identity { scope, namespace, name, .. } = at.identity(&run);
    let wanted = [(tag::SCOPE, scope), (tag::NAMESPACE, namespace), (tag::NAME, name)];
    let wanted = wanted.map(|(key, value)| (key, value.to_owned()));
    let search = || {
        let region = at.region.clone();
        let search = async move {
            match region.tags_of_jobs_with(&wanted).await {
                // Without the right to search (or a service that cannot) there is no earlier life to be seen.
                Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
                    tracing::warn!(%error, "cannot look for jobs of an earlier life; the newest versions are used");
                    Ok(Jobs::default())
                }
                jobs => jobs.map(Jobs::from),
            }
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
    let search = at.ctx.earlier_life(&at.uid, search);
    match tokio::time::timeout_at(at.until, search).await {
        Err(_) => Err(CatalogError::Pending),
        Ok(Ok(jobs)) => Ok(jobs),
        Ok(Err(error)) => {
            at.ctx.forget_earlier_life(&at.uid);
            Err(CatalogError::Fault(error))
        }
    }
}

/// The request of each run that waits and can be resolved, by index; the others get the reason why not. Runs beyond
/// what one pass may newly read are left for the next.
pub(super) async fn requests(
    at: &Pass<'_>,
    runs: &mut [RunStatus],
    pins: &[Option<Pin>],
) -> HashMap<usize, JobRequest> {
    let spec = &at.spec;
    let mut unread: Vec<(&str, &str)> = Vec::new();
    let mut wanted = Vec::new();
    if spec.suspend {
        return HashMap::new();
    }
    let cells = spec.datasets.iter().flat_map(|dataset| cells_of(spec, dataset, pins).map(move |cell| (dataset, cell)));
    for (index, (dataset, (candidate, pin))) in cells.enumerate() {
        let run = &runs[index];
        let subject = Subject::resolve(run);
        if run.state != RunState::Waiting || run.attached || !at.may_start(run) {
            continue;
        }
        let Ok(definition) = definition(spec, at.region.name(), dataset, candidate, pin.as_ref()) else { continue };
        if let (Some(model), Some(Ok(version))) = (&candidate.jump_start, pin)
            && !at.ctx.catalog.knows(&at.region, &model.model_id, version)
        {
            let model = (model.model_id.as_str(), version.as_str());
            if !unread.contains(&model) {
                if unread.len() == PER_PASS {
                    continue;
                }
                unread.push(model);
            }
        }
        wanted.push((index, definition, subject));
    }
    let shared = OnceCell::new();
    let resolved: Vec<_> = stream::iter(wanted)
        .map(async |(index, definition, subject)| {
            let run = &runs[index];
            let model = match &definition.source {
                Source::Image { .. } | Source::Algorithm { .. } | Source::TuningJob { .. } => Ok(None),
                Source::JumpStart { model_id, version } => {
                    at.ctx.catalog.model(&at.region, model_id, version, at.until).await.map(Some)
                }
            };
            let mut request = model.and_then(|model| {
                job_request(spec, &definition, model.as_deref(), &at.identity(run)).map_err(CatalogError::Problem)
            });
            let candidate = spec.candidates.iter().find(|candidate| candidate.name == run.candidate);
            if let (Ok(_), Some(candidate)) = (&request, candidate) {
                let (shared, open) = shared.get_or_init(|| shared_names(at, pins)).await;
                if let Some(name) = shared.unknown(&definition, candidate) {
                    let problem = || CatalogError::Problem(shared.problem(spec, name));
                    request = Err(if *open { CatalogError::Pending } else { problem() });
                }
            }
            if request.is_ok() {
                at.succeeded(&subject);
            }
            (index, request.map_err(|error| at.trouble(subject, error)))
        })
        .buffered(PER_PASS)
        .collect()
        .await;
    let mut requests = HashMap::new();
    for (index, request) in resolved {
        match request {
            Ok(request) => {
                if runs[index].reason.is_some_and(|reason| reason.of_resolution() || reason == Reason::Progressing) {
                    runs[index] = std::mem::take(&mut runs[index]).with(RunState::Waiting, Some(Reason::Queued), None);
                }
                requests.insert(index, request);
            }
            // A job that may exist already keeps its name.
            Err(Problem { reason, message }) => {
                runs[index] = std::mem::take(&mut runs[index]).with(RunState::Waiting, Some(reason), Some(&message));
            }
        }
    }
    requests
}

/// The hyperparameters fixed for all candidates that none of them has, and whether that is open: models are being asked
/// for. Models are only asked as long as there is such a name, so mostly one. With a candidate that cannot be resolved
/// nothing is said: it may be the one that has the name.
async fn shared_names(at: &Pass<'_>, pins: &[Option<Pin>]) -> (Shared, bool) {
    let mut shared = if at.held.is_some() { Shared::default() } else { Shared::of(&at.spec) };
    let mut open = false;
    for (candidate, pin) in at.spec.candidates.iter().zip(pins) {
        let Some(model) = candidate.jump_start.as_ref().filter(|_| !shared.settled()) else { continue };
        let answer = match pin {
            Some(Ok(version)) => at.ctx.catalog.model(&at.region, &model.model_id, version, at.until).await,
            Some(Err(problem)) if problem.reason == Reason::Progressing => Err(CatalogError::Pending),
            _ => return (Shared::default(), false),
        };
        match answer {
            Ok(model) => shared.see(&model, &at.spec.training.instance_type),
            Err(CatalogError::Pending) => open = true,
            Err(_) => return (Shared::default(), false),
        }
    }
    (shared, open)
}

impl Pass<'_> {
    /// Notes that the hub or the model gives trouble, and says so in the words of the status.
    pub(super) fn trouble(&self, subject: Subject, error: CatalogError) -> Problem {
        let (first, most, told) = match error {
            CatalogError::Pending => {
                let message = "JumpStart is being asked for the models".to_owned();
                (PENDING_FIRST, PENDING_MOST, Problem::new(Reason::Progressing, message))
            }
            CatalogError::Problem(problem) => (RETRY_FIRST, RETRY_MOST, problem),
            CatalogError::Fault(fault) if fault.class.reason().needs_person() => {
                (RIGHTS_FIRST, RIGHTS_MOST, Problem::new(fault.class.reason(), fault.explain()))
            }
            CatalogError::Fault(fault) => {
                let message = format!("{fault}; trying again");
                (Duration::from_secs(2), Duration::from_secs(60), Problem::new(Reason::RetryingAfterError, message))
            }
        };
        self.failed(subject, first, most);
        if told.reason != Reason::Progressing {
            tracing::info!(reason = told.reason.as_str(), why = told.message, "a model is not resolved");
        }
        told
    }
}
