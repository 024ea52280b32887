//! Creating jobs. It may be repeated: a job is created under the name that follows from what it is for, and one that
//! exists already is taken up.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::attach::{PROPAGATION, Unattached, attach};
use super::attempts::{Failing, Subject};
use super::pass::Pass;
use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus};
use platform::clock;
use sagemaker::{Class, JobRequest, TuningError};

/// Creates at a time.
const CONCURRENCY: usize = 4;
/// Creates in one pass, so that the status shows progress.
const PER_PASS: usize = 16;

/// A run to create.
pub(super) struct Chosen {
    index: usize,
    request: JobRequest,
    /// Its job was never asked for before: a refusal means that there is none.
    fresh: bool,
}

/// The runs that would start at once if there were places: waiting, and not for a person.
fn startable<'a>(spec: &'a ModelSelectionSpec, runs: &'a [RunStatus]) -> impl Iterator<Item = (usize, &'a RunStatus)> {
    // A run of a candidate that is undecided waits for its selector.
    let decided: HashSet<&str> = spec.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let startable = move |run: &RunStatus| {
        run.state == RunState::Waiting
            && !run.attached
            && decided.contains(run.candidate.as_str())
            && run.definition.is_some()
            && !run.reason.is_some_and(Reason::needs_person)
    };
    runs.iter().enumerate().filter(move |(_, run)| !spec.suspend && startable(run))
}

/// Whether the run holds a place: its own job runs, or may have been created.
pub(super) fn holds_place(run: &RunStatus) -> bool {
    !run.attached && (run.state.active() || (run.state == RunState::Waiting && run.tuning_job_name.is_some()))
}

/// How many places a selection holds: its jobs that run or may exist, and superseded ones that have not ended.
pub(super) fn held(status: &ModelSelectionStatus) -> usize {
    status.runs.iter().filter(|run| holds_place(run)).count() + status.superseded.len()
}

/// Chooses the runs to create now, and gives them their names. Runs whose job may exist already come first: they hold a
/// place. The others come in the order of the spec, as far as there are places.
pub(super) fn choose(
    at: &Pass<'_>,
    status: &mut ModelSelectionStatus,
    mut requests: HashMap<usize, JobRequest>,
) -> Vec<Chosen> {
    let Pass { ctx, object, uid, pool, .. } = at;
    let held = held(status);
    let runs = &mut status.runs;
    let mut ready: Vec<usize> = requests.keys().copied().collect();
    ready.sort_unstable();
    let (unsure, fresh): (Vec<usize>, Vec<usize>) = ready.into_iter().partition(|&index| holds_place(&runs[index]));
    let may_create = at.may_try(&Subject::Creates);
    let room = own_limit(&at.spec).saturating_sub(held);
    let wanted = if may_create { fresh.len().min(room) } else { 0 };
    let granted = ctx.slots.reserve(uid, object, pool, held, wanted, clock::now());
    // They hold a place, but SageMaker may have none.
    let may_repeat = may_create && !refused(at);
    let unsure = unsure.into_iter().filter(|_| may_repeat).map(|index| (index, false));
    let (now, later) = fresh.split_at(granted);
    for &index in later.iter().filter(|_| may_create) {
        // What kept it from being resolved has passed, and nothing else is the matter with it.
        let run = &mut runs[index];
        if run.reason != Some(Reason::QuotaExceeded) && at.ctx.attempts.since(uid, &Subject::create(run)).is_none() {
            *run = std::mem::take(run).with(RunState::Waiting, Some(Reason::Queued), None);
        }
    }
    unsure
        .chain(now.iter().map(|&index| (index, true)))
        .take(PER_PASS)
        .filter_map(|(index, fresh)| {
            let request = requests.remove(&index)?;
            let run = std::mem::take(&mut runs[index]);
            // What went wrong before stays said until the answer to the new try is there: conditions and Events would
            // otherwise come and go with every try.
            let reason = run.reason.filter(|reason| *reason != Reason::Queued).or(Some(Reason::Creating));
            runs[index] = RunStatus { tuning_job_name: Some(request.name.clone()), reason, ..run };
            Some(Chosen { index, request, fresh })
        })
        .collect()
}

/// Whether SageMaker has refused a further job of the pool, and is not to be asked again yet.
fn refused(at: &Pass<'_>) -> bool {
    at.ctx.slots.next_try(&at.pool, clock::now()).is_some()
}

fn own_limit(spec: &ModelSelectionSpec) -> usize {
    usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1)
}

/// Creates the chosen jobs. A fault of a kind that would meet all of them ends the pass: the rest are not tried.
pub(super) async fn create(at: &Pass<'_>, status: &mut ModelSelectionStatus, chosen: Vec<Chosen>) {
    let (ctx, uid) = (at.ctx, &at.uid);
    let chosen: Vec<(Chosen, RunStatus)> = chosen
        .into_iter()
        .map(|chosen| {
            let run = status.runs[chosen.index].clone();
            (chosen, run)
        })
        .collect();
    let halted = Mutex::new(None::<Class>);
    let halt = || *halted.lock().unwrap_or_else(PoisonError::into_inner);
    let mut results = stream::iter(chosen)
        .map(async |(chosen, run)| match halt() {
            Some(class) => (chosen.index, untried(run, chosen.fresh, class), None),
            None => {
                let (run, fault) = create_one(at, &chosen, run).await;
                (chosen.index, run, fault)
            }
        })
        .buffer_unordered(CONCURRENCY);
    let mut created = 0_usize;
    while let Some((index, run, fault)) = results.next().await {
        created += usize::from(run.state.active() || run.state.ended());
        let subject = Subject::create(&run);
        status.runs[index] = run;
        let Some(class) = fault else {
            at.succeeded(&subject);
            continue;
        };
        let ends_pass = matches!(class, Class::Quota | Class::Throttled) || (meets_all(class) && created == 0);
        if ends_pass {
            halted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(class);
        }
        match class {
            // The rate has been lowered, or the quota is noted below; nothing is wrong with the run.
            Class::Quota | Class::Throttled => {}
            _ => drop(failed(at, subject, class)),
        }
    }
    drop(results);
    let held = held(status);
    if created > 0 {
        at.succeeded(&Subject::Creates);
        ctx.slots.accepted(uid, &at.pool, held);
    }
    match halt() {
        None => {}
        // Once for a pass, and only now that every call has its answer: the number that run is what the quota allows.
        Some(Class::Quota) => ctx.slots.refused(uid, &at.pool, held, clock::now()),
        Some(class) => drop(failed(at, Subject::Creates, class)),
    }
}

/// Notes a failure: what passes by itself is tried again within seconds, what waits for a person within minutes (the
/// cure may be elsewhere than in the spec), and what only an edit can cure hardly ever.
fn failed(at: &Pass<'_>, subject: Subject, class: Class) -> Failing {
    let seconds = Duration::from_secs;
    let (first, most) = match class {
        Class::Throttled => (seconds(1), seconds(30)),
        Class::Invalid => (seconds(60), seconds(3600)),
        class if class.reason().needs_person() => (seconds(15), seconds(300)),
        _ => (seconds(2), seconds(60)),
    };
    at.failed(subject, first, most)
}

/// A chosen run after another's fault ended the pass.
fn untried(run: RunStatus, fresh: bool, class: Class) -> RunStatus {
    let reason = if class == Class::Quota { Reason::QuotaExceeded } else { Reason::Queued };
    without_name_if(fresh, run).with(RunState::Waiting, Some(reason), None)
}

/// A fresh run that was not asked for, or refused, has no job. One that was asked for in an earlier pass may have one.
fn without_name_if(fresh: bool, run: RunStatus) -> RunStatus {
    if fresh { RunStatus { tuning_job_name: None, ..run } } else { run }
}

/// Whether a fault of this class would meet every other job of the selection as well.
fn meets_all(class: Class) -> bool {
    matches!(class, Class::Denied | Class::Credentials | Class::Role | Class::Transient)
}

async fn create_one(at: &Pass<'_>, chosen: &Chosen, run: RunStatus) -> (RunStatus, Option<Class>) {
    let Chosen { request, fresh, .. } = chosen;
    match at.region.create(request).await {
        Ok(arn) => {
            tracing::info!(job = request.name, candidate = run.candidate, dataset = run.dataset, "tuning job created");
            let run = RunStatus { tuning_job_arn: Some(arn), ..run };
            (run.with(RunState::Running, None, None), None)
        }
        Err(error) if error.class == Class::Exists => match attach(at, run.clone()).await {
            Ok(run) => (run, None),
            Err(Unattached::Foreign(run)) => (run, Some(Class::Invalid)),
            Err(Unattached::Fault(error)) => waiting(run, &error),
            Err(Unattached::Absent(error)) => {
                // The name is taken, yet there is no such job: news that has not spread, or an entry that was deleted and
                // whose name stays taken. After some time it is the latter.
                let (first, most) = (Duration::from_secs(2), Duration::from_secs(60));
                let failing = at.failed(Subject::Find(request.name.clone()), first, most);
                if failing.for_at_least(PROPAGATION, clock::now()) {
                    return (run.next_attempt(), None);
                }
                waiting(run, &error)
            }
        },
        Err(error) => {
            tracing::info!(job = request.name, class = error.class.as_str(), %error, "tuning job not created");
            let (run, class) = waiting(run, &error);
            // A fault on the way leaves open whether the job was made; any other answer is a refusal.
            (without_name_if(*fresh && error.class != Class::Transient, run), class)
        }
    }
}

fn waiting(run: RunStatus, error: &TuningError) -> (RunStatus, Option<Class>) {
    let run = run.with(RunState::Waiting, Some(error.class.reason()), Some(&error.explain()));
    (run, Some(error.class))
}

/// How many more jobs the selection would start if only the limits over all selections counted: what its own limit
/// forbids it must not keep from others.
pub(super) fn wanted(at: &Pass<'_>, status: &ModelSelectionStatus) -> usize {
    let spec = &at.spec;
    if !at.may_try(&Subject::Creates) {
        return 0;
    }
    let waiting = startable(spec, &status.runs).filter(|(_, run)| !holds_place(run) && at.may_start(run)).count();
    waiting.min(own_limit(spec).saturating_sub(held(status)))
}

/// Whether a further pass right now would get on: places are there, and runs that may take them.
pub(super) fn more_to_do(at: &Pass<'_>, status: &ModelSelectionStatus) -> bool {
    let spec = &at.spec;
    let room = held(status) < own_limit(spec) && at.ctx.slots.free(&at.uid, clock::now());
    let may_repeat = !refused(at);
    let free_now = |(_, run): (usize, &RunStatus)| {
        let place = if holds_place(run) { may_repeat } else { room };
        place && at.may_start(run)
    };
    at.may_try(&Subject::Creates) && startable(spec, &status.runs).any(free_now)
}

/// When a further job may be tried in a pool where SageMaker refused one, if any waits for that.
pub(super) fn next_probe(at: &Pass<'_>, status: &ModelSelectionStatus) -> Option<Duration> {
    let waits = startable(&at.spec, &status.runs).next().is_some();
    at.ctx.slots.next_try(&at.pool, clock::now()).filter(|_| waits)
}
