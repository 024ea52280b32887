//! Creates jobs. Idempotent: the name of a job is computed from its identity, and an existing job is adopted.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use parking_lot::Mutex;

use super::adopt::{Found, adopt};
use super::concurrency_limiter::ByType;
use super::pass::Pass;
use super::retry_memory::Failures;
use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus};
use decide::permits::{Choice, Claim, InstanceTypes, choose, holds_permit, own_limit, permits_held, startable};
use decide::problem::Problem;
use decide::retry::{Outcome, Task, reported_reason};
use decide::run::{RunEvent, after, apply};
use platform::clock;
use sagemaker::{Class, JobRequest, Operation, TuningError};

/// Concurrent creates.
const CONCURRENCY: usize = 4;
/// Most creates in one pass: as many as take this many seconds at the current rate, so that the status shows progress
/// in between. No job is created while a pass observes and writes, so short passes would use less of the rate.
const SECONDS_PER_PASS: f64 = 60.0;
/// Bounds of that number.
const PER_PASS: RangeInclusive<usize> = 16..=256;
/// How long a pass creates jobs if the rate has fallen meanwhile: it must end before its deadline.
const PASS_TIME_MAX: Duration = Duration::from_secs(90);

/// A run to create.
pub(super) struct Chosen {
    index: usize,
    request: Arc<JobRequest>,
    /// The instance type whose quota SageMaker charges for the job.
    instance_type: String,
    /// The job may exist from an earlier try. On a first try, a refusal means that it does not exist.
    may_exist: bool,
}

/// Chooses the runs to create now, and assigns their job names. See [`choose`].
pub(super) fn chosen(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &mut ModelSelectionStatus,
    mut requests: HashMap<usize, Arc<JobRequest>>,
) -> Vec<Chosen> {
    let Pass { ctx, uid, .. } = pass;
    let types = InstanceTypes::of(spec);
    // After a fault that affects every job, a single create probes whether it is over.
    let probes = ctx.retries.failures(uid, &Task::CreateAny).is_some();
    let mut ready = ready(pass, &types, &status.runs, &requests);
    ready.sort_by_cached_key(|&index| {
        let run = &status.runs[index];
        // The fault may be that of one run after all: once it has failed twice, the others come first.
        let failed = ctx.retries.failures(uid, &Task::create(run)).map_or(1, |failures| failures.times);
        (if probes { failed } else { 0 }, quota_refused(pass, types.of_run(run)), index)
    });
    let room = own_limit(spec).saturating_sub(permits_held(status));
    let most = if probes { 1 } else { most_at(pass.region.rate(Operation::CreateHyperParameterTuningJob)) };
    let granted = |wanted: &[usize]| granted(pass, spec, status, &types, wanted);
    let Choice { repeated, fresh, queued } = choose(&status.runs, &ready, room, most, granted);
    for index in queued {
        let run = &mut status.runs[index];
        // A run that waits for another reason than a permit keeps that reason.
        if ctx.retries.failures(uid, &Task::create(run)).is_none() {
            apply(run, RunEvent::Queued);
        }
    }
    let all = repeated.into_iter().map(|index| (index, true)).chain(fresh.into_iter().map(|index| (index, false)));
    all.filter_map(|(index, may_exist)| {
        let (request, run) = (requests.remove(&index)?, &mut status.runs[index]);
        let instance_type = types.of_run(run).to_owned();
        apply(run, RunEvent::Chosen { job_name: &request.name });
        run.warning.clone_from(&request.warning);
        run.own_split = request.own_split;
        Some(Chosen { index, request, instance_type, may_exist })
    })
    .collect()
}

/// Most creates in one pass, at a rate in calls per second.
fn most_at(rate: f64) -> usize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a cast of a large number saturates
    let most = (rate * SECONDS_PER_PASS) as usize;
    most.clamp(*PER_PASS.start(), *PER_PASS.end())
}

/// The runs that have a request and may be tried now.
fn ready(
    pass: &Pass<'_>,
    types: &InstanceTypes<'_>,
    runs: &[RunStatus],
    requests: &HashMap<usize, Arc<JobRequest>>,
) -> Vec<usize> {
    if !pass.may_try(&Task::CreateAny) {
        return Vec::new();
    }
    let refused = |run: &RunStatus| holds_permit(run) && quota_refused(pass, types.of_run(run));
    let may_try = |index: &usize| !is_proving(pass, &runs[*index]) && !refused(&runs[*index]);
    requests.keys().copied().filter(may_try).collect()
}

/// Whether a job of the run's name exists whose tags are not visible yet: creating it again would not tell whose it is.
fn is_proving(pass: &Pass<'_>, run: &RunStatus) -> bool {
    let name = run.tuning_job_name.clone().unwrap_or_default();
    pass.ctx.retries.failures(&pass.uid, &Task::Prove(name)).is_some()
}

/// Which of the runs that want a permit get one.
fn granted(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    types: &InstanceTypes<'_>,
    wanted: &[usize],
) -> Vec<usize> {
    let claim = Claim::of(spec, status, wanted.iter().map(|&index| &status.runs[index]));
    let mut left = pass.ctx.permits.reserve(&pass.claimant, claim, clock::steady());
    let mut takes = |index: usize| match left.get_mut(types.of_run(&status.runs[index])) {
        None | Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    };
    wanted.iter().copied().filter(|&index| takes(index)).collect()
}

/// Whether SageMaker has refused a further job on `instance_type`, and the pause before the next try is not over.
fn quota_refused(pass: &Pass<'_>, instance_type: &str) -> bool {
    pass.ctx.permits.next_try(&pass.pool(instance_type), clock::steady()).is_some()
}

/// Faults that would also affect further creates.
#[derive(Default)]
struct Halts {
    /// Affects all creates.
    all: Option<Class>,
    /// The instance types whose quota is used up.
    refused: BTreeSet<String>,
}

impl Halts {
    /// Why no further job on `instance_type` is created.
    fn of(&self, instance_type: &str) -> Option<Reason> {
        let refused = || self.refused.contains(instance_type).then_some(Reason::QuotaExceeded);
        self.all.map(|_| Reason::Queued).or_else(refused)
    }

    fn add(&mut self, instance_type: &str, fault: &Fault, created: bool) {
        match fault.class {
            Class::Quota => drop(self.refused.insert(instance_type.to_owned())),
            // A throttled call has already slowed down the next ones; a call that would have waited too long for the
            // rate limiter was not sent.
            Class::Throttled if fault.sent => {}
            Class::Throttled => self.all = self.all.or(Some(Class::Throttled)),
            class if affects_all(class) && !created => self.all = self.all.or(Some(class)),
            _ => {}
        }
    }
}

/// Creates the chosen jobs. A fault that affects all of them, an edit or a deletion stops the loop: the remaining ones
/// are not tried.
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
    let halts = Mutex::new(Halts::default());
    let until = clock::after(clock::real(PASS_TIME_MAX));
    let halt = |instance_type: &str| {
        let over = pass.is_outdated() || clock::instant_now() >= until;
        halts.lock().of(instance_type).or(over.then_some(Reason::Queued))
    };
    let mut results = stream::iter(chosen)
        .map(async |(chosen, run)| match halt(&chosen.instance_type) {
            Some(reason) => (after(run, RunEvent::NotTried { reason, may_exist: chosen.may_exist }), None, chosen),
            None => {
                let (run, fault) = create_one(pass, spec, &chosen, run).await;
                (run, fault, chosen)
            }
        })
        .buffer_unordered(CONCURRENCY);
    let mut created = BTreeSet::new();
    while let Some((run, fault, Chosen { index, instance_type, .. })) = results.next().await {
        if run.state != RunState::Waiting {
            pass.cache().requests.remove(&run);
        }
        if let Some(fault) = &fault {
            halts.lock().add(&instance_type, fault, !created.is_empty());
        } else {
            pass.succeeded(&Task::create(&run));
        }
        if run.state.active() || run.state.ended() {
            created.insert(instance_type);
        }
        status.runs[index] = run;
    }
    drop(results);
    settle(pass, spec, status, &created, &halts.into_inner());
}

/// Records what the results mean for further creates.
fn settle(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    created: &BTreeSet<String>,
    halts: &Halts,
) {
    let Pass { ctx, uid, .. } = pass;
    let held = Claim::of(spec, status, [].iter()).held;
    let running = |instance_type: &String| held.get(instance_type).copied().unwrap_or_default();
    if !created.is_empty() {
        pass.succeeded(&Task::CreateAny);
    }
    for instance_type in created {
        ctx.permits.accepted(uid, &pass.pool(instance_type), running(instance_type));
    }
    // Once per pass, and only after every call has its response: then the number of running jobs is the quota.
    for instance_type in &halts.refused {
        let (pool, now) = (pass.pool(instance_type), clock::steady());
        let pause = ctx.permits.refused(uid, &pool, running(instance_type), now);
        ctx.wake_after(&pool.region, pause);
    }
    if let Some(class) = halts.all {
        pass.failed(Task::CreateAny, Outcome::Fault(class));
    }
}

/// Whether a fault of this class affects every other job of the selection too.
fn affects_all(class: Class) -> bool {
    matches!(class, Class::Denied | Class::Credentials | Class::Clock | Class::Role | Class::Transient)
}

/// Why a job was not created.
struct Fault {
    class: Class,
    /// The call was sent to SageMaker.
    sent: bool,
}

impl Fault {
    fn of(error: &TuningError) -> Self {
        Self { class: error.class, sent: error.code.is_some() }
    }
}

async fn create_one(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    chosen: &Chosen,
    run: RunStatus,
) -> (RunStatus, Option<Fault>) {
    let Chosen { request, may_exist, .. } = chosen;
    let answer = pass.region.create(request).await;
    if answer.as_ref().err().is_none_or(|error| error.class == Class::Transient) {
        // That the job did not show before says nothing about one that this call may have created.
        pass.succeeded(&Task::Find(request.name.clone()));
    }
    match answer {
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
) -> (RunStatus, Option<Fault>) {
    match adopt(pass, spec, run.clone()).await {
        Found::Adopted(run) => (run, None),
        Found::Foreign(run) => {
            pass.failed(Task::create(&run), Outcome::Fault(Class::Invalid));
            (run, Some(Fault { class: Class::Invalid, sent: true }))
        }
        Found::Unproven(error) | Found::Fault(error) => not_created(pass, run, &error, true),
        Found::Absent(error) => {
            // Either the job is not visible yet, or it was deleted and its name stays reserved. After the consistency
            // window it is the latter.
            let failures = pass.failed(Task::Find(request.name.clone()), Outcome::Fault(error.class));
            if pass.is_missing(failures) {
                return (after(run, RunEvent::NextAttempt), None);
            }
            not_created(pass, run, &error, true)
        }
    }
}

fn not_created(pass: &Pass<'_>, run: RunStatus, error: &TuningError, may_exist: bool) -> (RunStatus, Option<Fault>) {
    let lasting = match error.class {
        // The limiter lowers the rate or the quota for all selections; the run itself is fine.
        Class::Quota | Class::Throttled => Duration::ZERO,
        class => {
            let failures: Failures = pass.failed(Task::create(&run), Outcome::Fault(class));
            failures.lasting(clock::steady())
        }
    };
    let grace = pass.ctx.settings.grace();
    let problem = Problem::new(reported_reason(error.class, lasting, grace), error.explain());
    (after(run, RunEvent::NotCreated { problem: &problem, may_exist }), Some(Fault::of(error)))
}

/// The permits that the selection holds, and how many more jobs it would start if only the operator-wide limits
/// applied. Permits that its own limit forbids to use must stay available to others.
pub(super) fn claim(pass: &Pass<'_>, spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> Claim {
    let room = own_limit(spec).saturating_sub(permits_held(status));
    let room = if pass.may_try(&Task::CreateAny) { room } else { 0 };
    let types = InstanceTypes::of(spec);
    let waiting = startable(spec, &status.runs).map(|(_, run)| run);
    let mut waiting: Vec<&RunStatus> = waiting.filter(|run| !holds_permit(run) && pass.may_start(run)).collect();
    waiting.sort_by_cached_key(|run| quota_refused(pass, types.of_run(run)));
    Claim::of(spec, status, waiting.into_iter().take(room))
}

/// Whether another pass right away would make progress: permits are free, of which the selection may take `own`, and
/// runs can use them.
pub(super) fn more_to_do(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    own: &ByType,
) -> bool {
    let types = InstanceTypes::of(spec);
    let room = permits_held(status) < own_limit(spec);
    let free_now = |(_, run): (usize, &RunStatus)| {
        let instance_type = types.of_run(run);
        let permit = if holds_permit(run) {
            !quota_refused(pass, instance_type)
        } else {
            room && own.contains_key(instance_type)
        };
        permit && pass.may_start(run) && !is_proving(pass, run)
    };
    pass.may_try(&Task::CreateAny) && startable(spec, &status.runs).any(free_now)
}

/// When to look again for a job that may exist and whose creation hit a quota. Selections whose runs wait for a permit
/// are woken when it is their turn.
pub(super) fn next_repeat(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
) -> Option<Duration> {
    let types = InstanceTypes::of(spec);
    let unsure = startable(spec, &status.runs).map(|(_, run)| run).filter(|run| holds_permit(run));
    let pools = unsure.map(|run| pass.pool(types.of_run(run)));
    pools.filter_map(|pool| pass.ctx.permits.next_try(&pool, clock::steady())).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_creates_for_about_a_minute() {
        for (rate, most) in [(0.1, 16), (0.2, 16), (1.0, 60), (2.0, 120), (4.0, 240), (1e9, 256)] {
            assert_eq!(most_at(rate), most, "at {rate} a second");
        }
    }
}
