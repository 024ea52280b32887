//! What the sweeps of one region have shown: no I/O.

mod next_sweep;
mod told;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use api::{ModelSelection, Reason};
use decide::ends::Lengths;
use decide::event_flow::EventFlow;
use decide::job_name::JOB_NAME_PREFIX;
use decide::problem::Problem;
use sagemaker::{ActiveJob, EndedJob, TuningError};

/// A job to follow.
#[derive(Clone, Copy, Debug)]
pub struct RunningJob<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is being stopped.
    pub stopping: bool,
    /// How long after its creation `SageMaker` ends it, if there is a limit.
    pub limit: Option<Duration>,
}

/// What the last sweep showed of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Sighting {
    /// No sweep has looked for it yet.
    Unseen,
    /// It runs.
    Running(ActiveJob),
    /// It is not among those that run, and has not been since that time: it has ended, or the listing lags behind. A
    /// Describe tells.
    Left(Timestamp),
    /// It has come to its end with a result.
    Ended(Arc<EndedJob>),
}

impl Sighting {
    /// Whether its owner has to do something about it.
    fn is_open(&self) -> bool {
        matches!(self, Self::Left(_) | Self::Ended(_))
    }
}

/// What is known of the age of a job that is new to the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Nothing: the job may have ended long ago.
    Unknown,
    /// It runs now.
    Now,
}

/// The next question to `SageMaker`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Which jobs run.
    List,
    /// Which of these have ended.
    Search(Vec<String>),
}

type Owner = ObjectRef<ModelSelection>;
type Key = (Owner, String);

struct Tracked {
    since: Timestamp,
    sighting: Sighting,
    stopping: Option<Timestamp>,
    limit: Option<Duration>,
    /// A sweep has looked for it, or it was known to run when it came.
    known: bool,
    /// A listing has shown it: one without it means something.
    listed: bool,
    /// When an event told of its end. No sweep has come since.
    told: Option<Timestamp>,
}

impl Tracked {
    /// Whether an event of its end is to be expected, and has not come.
    fn is_untold(&self, name: &str) -> bool {
        self.told.is_none() && name.starts_with(JOB_NAME_PREFIX)
    }
}

/// What an event has told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has come to its end.
    Ended,
    /// Anything else.
    Other,
}

/// What came of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The owners that follow the job: they have to look at it.
    New(Vec<Owner>),
    /// Nobody has to look at it.
    Known,
    /// No such job is followed.
    Unknown,
}

/// The tracked jobs of one region.
#[derive(Default)]
pub(super) struct View {
    /// By owner and name: two selections may follow one job that neither has made.
    jobs: HashMap<Key, Tracked>,
    /// How long jobs took: those of each owner that has some, and all.
    lengths: HashMap<Owner, Lengths>,
    all_lengths: Lengths,
    /// When the last sweep that was answered began, and the last listing.
    swept: Option<Timestamp>,
    listed: Option<Timestamp>,
    /// Until then it is not searched; and whether this was said.
    no_search_before: Option<Timestamp>,
    denied: bool,
    /// Why the last listing failed, if it did.
    fault: Option<TuningError>,
    /// When `SageMaker` was last asked with success, or the first job was tracked.
    answered: Option<Timestamp>,
    /// The pause that was meant to follow that.
    paused: Duration,
    /// The fault by which the view has become stale.
    stale: Option<TuningError>,
    /// What the events have shown, whether they can be received, and whether ends are left to them.
    flow: EventFlow,
    reading: bool,
    flows: bool,
    changes: u64,
}

/// Older than this, beyond the pause that was meant, the view is stale: some sweeps have failed in a row.
const STALE: Duration = Duration::from_secs(120);

impl View {
    /// Sets the jobs of `owner` and returns what is known of them.
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
            // Nothing is listed any more, so the end of the fault would not be seen.
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
            listed: false,
            told: None,
        };
        let before = self.jobs.len();
        let job = self.jobs.entry((owner.clone(), name.to_owned())).or_insert_with(new);
        let was_stopping = job.stopping.is_some();
        job.stopping = stopping.then(|| job.stopping.unwrap_or(now));
        let sighting = job.sighting.clone();
        self.changes += u64::from(self.jobs.len() != before || was_stopping != stopping);
        sighting
    }

    /// A number that grows when jobs come, go or are stopped.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// What was seen of a job is dealt with: it has not left.
    pub(super) fn looked_at(&mut self, owner: &Owner, job: &str) {
        if let Some(job) = self.jobs.get_mut(&(owner.clone(), job.to_owned())) {
            (job.sighting, job.known) = (Sighting::Unseen, true);
        }
    }

    /// A job of `owner` has come to its end by itself, by `SageMaker`'s clock after `lasted`. That may not be ours: an
    /// emulator's runs faster.
    pub(super) fn learn(&mut self, owner: &Owner, job: &str, lasted: Duration, now: Timestamp) {
        let known = self.jobs.get(&(owner.clone(), job.to_owned()));
        let length = known.map_or(lasted, |job| lasted.min(age(job.since, now)));
        self.lengths.entry(owner.clone()).or_default().add(length);
        self.all_lengths.add(length);
    }

    /// Takes in a listing that began at `started`, and returns whom it concerns.
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
                // What has ended does not run again: the listing lags behind.
                (_, ended @ Sighting::Ended(_)) => ended.clone(),
                // Its owner is about to look, on account of an event: that knows more.
                (_, left @ Sighting::Left(since)) if job.told == Some(*since) => left.clone(),
                (Some(active), _) => {
                    job.listed = true;
                    job.since = active.created.map_or(job.since, |created| created.min(job.since));
                    Sighting::Running(*active)
                }
                // A job that was tracked only after the listing began may be missing from it.
                (None, _) if job.since >= started => continue,
                (None, left @ Sighting::Left(_)) => left.clone(),
                (None, Sighting::Unseen | Sighting::Running(_)) => {
                    if self.reading && job.known && job.is_untold(name) {
                        self.flow.missed(name, started);
                    }
                    Sighting::Left(started)
                }
            };
            job.known = true;
            // One that has left is reported at every sweep, until its owner has described it.
            if sighting != job.sighting || sighting.is_open() {
                job.sighting = sighting;
                changed.insert(owner.to_string());
            }
        }
        self.settle_told(started);
        self.owners(|owner| recovered || changed.contains(&owner.to_string()))
    }

    fn failed(&mut self, started: Timestamp, error: TuningError) -> Vec<Owner> {
        let known = self.fault.as_ref().is_some_and(|before| before.class == error.class);
        let mut is_new = !known && error.class.reason().needs_person();
        if self.stale.is_none() && self.age(started) >= self.paused + STALE {
            self.stale = Some(error.clone());
            is_new = true;
        }
        self.fault = Some(error);
        if is_new { self.owners(|_| true) } else { Vec::new() }
    }

    /// Takes in what a search that began at `started` has shown as ended, and returns whom it concerns. Only one that came to
    /// its end with a result is believed: the others are described, and those that it does not show may run or not.
    pub(super) fn searched(&mut self, started: Timestamp, mut ended: HashMap<String, EndedJob>) -> Vec<Owner> {
        (self.answered, self.swept) = (Some(started), Some(started));
        let ended: HashMap<String, Arc<EndedJob>> = ended.drain().map(|(name, job)| (name, Arc::new(job))).collect();
        let mut changed = BTreeSet::new();
        for ((owner, name), job) in &mut self.jobs {
            if let Some(ended) = ended.get(name) {
                if self.reading && !job.sighting.is_open() && job.is_untold(name) {
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
        self.settle_told(started);
        self.owners(|owner| changed.contains(&owner.to_string()))
    }

    /// The jobs that the listing of `started` was the first not to show any more.
    pub(super) fn left_at(&self, started: Timestamp) -> Vec<String> {
        let may_search = self.no_search_before.is_none_or(|until| until <= started);
        let left = self.jobs.iter().filter(|(_, job)| job.listed && job.sighting == Sighting::Left(started));
        let names: BTreeSet<&String> = left.map(|((_, name), _)| name).filter(|_| may_search).collect();
        names.into_iter().cloned().collect()
    }

    /// Has nothing searched before then. Returns whether this is to be said: of a lasting cause, once.
    pub(super) fn put_off_search(&mut self, until: Timestamp, lasting: bool) -> bool {
        self.no_search_before = Some(until);
        let is_new = !lasting || !self.denied;
        self.denied = lasting;
        is_new
    }

    /// How old the view is: how long ago `SageMaker` was asked with success.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| age(answered, now))
    }

    /// Why the tracked jobs cannot be observed, when a person must help or when it lasts.
    pub(super) fn problem(&self) -> Option<Problem> {
        let lasting = self.fault.as_ref().filter(|fault| fault.class.reason().needs_person());
        if let Some(fault) = lasting {
            return Some(Problem::new(fault.class.reason(), fault.explain()));
        }
        let fault = self.stale.as_ref()?;
        let minutes = STALE.as_secs() / 60;
        let message = format!(
            "SageMaker has not shown the running tuning jobs for more than {minutes} minutes, so this status may be out of \
             date ({fault}); the operator keeps asking"
        );
        Some(Problem::new(Reason::ObservationStale, message))
    }

    /// Whether nothing is tracked.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Whether a job is being stopped, so that the jobs that are must be listed too.
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
