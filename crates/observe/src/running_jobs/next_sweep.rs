//! When the next poll is due, and which request it makes.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::super::regions::Pauses;
use super::{Owner, Request, Snapshot, Tracked, age};
use decide::expected_ends::{self, Expectation};
use decide::job_name::JOB_NAME_PREFIX;

/// Number of jobs on a page of a listing.
const PAGE_SIZE: usize = 100;
/// A listing, which shows what no search does, is due at least once per this many longest pauses, times its pages.
const LISTED_EVERY: u32 = 6;
/// While events report ends, a poll is due once per this many longest pauses. Distrust of events lasts as long.
const SAFETY_NET_PAUSES: u32 = 6;
/// How long after an event a job that still runs is polled once more.
const RECHECK_AFTER: Duration = Duration::from_secs(15);
/// An owner with at least this many durations of its own needs no others.
const OWN_DURATIONS_MIN: usize = 3;

impl Snapshot {
    /// Whether the last call of [`Self::next_sweep`] relied on events to report ends.
    pub(crate) fn flows(&self) -> bool {
        self.flows
    }

    /// The start and the length of the pause before the next poll; `reading`: whether events can be received.
    pub(crate) fn next_sweep(&mut self, pauses: Pauses, reading: bool, now: Timestamp) -> (Timestamp, Duration) {
        let Pauses { min, max } = pauses;
        let flows = self.flow.flows(now, max * SAFETY_NET_PAUSES) && reading;
        self.reading = reading;
        if self.flows && !flows {
            // Until now, events would have reported it.
            self.answered = Some(now);
        }
        self.flows = flows;
        let from = self.swept.unwrap_or(now);
        // A job that no poll has covered since it is tracked may have ended already.
        let all_known = self.jobs.values().all(|job| job.known);
        let any_awaited = self.awaited().next().is_some();
        self.paused = match (all_known, any_awaited) {
            (false, _) => min,
            (true, false) if flows => max * SAFETY_NET_PAUSES,
            (true, _) => expected_ends::pause(&self.expectations(from), min, max),
        };
        let usual = (from, self.paused);
        // A job that still runs although an event reported its end is polled once more: responses may lag.
        let reported = self.jobs.values().filter(|job| !job.sighting.is_open()).filter_map(|job| job.end_reported);
        let again = reported.min().map(|at| (at, RECHECK_AFTER.min(max).max(min)));
        again.filter(|(from, pause)| *from + *pause < usual.0 + usual.1).unwrap_or(usual)
    }

    /// The jobs whose ends a poll must find, since no events report them. Their owners describe jobs that have left. A
    /// job that is being stopped costs money if the stop was lost, of which no event tells.
    fn awaited(&self) -> impl Iterator<Item = (&Owner, &Tracked)> {
        let by_event =
            |name: &str, job: &Tracked| self.flows && name.starts_with(JOB_NAME_PREFIX) && job.stopping.is_none();
        let awaited = self.jobs.iter().filter(move |((_, name), job)| !job.sighting.is_open() && !by_event(name, job));
        awaited.map(|((owner, _), job)| (owner, job))
    }

    /// The next request, if the longest pause is `max`.
    pub(crate) fn next_request(&self, max: Duration, now: Timestamp) -> Request {
        let pages = u32::try_from(self.jobs.len().div_ceil(PAGE_SIZE)).unwrap_or(u32::MAX);
        let listing_is_due = self.listed.is_none_or(|listed| age(listed, now) >= max * LISTED_EVERY * pages);
        let may_search = self.no_search_before.is_none_or(|until| until <= now);
        let all_known = self.jobs.values().all(|job| job.known);
        if listing_is_due || !may_search || !all_known || self.fault.is_some() {
            return Request::List;
        }
        let from = self.swept.unwrap_or(now);
        // A listing of one page is as cheap as a search.
        if pages == 1 && expected_ends::expected(&self.expectations(from), age(from, now).as_secs_f64()) < 1.0 {
            return Request::List;
        }
        // Also jobs that are not expected to end yet: an additional name is free.
        let awaited = self.jobs.iter().filter(|(_, job)| !job.sighting.is_open());
        let names: BTreeSet<&String> = awaited.map(|((_, name), _)| name).collect();
        Request::Search(names.into_iter().cloned().collect())
    }

    /// When the jobs are expected to end, according to the state at `at`.
    fn expectations(&self, at: Timestamp) -> Vec<Expectation> {
        let since = |from: Timestamp| at.duration_since(from).as_secs_f64();
        let (stopping, running): (Vec<_>, Vec<_>) = self.awaited().partition(|(_, job)| job.stopping.is_some());
        let stops = stopping.into_iter().filter_map(|(_, job)| Some(Expectation::of_stop(since(job.stopping?))));
        // If an owner has seen enough ends, its own durations are the best estimate.
        let mut kinds: HashMap<Option<&Owner>, Vec<&Tracked>> = HashMap::new();
        for (owner, job) in running {
            let own = self.lengths.get(owner).is_some_and(|lengths| lengths.len() >= OWN_DURATIONS_MIN);
            kinds.entry(own.then_some(owner)).or_default().push(job);
        }
        let runs = kinds.into_iter().flat_map(|(owner, jobs)| {
            let lengths = owner.and_then(|owner| self.lengths.get(owner)).unwrap_or(&self.all_lengths);
            let ages: Vec<f64> = jobs.iter().map(|job| since(job.since)).collect();
            let limited = |(job, expectation): (&Tracked, Expectation)| {
                job.limit.map_or(expectation, |limit| expectation.at_most(limit.as_secs_f64()))
            };
            jobs.into_iter().zip(Expectation::of_kind(lengths, &ages)).map(limited).collect::<Vec<_>>()
        });
        stops.chain(runs).collect()
    }
}
