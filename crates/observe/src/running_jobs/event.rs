//! Events about the jobs.

use jiff::Timestamp;

use super::{Change, EventEffect, Sighting, Snapshot};

impl Snapshot {
    /// Processes an event about the job `name`. The first event that reports its end marks it as no longer listed,
    /// for all owners that track it.
    pub(crate) fn on_event(&mut self, name: &str, change: Change, now: Timestamp) -> EventEffect {
        let mut of_it: Vec<_> = self.jobs.iter_mut().filter(|((_, job), _)| job == name).collect();
        if !self.flow.received(name, change == Change::Ended, !of_it.is_empty()) {
            return EventEffect::UnknownJob;
        }
        self.changes += 1;
        of_it.retain(|(_, job)| change == Change::Ended && job.end_reported.is_none() && !job.sighting.is_open());
        for (_, job) in &mut of_it {
            (job.end_reported, job.sighting) = (Some(now), Sighting::Left(now));
        }
        match of_it.into_iter().map(|((owner, _), _)| owner.clone()).collect::<Vec<_>>() {
            none if none.is_empty() => EventEffect::Nothing,
            owners => EventEffect::Wake(owners),
        }
    }

    /// After a poll that began at `started`: if an event reported an end before, and the poll shows that the job
    /// runs, the event was false.
    pub(super) fn settle_reported_ends(&mut self, started: Timestamp) {
        for job in self.jobs.values_mut() {
            let waits = job.end_reported.is_some_and(|at| at >= started || job.sighting == Sighting::Left(at));
            if !waits && job.end_reported.take().is_some() && !job.sighting.is_open() {
                self.flow.contradicted(started);
            }
        }
    }
}
