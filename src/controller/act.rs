//! Creating and stopping jobs. Everything here may be repeated: a job is created under the name that follows from what it
//! is for, and one that exists already is taken up if its tags say that it is ours.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::attempts::Subject;
use super::observe::{PROPAGATION_TRIES, collected};
use super::reconcile::Subjects;
use crate::api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob};
use crate::decide::identity::Identity;
use crate::decide::observation::{JobStatus, TuningJob};
use crate::runtime::clock;
use crate::tuning::{Class, JobRequest, Region, TuningError};

/// Creates at a time.
const CONCURRENCY: usize = 4;
/// Creates in one pass, so that the status shows progress.
const PER_PASS: usize = 16;
/// Describes of a job whose name is taken but that cannot be found, before its name is given up.
const GHOST_TRIES: u32 = 4;

/// The runs that would start at once if there were places: waiting, and not for a person.
pub(super) fn startable<'a>(
    spec: &'a ModelSelectionSpec,
    runs: &'a [RunStatus],
) -> impl Iterator<Item = (usize, &'a RunStatus)> {
    let startable = |run: &RunStatus| run.state == RunState::Waiting && !run.reason.is_some_and(Reason::needs_person);
    runs.iter().enumerate().filter(move |(_, run)| !spec.suspend && startable(run))
}

/// A run whose job is to be created now.
pub(super) struct Chosen {
    index: usize,
    request: JobRequest,
    /// Whether an earlier try may have created it: its answer was lost, or the process ended before it came.
    may_exist: bool,
}

/// Chooses the runs to create now, and gives them their names. Runs whose job may exist already come first: they hold a
/// place. The others come in the order of the spec, as far as there are places.
pub(super) fn choose(
    at: &Subjects<'_>,
    runs: &mut [RunStatus],
    mut requests: HashMap<usize, JobRequest>,
) -> Vec<Chosen> {
    let Subjects { ctx, selection, object, uid, pool, .. } = at;
    let now = clock::now();
    let active = runs.iter().filter(|run| run.state.active()).count();
    let mut ready: Vec<usize> = requests.keys().copied().collect();
    ready.sort_by_key(|&index| (runs[index].tuning_job_name.is_none(), index));
    let own_limit = usize::try_from(selection.spec.max_concurrent_tuning_jobs).unwrap_or(1);
    let mut wanted = ready.len().min(own_limit.saturating_sub(active));
    if !ctx.attempts.may_try(uid, &Subject::Creates, now) {
        wanted = 0;
    }
    let granted = ctx.slots.reserve(uid, object, pool, active, wanted, now);
    ready
        .into_iter()
        .take(granted.min(PER_PASS))
        .filter_map(|index| {
            let request = requests.remove(&index)?;
            let run = std::mem::take(&mut runs[index]);
            let may_exist = run.tuning_job_name.is_some();
            let run = RunStatus { tuning_job_name: Some(request.name.clone()), ..run };
            runs[index] = run.with(RunState::Waiting, Some(Reason::Creating), None);
            Some(Chosen { index, request, may_exist })
        })
        .collect()
}

/// Creates the chosen jobs. One fault of a kind that would meet all of them ends the pass: the rest keep waiting.
pub(super) async fn create(at: &Subjects<'_>, runs: &mut [RunStatus], chosen: Vec<Chosen>) {
    let (ctx, uid) = (at.ctx, &at.uid);
    let mut untried: Vec<Chosen> = Vec::new();
    let halted = AtomicBool::new(false);
    let chosen: Vec<(Chosen, RunStatus)> = chosen
        .into_iter()
        .map(|chosen| {
            let run = runs[chosen.index].clone();
            (chosen, run)
        })
        .collect();
    let mut created = 0_usize;
    let mut common: Option<Class> = None;
    let mut results = stream::iter(chosen)
        .map(async |(chosen, run)| {
            if halted.load(Ordering::Relaxed) {
                return (chosen, run, None);
            }
            let (run, fault) = create_one(at, &chosen, run).await;
            (chosen, run, Some(fault))
        })
        .buffer_unordered(CONCURRENCY);
    // Calls under way are waited for: one that is cut off may still be carried out.
    while let Some((chosen, run, tried)) = results.next().await {
        let Some(fault) = tried else {
            untried.push(chosen);
            continue;
        };
        let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
        match fault {
            None => {
                created += usize::from(run.state.active());
                ctx.attempts.succeeded(uid, &subject);
            }
            Some(Class::Quota) if common == Some(Class::Quota) => {}
            Some(Class::Quota) => {
                let running = runs.iter().filter(|run| run.state.active()).count();
                ctx.slots.refused(uid, &at.pool, running, clock::now());
            }
            Some(Class::Throttled) => {}
            Some(class) if class.reason().needs_person() => {
                let (first, most) = (Duration::from_secs(30), Duration::from_secs(600));
                ctx.attempts.failed(uid, subject, first, most, clock::now());
            }
            Some(_) => {
                ctx.attempts.failed(uid, subject, Duration::from_secs(2), Duration::from_secs(60), clock::now());
            }
        }
        runs[chosen.index] = run;
        let ends =
            |class: &Class| matches!(class, Class::Quota | Class::Throttled) || (meets_all(*class) && created == 0);
        if common.is_none() {
            common = fault.filter(ends);
            halted.store(common.is_some(), Ordering::Relaxed);
        }
    }
    drop(results);
    if created > 0 {
        ctx.attempts.succeeded(uid, &Subject::Creates);
        let running = runs.iter().filter(|run| run.state.active()).count();
        ctx.slots.accepted(uid, &at.pool, running);
    }
    match common {
        None | Some(Class::Quota) => {}
        Some(Class::Throttled) => {
            ctx.attempts.failed(uid, Subject::Creates, Duration::from_secs(1), Duration::from_secs(30), clock::now());
        }
        Some(class) if class.reason().needs_person() => {
            ctx.attempts.failed(uid, Subject::Creates, Duration::from_secs(30), Duration::from_secs(600), clock::now());
        }
        Some(_) => {
            ctx.attempts.failed(uid, Subject::Creates, Duration::from_secs(2), Duration::from_secs(60), clock::now());
        }
    }
    for Chosen { index, may_exist, .. } in untried {
        let reason = common.filter(|class| matches!(class, Class::Quota)).map_or(Reason::Queued, Class::reason);
        let run = std::mem::take(&mut runs[index]);
        let run = if may_exist { run } else { RunStatus { tuning_job_name: None, ..run } };
        runs[index] = run.with(RunState::Waiting, Some(reason), None);
    }
}

/// Whether a fault of this class would meet every other job of the selection as well.
fn meets_all(class: Class) -> bool {
    matches!(class, Class::Denied | Class::Credentials | Class::Role | Class::Transient)
}

async fn create_one(at: &Subjects<'_>, chosen: &Chosen, run: RunStatus) -> (RunStatus, Option<Class>) {
    let request = &chosen.request;
    match at.region.create(request).await {
        Ok(arn) => {
            tracing::info!(job = request.name, candidate = run.candidate, dataset = run.dataset, "tuning job created");
            let run = RunStatus { tuning_job_arn: Some(arn), ..run };
            (run.with(RunState::Running, None, None), None)
        }
        Err(error) if error.class == Class::Exists => match attach(at, &request.name, run.clone()).await {
            Ok(run) => (run, None),
            Err(error) => waiting(run, &error),
        },
        Err(error) => {
            tracing::info!(job = request.name, class = error.class.as_str(), %error, "tuning job not created");
            let (run, class) = waiting(run, &error);
            // Refused for sure: no job of that name came of this try. A fault on the way leaves that open, and a refusal
            // says nothing of the tries before.
            let open = chosen.may_exist || error.class == Class::Transient;
            let run = if open { run } else { RunStatus { tuning_job_name: None, ..run } };
            (run, class)
        }
    }
}

fn waiting(run: RunStatus, error: &TuningError) -> (RunStatus, Option<Class>) {
    let run = run.with(RunState::Waiting, Some(error.class.reason()), Some(&error.explain()));
    (run, Some(error.class))
}

/// Takes up the job that has the run's name: ours, from before a crash, a lost answer, a deletion or another cluster's
/// life; or somebody else's, which is left alone.
async fn attach(at: &Subjects<'_>, name: &str, run: RunStatus) -> Result<RunStatus, TuningError> {
    match at.region.describe(name).await {
        Ok(job) => take_up(at, name, &job, run).await,
        Err(error) if error.class == Class::NotFound => {
            // The name is taken, yet there is no such job: news that has not spread, or an entry that was deleted and
            // whose name stays taken. After some tries it is the latter.
            let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
            let (first, most) = (Duration::from_secs(2), Duration::from_secs(60));
            let tries = at.ctx.attempts.failed(&at.uid, subject, first, most, clock::now());
            if tries >= GHOST_TRIES { Ok(run.next_attempt()) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

async fn take_up(at: &Subjects<'_>, name: &str, job: &TuningJob, run: RunStatus) -> Result<RunStatus, TuningError> {
    let tags = at.region.tags(&job.arn).await?;
    if let Some(difference) = at.identity(&run).foreign_tag(&tags) {
        tracing::warn!(job = name, difference, "a tuning job of that name is not ours");
        let message = format!(
            "the tuning job '{name}' exists and is not this run's: {difference}; it is left alone. Set `rerun` to another \
             value to use other names"
        );
        let run = RunStatus { tuning_job_name: None, tuning_job_arn: None, ..run };
        return Ok(run.with(RunState::Waiting, Some(Reason::NameConflict), Some(&message)));
    }
    tracing::info!(job = name, candidate = run.candidate, dataset = run.dataset, status = ?job.status, "tuning job attached");
    match job.status {
        // Stopped in an earlier life, by a deletion or an edit: its result was given up, and now it is wanted.
        JobStatus::Stopping | JobStatus::Stopped | JobStatus::Deleting => Ok(run.next_attempt()),
        JobStatus::InProgress | JobStatus::Completed | JobStatus::Failed => collected(at, run, job).await,
    }
}

/// Finds the jobs of a suspended selection whose creation was not answered, without creating any: what suspend does to
/// running jobs holds for them too, and nothing else would look for them.
pub(super) async fn find(at: &Subjects<'_>, runs: &mut [RunStatus]) {
    for run in runs.iter_mut().filter(|run| run.state == RunState::Waiting) {
        let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
        let Some(name) = run.tuning_job_name.clone() else { continue };
        if !at.ctx.attempts.may_try(&at.uid, &subject, clock::now()) {
            continue;
        }
        let found = match at.region.describe(&name).await {
            Ok(job) => take_up(at, &name, &job, run.clone()).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => {
                at.ctx.attempts.succeeded(&at.uid, &subject);
                *run = found;
            }
            Err(error) => {
                let (first, most) = (Duration::from_secs(2), Duration::from_secs(60));
                let tries = at.ctx.attempts.failed(&at.uid, subject, first, most, clock::now());
                if error.class == Class::NotFound && tries >= PROPAGATION_TRIES {
                    // The create was not carried out.
                    run.tuning_job_name = None;
                } else {
                    tracing::info!(job = name, %error, "a tuning job that may exist cannot be described; trying again");
                }
            }
        }
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

/// Whether a further pass right now would get on: places are there, and runs that may take them.
pub(super) fn more_to_do(at: &Subjects<'_>, status: &ModelSelectionStatus) -> bool {
    let spec = &at.selection.spec;
    let now = clock::now();
    let active = status.runs.iter().filter(|run| run.state.active()).count();
    let own_limit = usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1);
    if active >= own_limit || !at.ctx.attempts.may_try(&at.uid, &Subject::Creates, now) {
        return false;
    }
    let free_now = |(_, run): (usize, &RunStatus)| {
        run.reason != Some(Reason::QuotaExceeded)
            && at.ctx.attempts.may_try(&at.uid, &Subject::Run(run.candidate.clone(), run.dataset.clone()), now)
    };
    startable(spec, &status.runs).any(free_now) && at.ctx.slots.free(&at.uid)
}
