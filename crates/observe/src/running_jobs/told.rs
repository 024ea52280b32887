//! What events tell of the jobs.

use jiff::Timestamp;

use super::{Change, Sighting, Told, View};

impl View {
    /// Takes in an event about the job `name`. The first event of its end makes it one that has left, for all owners that follow
    /// it.
    pub(crate) fn told(&mut self, name: &str, change: Change, now: Timestamp) -> Told {
        let mut of_it: Vec<_> = self.jobs.iter_mut().filter(|((_, job), _)| job == name).collect();
        if !self.flow.told(name, !of_it.is_empty()) {
            return Told::Unknown;
        }
        self.changes += 1;
        of_it.retain(|(_, job)| change == Change::Ended && job.told.is_none() && !job.sighting.is_open());
        for (_, job) in &mut of_it {
            (job.told, job.sighting) = (Some(now), Sighting::Left(now));
        }
        match of_it.into_iter().map(|((owner, _), _)| owner.clone()).collect::<Vec<_>>() {
            none if none.is_empty() => Told::Known,
            owners => Told::New(owners),
        }
    }

    /// After a sweep that began at `started`: if an event told of an end before, and the sweep shows that the job runs, the event
    /// was not true.
    pub(super) fn settle_told(&mut self, started: Timestamp) {
        for job in self.jobs.values_mut() {
            let waits = job.told.is_some_and(|told| told >= started || job.sighting == Sighting::Left(told));
            if !waits && job.told.take().is_some() && !job.sighting.is_open() {
                self.flow.contradicted(started);
            }
        }
    }
}
