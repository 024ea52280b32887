//! Creating and stopping jobs. Everything here may be repeated: a job is created under the name that follows from what it
//! is for, and one that exists already is taken up if its tags say that it is ours.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::attempts::Subject;
use super::observe::collected;
use super::reconcile::Subjects;
use crate::api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob};
use crate::decide::identity::Identity;
use crate::decide::observation::JobStatus;
use crate::runtime::clock;
use crate::tuning::{Class, JobRequest, Region, TuningError};

/// Creates at a time.
const CONCURRENCY: usize = 4;
/// Creates in one pass, so that the status shows progress.
const PER_PASS: usize = 16;
/// Describes of a job whose name is taken but that cannot be found, before its name is given up: some four minutes. A job
/// whose Create was answered to nobody may be as unknown to Describe, and for as long, as any other new job.
const GHOST_TRIES: u32 = 8;

/// The runs that would start at once if there were places: waiting, and not for a person.
pub(super) fn startable<'a>(
    spec: &'a ModelSelectionSpec,
    runs: &'a [RunStatus],
) -> impl Iterator<Item = (usize, &'a RunStatus)> {
    let startable = |run: &RunStatus| run.state == RunState::Waiting && !run.reason.is_some_and(Reason::needs_person);
    runs.iter().enumerate().filter(move |(_, run)| !spec.suspend && startable(run))
}

/// Whether the run holds a place: its job runs, or may have been created.
pub(super) fn holds_place(run: &RunStatus) -> bool {
    run.state.active() || (run.state == RunState::Waiting && run.tuning_job_name.is_some())
}

/// Chooses the runs to create now, and gives them their names. Runs whose job may exist already come first: they hold a
/// place. The others come in the order of the spec, as far as there are places.
pub(super) fn choose(
    at: &Subjects<'_>,
    runs: &mut [RunStatus],
    mut requests: HashMap<usize, JobRequest>,
) -> Vec<(usize, JobRequest)> {
    let Subjects { ctx, selection, object, uid, pool, .. } = at;
    let now = clock::now();
    let held = runs.iter().filter(|run| holds_place(run)).count();
    let mut ready: Vec<usize> = requests.keys().copied().collect();
    ready.sort_unstable();
    let (unsure, fresh): (Vec<usize>, Vec<usize>) = ready.into_iter().partition(|&index| holds_place(&runs[index]));
    let may_create = ctx.attempts.may_try(uid, &Subject::Creates, now);
    let room = own_limit(&selection.spec).saturating_sub(held);
    let wanted = if may_create { fresh.len().min(room) } else { 0 };
    let granted = ctx.slots.reserve(uid, object, pool, held, wanted, now);
    unsure
        .into_iter()
        .filter(|_| may_create)
        .chain(fresh.into_iter().take(granted))
        .take(PER_PASS)
        .filter_map(|index| {
            let request = requests.remove(&index)?;
            let run = std::mem::take(&mut runs[index]);
            // What went wrong before stays said until the answer to the new try is there: conditions and Events would
            // otherwise come and go with every try.
            let reason = run.reason.filter(|reason| *reason != Reason::Queued).or(Some(Reason::Creating));
            runs[index] = RunStatus { tuning_job_name: Some(request.name.clone()), reason, ..run };
            Some((index, request))
        })
        .collect()
}

fn own_limit(spec: &ModelSelectionSpec) -> usize {
    usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1)
}

/// Creates the chosen jobs. A fault of a kind that would meet all of them ends the pass: the rest are not tried.
pub(super) async fn create(at: &Subjects<'_>, runs: &mut [RunStatus], chosen: Vec<(usize, JobRequest)>) {
    let (ctx, uid) = (at.ctx, &at.uid);
    let chosen: Vec<(usize, JobRequest, RunStatus)> =
        chosen.into_iter().map(|(index, request)| (index, request, runs[index].clone())).collect();
    let halted = Mutex::new(None::<Class>);
    let halt = || *halted.lock().unwrap_or_else(PoisonError::into_inner);
    let mut results = stream::iter(chosen)
        .map(async |(index, request, run)| match halt() {
            Some(class) => (index, untried(run, class), None),
            None => {
                let (run, fault) = create_one(at, &request, run).await;
                (index, run, fault)
            }
        })
        .buffer_unordered(CONCURRENCY);
    let mut created = 0_usize;
    while let Some((index, run, fault)) = results.next().await {
        created += usize::from(run.state.active() || run.state.ended());
        let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
        runs[index] = run;
        let Some(class) = fault else {
            ctx.attempts.succeeded(uid, &subject);
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
    let held = runs.iter().filter(|run| holds_place(run)).count();
    if created > 0 {
        ctx.attempts.succeeded(uid, &Subject::Creates);
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
fn failed(at: &Subjects<'_>, subject: Subject, class: Class) -> u32 {
    let seconds = Duration::from_secs;
    let (first, most) = match class {
        Class::Throttled => (seconds(1), seconds(30)),
        Class::Invalid => (seconds(60), seconds(3600)),
        class if class.reason().needs_person() => (seconds(15), seconds(300)),
        _ => (seconds(2), seconds(60)),
    };
    at.ctx.attempts.failed(&at.uid, subject, first, most, clock::now())
}

/// A chosen run after another's fault ended the pass: nothing was asked, so no job came of it.
fn untried(run: RunStatus, class: Class) -> RunStatus {
    let reason = if class == Class::Quota { Reason::QuotaExceeded } else { Reason::Queued };
    RunStatus { tuning_job_name: None, ..run }.with(RunState::Waiting, Some(reason), None)
}

/// Whether a fault of this class would meet every other job of the selection as well.
fn meets_all(class: Class) -> bool {
    matches!(class, Class::Denied | Class::Credentials | Class::Role | Class::Transient)
}

async fn create_one(at: &Subjects<'_>, request: &JobRequest, run: RunStatus) -> (RunStatus, Option<Class>) {
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
        },
        Err(error) => {
            tracing::info!(job = request.name, class = error.class.as_str(), %error, "tuning job not created");
            let (run, class) = waiting(run, &error);
            // Refused for sure: no job of that name came of it. Only a fault on the way leaves that open.
            let run = if error.class == Class::Transient { run } else { RunStatus { tuning_job_name: None, ..run } };
            (run, class)
        }
    }
}

fn waiting(run: RunStatus, error: &TuningError) -> (RunStatus, Option<Class>) {
    let run = run.with(RunState::Waiting, Some(error.class.reason()), Some(&error.explain()));
    (run, Some(error.class))
}

/// Why a job that has a run's name was not taken up.
pub(super) enum Unattached {
    /// It is somebody else's. The run says so.
    Foreign(RunStatus),
    /// It could not be looked at.
    Fault(TuningError),
}

impl From<TuningError> for Unattached {
    fn from(error: TuningError) -> Self {
        Self::Fault(error)
    }
}

/// Takes up the job that has the run's name: ours, from before a crash, a lost answer, a deletion or another cluster's
/// life; or somebody else's, which is left alone.
pub(super) async fn attach(at: &Subjects<'_>, run: RunStatus) -> Result<RunStatus, Unattached> {
    let name = run.tuning_job_name.clone().unwrap_or_default();
    let job = match at.region.describe(&name).await {
        Ok(job) => job,
        Err(error) if error.class == Class::NotFound => {
            // The name is taken, yet there is no such job: news that has not spread, or an entry that was deleted and
            // whose name stays taken. After some tries it is the latter.
            let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
            let tries = at.ctx.attempts.failures(&at.uid, &subject);
            return if tries >= GHOST_TRIES { Ok(run.next_attempt()) } else { Err(error.into()) };
        }
        Err(error) => return Err(error.into()),
    };
    let tags = at.region.tags(&job.arn).await?;
    if let Some(difference) = at.identity(&run).foreign_tag(&tags) {
        tracing::warn!(job = name, difference, "a tuning job of that name is not ours");
        let message = format!(
            "the tuning job '{name}' exists and is not this run's: {difference}; it is left alone. Set `rerun` to \
             another value to use other names"
        );
        let run = RunStatus { tuning_job_name: None, tuning_job_arn: None, ..run };
        return Err(Unattached::Foreign(run.with(RunState::Waiting, Some(Reason::NameConflict), Some(&message))));
    }
    tracing::info!(job = name, candidate = run.candidate, dataset = run.dataset, status = ?job.status, "tuning job attached");
    match job.status {
        // Stopped in an earlier life, by a deletion or an edit: its result was given up, and now it is wanted.
        JobStatus::Stopping | JobStatus::Stopped | JobStatus::Deleting => Ok(run.next_attempt()),
        JobStatus::InProgress | JobStatus::Completed | JobStatus::Failed => Ok(collected(at, run, &job).await?),
    }
}

/// Stops what is to be stopped: superseded jobs, and those that suspend stops. What cannot be stopped now stays listed.
pub(super) async fn stop(at: &Subjects<'_>, status: &mut ModelSelectionStatus) {
    let mut left = Vec::new();
    for job in std::mem::take(&mut status.superseded) {
        let subject = Subject::Run(job.tuning_job_name.clone(), String::new());
        if !at.ctx.attempts.may_try(&at.uid, &subject, clock::now()) {
            left.push(job);
            continue;
        }
        let region = at.ctx.sagemaker.region(&job.region);
        match stop_superseded(at, &region, &job).await {
            Ok(()) => tracing::info!(job = job.tuning_job_name, "superseded tuning job stopped"),
            Err(error) => {
                tracing::info!(job = job.tuning_job_name, %error, "a superseded tuning job cannot be stopped; trying again");
                at.ctx.attempts.failed(
                    &at.uid,
                    subject,
                    Duration::from_secs(2),
                    Duration::from_secs(300),
                    clock::now(),
                );
                left.push(job);
            }
        }
    }
    status.superseded = left;
    for run in status.runs.iter().filter(|run| run.state == RunState::Stopping && run.reason == Some(Reason::Suspended))
    {
        let Some(name) = &run.tuning_job_name else { continue };
        let subject = Subject::Run(name.clone(), "stop".to_owned());
        if !at.ctx.attempts.may_try(&at.uid, &subject, clock::now()) {
            continue;
        }
        // Asked again after a while, should the job still be there: a stop may get lost like any other call.
        at.ctx.attempts.failed(&at.uid, subject, Duration::from_secs(10), Duration::from_secs(300), clock::now());
        if let Err(error) = at.region.stop(name).await {
            tracing::info!(job = name, %error, "a tuning job cannot be stopped; trying again");
        }
    }
}

async fn stop_superseded(at: &Subjects<'_>, region: &Region, job: &SupersededJob) -> Result<(), TuningError> {
    let run = RunStatus {
        candidate: job.candidate.clone(),
        dataset: job.dataset.clone(),
        definition: Some(job.definition.clone()),
        attempt: job.attempt,
        ..RunStatus::default()
    };
    stop_own(region, &at.identity(&run), &job.tuning_job_name, job.tuning_job_arn.as_deref()).await
}

/// Stops a job that is ours. One whose ARN was never seen may not exist, or be somebody else's: its tags tell.
pub(super) async fn stop_own(
    region: &Region,
    identity: &Identity<'_>,
    name: &str,
    arn: Option<&str>,
) -> Result<(), TuningError> {
    if arn.is_none() {
        let job = match region.describe(name).await {
            Ok(job) => job,
            Err(error) if error.class == Class::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if identity.foreign_tag(&region.tags(&job.arn).await?).is_some() {
            return Ok(());
        }
    }
    region.stop(name).await
}

/// How many more jobs the selection would start if only the limits over all selections counted: what its own limit
/// forbids it must not keep from others.
pub(super) fn wanted(spec: &ModelSelectionSpec, runs: &[RunStatus]) -> usize {
    let held = runs.iter().filter(|run| holds_place(run)).count();
    let waiting = startable(spec, runs).filter(|(_, run)| !holds_place(run)).count();
    waiting.min(own_limit(spec).saturating_sub(held))
}

/// Whether a further pass right now would get on: places are there, and runs that may take them.
pub(super) fn more_to_do(at: &Subjects<'_>, status: &ModelSelectionStatus) -> bool {
    let now = clock::now();
    let held = status.runs.iter().filter(|run| holds_place(run)).count();
    let room = held < own_limit(&at.selection.spec) && at.ctx.slots.free(&at.uid, now);
    let free_now = |(_, run): (usize, &RunStatus)| {
        let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
        (room || holds_place(run)) && at.ctx.attempts.may_try(&at.uid, &subject, now)
    };
    at.ctx.attempts.may_try(&at.uid, &Subject::Creates, now)
        && startable(&at.selection.spec, &status.runs).any(free_now)
}
