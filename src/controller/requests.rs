//! The requests of waiting runs. A request is sent to SageMaker once its run has a permit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::pass::{BELIEVED_ANSWERS, Pass};
use api::{ModelSelectionSpec, Reason, RunState, RunStatus};
use catalog::{CatalogError, Shared, job_request};
use decide::derived::Derivations;
use decide::effective::instance_type;
use decide::fingerprint::{Definition, Source};
use decide::plan::{ResolvedVersion, candidates_on, definition};
use decide::problem::Problem;
use decide::retry::{Outcome, Task};
use decide::run::{RunEvent, apply};
use sagemaker::{Class, JobRequest};

/// Most models requested in one pass, so that the first jobs of a large selection need not wait for the last model.
/// They are requested at once, since the rate limiter spaces the calls; late responses are in the cache for the next
/// pass.
pub(super) const PER_PASS: usize = 24;

/// The inputs of the requests.
pub(super) struct Inputs<'a> {
    /// The spec plus the candidates that the selectors have found.
    pub(super) spec: &'a ModelSelectionSpec,
    /// The resolved version of each candidate's model.
    pub(super) versions: &'a [Option<ResolvedVersion>],
    /// Whether candidates are missing because a selector has no result yet.
    pub(super) incomplete: bool,
    /// How long the pass waits for descriptions of models.
    pub(super) until: tokio::time::Instant,
}

/// The request of each run that waits and can be resolved, by index; the others report why not. Runs beyond the limit
/// of newly read models are left for the next pass. A request is built once: a run that waits for its permit costs
/// nothing.
pub(super) async fn requests(
    pass: &Pass<'_>,
    inputs: &Inputs<'_>,
    runs: &mut [RunStatus],
) -> HashMap<usize, Arc<JobRequest>> {
    if inputs.spec.suspend {
        return HashMap::new();
    }
    let derivations = pass.derivations(inputs.spec);
    if let Some(problem) = derivations.over_budget() {
        let waiting = runs.iter_mut().filter(|run| run.state == RunState::Waiting && !run.attached);
        waiting.for_each(|run| apply(run, RunEvent::NotResolved(&problem)));
        return HashMap::new();
    }
    let mut requests = known(pass, runs);
    let wanted = wanted(pass, inputs, runs, &requests);
    let parents = parents(pass, &wanted).await;
    let shared = OnceCell::new();
    let resolved: Vec<_> = stream::iter(wanted)
        .map(async |(index, definition)| {
            let request = request(pass, inputs, &derivations, &runs[index], &definition, &shared).await;
            let request = request.and_then(|request| match parents.waits_for(&definition) {
                Some(problem) => Err(CatalogError::Problem(problem)),
                None => Ok(request),
            });
            let task = Task::resolve_request(&runs[index]);
            if request.is_ok() {
                pass.succeeded(&task);
            }
            (index, request.map_err(|error| unresolved(pass, task, error)))
        })
        .buffered(PER_PASS)
        .collect()
        .await;
    for (index, request) in resolved {
        match request {
            Ok(request) => {
                apply(&mut runs[index], RunEvent::Resolved);
                let request = Arc::new(request);
                // While a candidate is missing, it is unknown whether the names that all candidates share are valid.
                if !inputs.incomplete {
                    pass.cache().requests.insert(&runs[index], request.clone());
                }
                requests.insert(index, request);
            }
            Err(problem) => apply(&mut runs[index], RunEvent::NotResolved(&problem)),
        }
    }
    requests
}

/// The requests that were built earlier, of runs that may start.
fn known(pass: &Pass<'_>, runs: &[RunStatus]) -> HashMap<usize, Arc<JobRequest>> {
    let waiting = runs.iter().enumerate().filter(|(_, run)| run.state == RunState::Waiting && pass.may_start(run));
    let cache = pass.cache();
    waiting.filter_map(|(index, run)| Some((index, cache.requests.of(run)?))).collect()
}

/// The runs whose requests are built in this pass, with their definitions.
fn wanted(
    pass: &Pass<'_>,
    inputs: &Inputs<'_>,
    runs: &[RunStatus],
    known: &HashMap<usize, Arc<JobRequest>>,
) -> Vec<(usize, Definition)> {
    let Inputs { spec, versions, .. } = inputs;
    let mut unread: Vec<(&str, &str)> = Vec::new();
    let mut wanted = Vec::new();
    let pairs = spec
        .datasets
        .iter()
        .flat_map(|dataset| candidates_on(spec, dataset, versions).map(move |candidate| (dataset, candidate)));
    for (index, (dataset, (candidate, version))) in pairs.enumerate() {
        let run = &runs[index];
        if run.state != RunState::Waiting || run.attached || known.contains_key(&index) || !pass.may_start(run) {
            continue;
        }
        let region = pass.region.name();
        let Ok(definition) = definition(spec, region, dataset, candidate, version.as_ref()) else { continue };
        if let (Some(model), Some(Ok(version))) = (&candidate.jump_start, version)
            && !pass.ctx.catalog.knows(&pass.region, &model.model_id, version)
        {
            let model = (model.model_id.as_str(), version.as_str());
            if !unread.contains(&model) {
                if unread.len() == PER_PASS {
                    continue;
                }
                unread.push(model);
            }
        }
        wanted.push((index, definition));
    }
    wanted
}

async fn request(
    pass: &Pass<'_>,
    inputs: &Inputs<'_>,
    derivations: &Derivations<'_>,
    run: &RunStatus,
    definition: &Definition,
    shared: &OnceCell<(Shared, bool)>,
) -> Result<JobRequest, CatalogError> {
    let spec = inputs.spec;
    let model = match &definition.source {
        Source::Image { .. } | Source::Algorithm { .. } | Source::TuningJob { .. } => None,
        Source::JumpStart { model_id, version } => {
            let tried = pass.tried(&Task::resolve_request(run));
            Some(pass.ctx.catalog.model(&pass.region, model_id, version, tried, inputs.until).await?)
        }
    };
    // Large expressions take a while, and other selections must not wait for that.
    let request = tokio::task::block_in_place(|| {
        job_request(derivations, definition, model.as_deref(), &pass.identity(run)).map_err(CatalogError::Problem)
    })?;
    let Some(candidate) = spec.candidates.iter().find(|candidate| candidate.name == run.candidate) else {
        return Ok(request);
    };
    let (shared, open) = shared.get_or_init(|| shared_names(pass, inputs)).await;
    match shared.unknown(definition, candidate) {
        None => Ok(request),
        Some(_) if *open => Err(CatalogError::Pending),
        Some(name) => Err(CatalogError::Problem(shared.problem(spec, name))),
    }
}

/// The hyperparameters fixed for all candidates that no candidate has, and whether this is still unknown because models
/// are being requested. Models are requested only while such a name remains, so usually one is enough. If a candidate
/// cannot be resolved, nothing is reported: it may be the one that has the name.
async fn shared_names(pass: &Pass<'_>, inputs: &Inputs<'_>) -> (Shared, bool) {
    let Inputs { spec, versions, incomplete, until } = inputs;
    let mut shared = if *incomplete { Shared::default() } else { Shared::of(spec) };
    let mut open = false;
    for (candidate, version) in spec.candidates.iter().zip(*versions) {
        let Some(model) = candidate.jump_start.as_ref().filter(|_| !shared.settled()) else { continue };
        let answer = match version {
            Some(Ok(version)) => {
                pass.ctx.catalog.model(&pass.region, &model.model_id, version, Timestamp::MIN, *until).await
            }
            Some(Err(problem)) if problem.reason == Reason::Progressing => Err(CatalogError::Pending),
            _ => return (Shared::default(), false),
        };
        match answer {
            Ok(model) => shared.see(&model, instance_type(spec, candidate)),
            Err(CatalogError::Pending) => open = true,
            Err(_) => return (Shared::default(), false),
        }
    }
    (shared, open)
}

/// The warm start parents that have not ended or do not exist, by name, each with the problem that its children report.
struct Parents(BTreeMap<String, Problem>);

impl Parents {
    fn waits_for(&self, definition: &Definition) -> Option<Problem> {
        let warm_start = definition.warm_start.as_ref()?;
        warm_start.parent_tuning_job_names.iter().find_map(|parent| self.0.get(parent).cloned())
    }
}

/// Describes the parents of warm starts, because SageMaker refuses a parent that has not ended. One call for each
/// parent.
async fn parents(pass: &Pass<'_>, wanted: &[(usize, Definition)]) -> Parents {
    let mut parents = BTreeMap::new();
    let named = wanted.iter().filter_map(|(_, definition)| definition.warm_start.as_ref());
    for parent in named.flat_map(|warm_start| &warm_start.parent_tuning_job_names) {
        if parents.contains_key(parent) {
            continue;
        }
        let described = pass.region.describe(parent).await;
        if described.is_ok() {
            pass.succeeded(&Task::Find(parent.clone()));
        }
        let problem = match described {
            Ok(job) if job.status.runs() => {
                let message = format!("waiting for the warm start's parent, the tuning job '{parent}', to end");
                Problem::new(Reason::WaitingForParent, message)
            }
            Err(error) if error.class == Class::NotFound => no_parent(pass, parent),
            // If the parent cannot be described, SageMaker's response to Create decides.
            Ok(_) | Err(_) => continue,
        };
        parents.insert(parent.clone(), problem);
    }
    Parents(parents)
}

/// The problem of a run whose warm start's parent SageMaker does not show: the job may be new, or may be created later.
fn no_parent(pass: &Pass<'_>, parent: &str) -> Problem {
    let failures = pass.failed(Task::Find(parent.to_owned()), Outcome::Fault(Class::NotFound));
    if failures.times < BELIEVED_ANSWERS {
        let message = format!(
            "SageMaker does not show the warm start's parent yet, the tuning job '{parent}'; the operator looks again"
        );
        return Problem::new(Reason::WaitingForParent, message);
    }
    let message = format!(
        "the warm start's parent, the tuning job '{parent}', does not exist in {}; correct \
         `warmStart.parentTuningJobNames`",
        pass.region.name()
    );
    Problem::new(Reason::UnknownTuningJob, message)
}

/// Records that a model or a request is not available, and returns the problem for the status.
pub(super) fn unresolved(pass: &Pass<'_>, task: Task, error: CatalogError) -> Problem {
    let (outcome, problem) = match error {
        CatalogError::Pending => {
            (Outcome::Pending, Problem::new(Reason::Progressing, "waiting for JumpStart's model descriptions"))
        }
        // Polled as often as a running job.
        CatalogError::Problem(problem) if problem.reason == Reason::WaitingForParent => {
            (Outcome::Fault(Class::Transient), problem)
        }
        CatalogError::Problem(problem) => (Outcome::Refused, problem),
        CatalogError::Fault(fault) if fault.class.reason().needs_person() => {
            (Outcome::Fault(fault.class), Problem::new(fault.class.reason(), fault.explain()))
        }
        CatalogError::Fault(fault) => {
            let message = format!("{fault}; trying again");
            (Outcome::Fault(fault.class), Problem::new(Reason::RetryingAfterError, message))
        }
    };
    pass.failed(task, outcome);
    if problem.reason != Reason::Progressing {
        tracing::info!(reason = problem.reason.as_str(), why = problem.message, "a model is not resolved");
    }
    problem
}
