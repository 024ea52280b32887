//! The snapshot of one region: what the polls have shown. No I/O.

mod event;
mod next_sweep;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use api::{ModelSelection, Reason};
use decide::event_flow::EventFlow;
use decide::expected_ends::Lengths;
use decide::job_name::JOB_NAME_PREFIX;
use decide::problem::Problem;
use sagemaker::{ActiveJob, EndedJob, TuningError};

/// A job to observe.
#[derive(Clone, Copy, Debug)]
pub struct RunningJob<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is being stopped.
    pub stopping: bool,
    /// The time after its creation at which `SageMaker` stops it, if there is a limit.
    pub limit: Option<Duration>,
}

/// What the last poll showed of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Sighting {
    /// It has not been polled yet.
    Unseen,
    /// It runs.
    Running(ActiveJob),
    /// It is not among the running jobs, since that time: it has ended, or the listing lags behind. Only a Describe
    /// distinguishes the two.
    Left(Timestamp),
    /// It has ended with a result.
    Ended(Arc<EndedJob>),
}

impl Sighting {
    /// Whether its owner must act.
    fn is_open(&self) -> bool {
        matches!(self, Self::Left(_) | Self::Ended(_))
    }
}

/// What is known about the age of a job that is new in the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Nothing: the job may have ended long ago.
    Unknown,
    /// It runs now.
    Now,
}

/// The next request to `SageMaker`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// List the running jobs.
    List,
    /// Search for ended jobs among these.
    Search(Vec<String>),
}

type Owner = ObjectRef<ModelSelection>;
type Key = (Owner, String);

struct Tracked {
    since: Timestamp,
    sighting: Sighting,
    stopping: Option<Timestamp>,
    limit: Option<Duration>,
    /// A poll has covered it, or it was known to run when it was registered.
    known: bool,
    /// When an event reported its end; no poll has followed since.
    end_reported: Option<Timestamp>,
}

impl Tracked {
    /// Whether an event of its end is expected and has not arrived yet.
    fn awaits_event(&self, name: &str) -> bool {
        self.end_reported.is_none() && name.starts_with(JOB_NAME_PREFIX)
    }
}

/// What an event reports of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has ended.
    Ended,
    /// Anything else.
    Other,
}

/// The effect of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EventEffect {
    /// The owners that track the job must describe it.
    Wake(Vec<Owner>),
    /// There is nothing to do.
    Nothing,
    /// No selection tracks such a job.
    UnknownJob,
}

/// The tracked jobs of one region.
#[derive(Default)]
pub(super) struct Snapshot {
    /// By owner and name: two selections may track a job that neither of them created.
    jobs: HashMap<Key, Tracked>,
    /// The durations of ended jobs: by owner, and of all owners.
    lengths: HashMap<Owner, Lengths>,
    all_lengths: Lengths,
    /// When the last successful poll began, and the last listing.
    swept: Option<Timestamp>,
    listed: Option<Timestamp>,
    /// No search before this time; and whether that was logged.
    no_search_before: Option<Timestamp>,
    denied: bool,
    /// Why the last listing failed, if it did.
    fault: Option<TuningError>,
    /// When `SageMaker` last responded successfully, or the first job was tracked.
    answered: Option<Timestamp>,
    /// The planned pause after that.
    paused: Duration,
    /// The fault that has made the snapshot stale.
    stale: Option<TuningError>,
    /// What the events have shown, whether they can be received, and whether the observer relies on them for ends.
    flow: EventFlow,
    reading: bool,
    flows: bool,
    changes: u64,
}

/// If the snapshot is older than this plus the planned pause, it is stale: several polls have failed in a row.
const STALE_AFTER: Duration = Duration::from_secs(120);
/// Listings of SageMaker may lag behind a new job by about this much.
const LISTING_LAG: Duration = Duration::from_secs(60);

impl Snapshot {
    /// Sets the jobs of `owner` and returns what is known about them.
    pub(super) fn track(
        &mut self,
        owner: &Owner,
        jobs: &[RunningJob<'_>],
        since: Since,
        now: Timestamp,
    ) -> HashMap<String, Sighting> {
        let before = self.jobs.len();
        self.jobs.retain(|(of, name), _| of != owner || jobs.iter().any(|job| job.name == name));
        self.changes += u64::from(self.jobs.len() != before);
        if jobs.is_empty() {
            self.lengths.remove(owner);
        }
        if self.jobs.is_empty() {
            // Nothing is listed any more, so the end of the fault would not be noticed.
            (self.fault, self.stale, self.answered, self.swept) = (None, None, None, None);
        }
        if !jobs.is_empty() {
            self.answered.get_or_insert(now);
            self.swept.get_or_insert(now);
        }
        jobs.iter().map(|job| (job.name.to_owned(), self.track_one(owner, job, since, now))).collect()
    }

    fn track_one(&mut self, owner: &Owner, job: &RunningJob<'_>, since: Since, now: Timestamp) -> Sighting {
        let &RunningJob { name, stopping, limit } = job;
        let new = || Tracked {
            since: now,
            sighting: Sighting::Unseen,
            stopping: None,
            limit,
            known: since == Since::Now,
            end_reported: None,
        };
        let before = self.jobs.len();
        let job = self.jobs.entry((owner.clone(), name.to_owned())).or_insert_with(new);
        let was_stopping = job.stopping.is_some();
        job.stopping = stopping.then(|| job.stopping.unwrap_or(now));
        let sighting = job.sighting.clone();
        self.changes += u64::from(self.jobs.len() != before || was_stopping != stopping);
        sighting
    }

    /// A counter that grows when jobs are added, removed or stopped.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The owner has described the job, and it is running: resets what was seen of it.
    pub(super) fn looked_at(&mut self, owner: &Owner, job: &str) {
        if let Some(job) = self.jobs.get_mut(&(owner.clone(), job.to_owned())) {
            (job.sighting, job.known) = (Sighting::Unseen, true);
        }
    }

    /// A job of `owner` ended by itself, after `lasted` by `SageMaker`'s clock. That clock may differ from ours: an
    /// emulator's may run faster.
    pub(super) fn learn(&mut self, owner: &Owner, job: &str, lasted: Duration, now: Timestamp) {
        let known = self.jobs.get(&(owner.clone(), job.to_owned()));
        let length = known.map_or(lasted, |job| lasted.min(age(job.since, now)));
        self.lengths.entry(owner.clone()).or_default().add(length);
        self.all_lengths.add(length);
    }

    /// Merges a listing that began at `started`, and returns the owners to wake.
    pub(super) fn listed(
        &mut self,
        started: Timestamp,
        answer: Result<HashMap<String, ActiveJob>, TuningError>,
    ) -> Vec<Owner> {
        let active = match answer {
            Ok(active) => active,
            Err(error) => return self.failed(started, error),
        };
        (self.answered, self.swept, self.listed) = (Some(started), Some(started), Some(started));
        let recovered = self.fault.take().is_some_and(|error| error.class.reason().needs_person());
        let recovered = self.stale.take().is_some() || recovered;
        let mut changed = BTreeSet::new();
        for ((owner, name), job) in &mut self.jobs {
            let sighting = match (active.get(name), &job.sighting) {
                // An ended job does not run again: the listing lags behind.
                (_, ended @ Sighting::Ended(_)) => ended.clone(),
                // An event has already made its owner describe it: that is newer.
                (_, left @ Sighting::Left(since)) if job.end_reported == Some(*since) => left.clone(),
                (Some(active), _) => {
                    job.since = active.created.map_or(job.since, |created| created.min(job.since));
                    Sighting::Running(*active)
                }
                // A job that was tracked only after the listing began may be missing in it.
                (None, _) if job.since >= started => continue,
                (None, left @ Sighting::Left(_)) => left.clone(),
                (None, seen @ (Sighting::Unseen | Sighting::Running(_))) => {
                    let may_lag = *seen == Sighting::Unseen && started < job.since + LISTING_LAG;
                    if self.reading && job.known && job.awaits_event(name) && !may_lag {
                        self.flow.missed(name, started);
                    }
                    Sighting::Left(started)
                }
            };
            job.known = true;
            // A job that has left is reported by every poll until its owner has described it.
            if sighting != job.sighting || sighting.is_open() {
                job.sighting = sighting;
                changed.insert(owner.to_string());
            }
        }
        self.settle_reported_ends(started);
        self.owners(|owner| recovered || changed.contains(&owner.to_string()))
    }

    fn failed(&mut self, started: Timestamp, error: TuningError) -> Vec<Owner> {
        let known = self.fault.as_ref().is_some_and(|before| before.class == error.class);
        let mut is_new = !known && error.class.reason().needs_person();
        if self.stale.is_none() && self.age(started) >= self.paused + STALE_AFTER {
            self.stale = Some(error.clone());
            is_new = true;
        }
        self.fault = Some(error);
        if is_new { self.owners(|_| true) } else { Vec::new() }
    }

    /// Merges the ended jobs of a search that began at `started`, and returns the owners to wake. Only a job that has
    /// ended with a result is accepted: the others are described, and jobs that the search does not show may or may
    /// not be running.
    pub(super) fn searched(&mut self, started: Timestamp, mut ended: HashMap<String, EndedJob>) -> Vec<Owner> {
        (self.answered, self.swept) = (Some(started), Some(started));
        let ended: HashMap<String, Arc<EndedJob>> = ended.drain().map(|(name, job)| (name, Arc::new(job))).collect();
        let mut changed = BTreeSet::new();
        for ((owner, name), job) in &mut self.jobs {
            if let Some(ended) = ended.get(name) {
                if self.reading && !job.sighting.is_open() && job.awaits_event(name) {
                    self.flow.missed(name, started);
                }
                job.sighting = match &job.sighting {
                    _ if ended.succeeded() => Sighting::Ended(ended.clone()),
                    open if open.is_open() => open.clone(),
                    _ => Sighting::Left(started),
                };
            }
            if job.sighting.is_open() {
                changed.insert(owner.to_string());
            }
        }
        self.settle_reported_ends(started);
        self.owners(|owner| changed.contains(&owner.to_string()))
    }

    /// Our jobs that the listing of `started` was the first not to show. Jobs of others are in no listing.
    pub(super) fn left_at(&self, started: Timestamp) -> Vec<String> {
        let may_search = self.no_search_before.is_none_or(|until| until <= started);
        let left = self.jobs.iter().filter(|(_, job)| job.sighting == Sighting::Left(started));
        let ours = left.map(|((_, name), _)| name).filter(|name| name.starts_with(JOB_NAME_PREFIX));
        let names: BTreeSet<&String> = ours.filter(|_| may_search).collect();
        names.into_iter().cloned().collect()
    }

    /// Disables searches until then. Returns whether to log it: once, for a lasting cause.
    pub(super) fn put_off_search(&mut self, until: Timestamp, lasting: bool) -> bool {
        self.no_search_before = Some(until);
        let is_new = !lasting || !self.denied;
        self.denied = lasting;
        is_new
    }

    /// The age of the snapshot: the time since `SageMaker` last responded successfully.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| age(answered, now))
    }

    /// Why the tracked jobs cannot be observed, if a person must act or if it lasts.
    pub(super) fn problem(&self) -> Option<Problem> {
        let lasting = self.fault.as_ref().filter(|fault| fault.class.reason().needs_person());
        if let Some(fault) = lasting {
            return Some(Problem::new(fault.class.reason(), fault.explain()));
        }
        let fault = self.stale.as_ref()?;
        let minutes = STALE_AFTER.as_secs() / 60;
        let message = format!(
            "SageMaker has not shown the running tuning jobs for more than {minutes} minutes, so this status may be out of \
             date ({fault}); the operator keeps asking"
        );
        Some(Problem::new(Reason::ObservationStale, message))
    }

    /// Whether no job is tracked.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Whether a job is being stopped, so that stopping jobs must be listed too.
    pub(super) fn any_stopping(&self) -> bool {
        self.jobs.values().any(|job| job.stopping.is_some())
    }

    fn owners(&self, concerned: impl Fn(&ObjectRef<ModelSelection>) -> bool) -> Vec<ObjectRef<ModelSelection>> {
        let mut owners: Vec<ObjectRef<ModelSelection>> = Vec::new();
        for (owner, _) in self.jobs.keys().filter(|(owner, _)| concerned(owner)) {
            if !owners.contains(owner) {
                owners.push(owner.clone());
            }
        }
        owners
    }
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
