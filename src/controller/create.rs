//! Creates jobs. Safe to repeat: the name of a job follows from its identity, and a job that exists already is adopted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use parking_lot::Mutex;

use super::adopt::{Found, adopt};
use super::pass::Pass;
use super::retry_memory::Failures;
use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus};
use decide::permits::{Choice, Permission, choose, holds_permit, own_limit, permits_held, startable};
use decide::problem::Problem;
use decide::retry::{Outcome, Task, reported_reason};
use decide::run::{RunEvent, after, apply};
use platform::clock;
use sagemaker::{Class, JobRequest, TuningError};

/// Concurrent creates.
const CONCURRENCY: usize = 4;
/// Most creates in one pass, so that the status shows progress.
const PER_PASS: usize = 16;

/// A run to create.
pub(super) struct Chosen {
    index: usize,
    request: Arc<JobRequest>,
    /// The job may exist from an earlier try. For a first try, a refusal means that there is none.
    may_exist: bool,
}

/// Chooses the runs to create now, and gives them their names. See [`choose`].
pub(super) fn chosen(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    mut requests: HashMap<usize, Arc<JobRequest>>,
) -> Vec<Chosen> {
    let Pass { ctx, object, uid, pool, .. } = pass;
    let held = permits_held(status);
    // A job of that name exists, and its tags are not visible yet: creating it again would give no information.
    let proving = |run: &RunStatus| {
        let name = run.tuning_job_name.clone().unwrap_or_default();
        ctx.retries.failures(uid, &Task::Prove(name)).is_some()
    };
    let mut ready: Vec<usize> = requests.keys().copied().filter(|&index| !proving(&status.runs[index])).collect();
    ready.sort_unstable();
    let permission = Permission { create: pass.may_try(&Task::CreateAny), repeat: !quota_refused(pass) };
    let room = own_limit(spec).saturating_sub(held);
    let granted = |wanted| ctx.permits.reserve(uid, object, pool, held, wanted, clock::steady());
    // After a fault that affects every job, one create probes whether it is over.
    let probes = ctx.retries.failures(uid, &Task::CreateAny).is_some();
    let most = if probes { 1 } else { PER_PASS };
    let Choice { repeated, fresh, queued } = choose(&status.runs, &ready, room, permission, most, granted);
    for index in queued {
        let run = &mut status.runs[index];
        // A run that waits for another reason than a permit keeps that reason.
        if ctx.retries.failures(uid, &Task::create(run)).is_none() {
            apply(run, RunEvent::Queued);
        }
    }
    let all = repeated.into_iter().map(|index| (index, true)).chain(fresh.into_iter().map(|index| (index, false)));
    all.filter_map(|(index, may_exist)| {
        let request = requests.remove(&index)?;
        apply(&mut status.runs[index], RunEvent::Chosen { job_name: &request.name });
        status.runs[index].warning.clone_from(&request.warning);
        status.runs[index].own_split = request.own_split;
        Some(Chosen { index, request, may_exist })
    })
    .collect()
}

/// Whether SageMaker has refused a further job of the pool, and is not to be asked again yet.
fn quota_refused(pass: &Pass<'_>) -> bool {
    pass.ctx.permits.next_try(&pass.pool, clock::steady()).is_some()
}

/// Creates the chosen jobs. A fault that affects all of them stops the creation: the rest are not tried.
pub(super) async fn create(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    chosen: Vec<Chosen>,
) {
    let chosen: Vec<(Chosen, RunStatus)> = chosen
        .into_iter()
        .map(|chosen| {
            let run = status.runs[chosen.index].clone();
            (chosen, run)
        })
        .collect();
    let halted = Mutex::new(None::<Class>);
    let halt = || *halted.lock();
    let mut results = stream::iter(chosen)
        .map(async |(chosen, run)| match halt() {
            Some(class) => (chosen.index, not_tried(run, chosen.may_exist, class), None),
            None => {
                let (run, fault) = create_one(pass, spec, &chosen, run).await;
                (chosen.index, run, fault)
            }
        })
        .buffer_unordered(CONCURRENCY);
    let mut created = 0_usize;
    while let Some((index, run, fault)) = results.next().await {
        created += usize::from(run.state.active() || run.state.ended());
        let task = Task::create(&run);
        if run.state != RunState::Waiting {
            pass.cache().requests.remove(&run);
        }
        status.runs[index] = run;
        let Some(class) = fault else {
            pass.succeeded(&task);
            continue;
        };
        let ends_all = matches!(class, Class::Quota | Class::Throttled) || (meets_all(class) && created == 0);
        if ends_all {
            halted.lock().get_or_insert(class);
        }
    }
    drop(results);
    settle(pass, permits_held(status), created, halt());
}

/// Notes what the results mean for further creates.
fn settle(pass: &Pass<'_>, held: usize, created: usize, halt: Option<Class>) {
    let Pass { ctx, uid, pool, .. } = pass;
    if created > 0 {
        pass.succeeded(&Task::CreateAny);
        ctx.permits.accepted(uid, pool, held);
    }
    match halt {
        None => {}
        // Once per pass, and only after every call has its response: as many jobs run as the quota allows.
        Some(Class::Quota) => ctx.permits.refused(uid, pool, held, clock::steady()),
        Some(class) => drop(pass.failed(Task::CreateAny, Outcome::Fault(class))),
    }
}

/// A chosen run after another's fault has ended the creation.
fn not_tried(run: RunStatus, may_exist: bool, class: Class) -> RunStatus {
    let reason = if class == Class::Quota { Reason::QuotaExceeded } else { Reason::Queued };
    after(run, RunEvent::NotTried { reason, may_exist })
}

/// Whether a fault of this class affects every other job of the selection as well.
fn meets_all(class: Class) -> bool {
    matches!(class, Class::Denied | Class::Credentials | Class::Clock | Class::Role | Class::Transient)
}

async fn create_one(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    chosen: &Chosen,
    run: RunStatus,
) -> (RunStatus, Option<Class>) {
    let Chosen { request, may_exist, .. } = chosen;
    match pass.region.create(request).await {
        Ok(arn) => {
            tracing::info!(job = request.name, candidate = run.candidate, dataset = run.dataset, "tuning job created");
            (after(run, RunEvent::Created { arn: &arn }), None)
        }
        Err(error) if error.class == Class::Exists => exists(pass, spec, request, run).await,
        Err(error) => {
            tracing::info!(job = request.name, class = error.class.as_str(), %error, "tuning job not created");
            // After a transport fault the job may exist; any other response is a refusal.
            let may_exist = *may_exist || error.class == Class::Transient;
            not_created(pass, run, &error, may_exist)
        }
    }
}

/// The name is taken: by our own job, whose response was lost, or by a job of another owner.
async fn exists(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    request: &JobRequest,
    run: RunStatus,
) -> (RunStatus, Option<Class>) {
    match adopt(pass, spec, run.clone()).await {
        Found::Adopted(run) => (run, None),
        Found::Foreign(run) => {
            pass.failed(Task::create(&run), Outcome::Fault(Class::Invalid));
            (run, Some(Class::Invalid))
        }
        Found::Unproven(error) | Found::Fault(error) => not_created(pass, run, &error, true),
        Found::Absent(error) => {
            // The job is not visible yet, or it was deleted and the name stays taken: the latter after the consistency window.
            let failures = pass.failed(Task::Find(request.name.clone()), Outcome::Fault(error.class));
            if pass.is_missing(failures) {
                return (after(run, RunEvent::NextAttempt), None);
            }
            not_created(pass, run, &error, true)
        }
    }
}

fn not_created(pass: &Pass<'_>, run: RunStatus, error: &TuningError, may_exist: bool) -> (RunStatus, Option<Class>) {
    let lasting = match error.class {
        // The rate or the quota is lowered for all selections; nothing is wrong with the run.
        Class::Quota | Class::Throttled => Duration::ZERO,
        class => {
            let failures: Failures = pass.failed(Task::create(&run), Outcome::Fault(class));
            failures.lasting(clock::steady())
        }
    };
    let grace = pass.ctx.settings.grace();
    let problem = Problem::new(reported_reason(error.class, lasting, grace), error.explain());
    (after(run, RunEvent::NotCreated { problem: &problem, may_exist }), Some(error.class))
}

/// How many more jobs the selection would start if its own limit and those over all selections allowed it. What its own
/// limit forbids is not demanded, since others could have it.
pub(super) fn wanted(pass: &Pass<'_>, spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> usize {
    if !pass.may_try(&Task::CreateAny) {
        return 0;
    }
    let waiting = startable(spec, &status.runs).filter(|(_, run)| !holds_permit(run) && pass.may_start(run)).count();
    waiting.min(own_limit(spec).saturating_sub(permits_held(status)))
}

/// Whether another pass could continue now: there are permits, and runs that may take them.
pub(super) fn more_to_do(pass: &Pass<'_>, spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> bool {
    let room = permits_held(status) < own_limit(spec) && pass.ctx.permits.free(&pass.uid, clock::steady());
    let may_repeat = !quota_refused(pass);
    let free_now = |(_, run): (usize, &RunStatus)| {
        let permit = if holds_permit(run) { may_repeat } else { room };
        permit && pass.may_start(run)
    };
    pass.may_try(&Task::CreateAny) && startable(spec, &status.runs).any(free_now)
}

/// When a further job may be tried in a pool where SageMaker refused one, if any waits for that.
pub(super) fn next_probe(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
) -> Option<Duration> {
    let waits = startable(spec, &status.runs).next().is_some();
    pass.ctx.permits.next_try(&pass.pool, clock::steady()).filter(|_| waits)
}
