//! Events of untracked jobs: an event may arrive before the reconcile that created its job has ended.

use std::collections::{HashSet, VecDeque};

use super::running_jobs::{Change, RunningJob};

/// The maximum number of stored events. Most are of jobs that will never be tracked.
const EVENTS_MAX: usize = 1_000;

/// The newest of these events.
#[derive(Default)]
pub(super) struct EarlyEvents(VecDeque<(String, String, Change)>);

impl EarlyEvents {
    /// Stores an event of the job `name`.
    pub(super) fn add(&mut self, region: &str, name: &str, change: Change) {
        if self.0.len() == EVENTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((region.to_owned(), name.to_owned(), change));
    }

    /// Removes and returns the events of these jobs.
    pub(super) fn take(&mut self, region: &str, jobs: &[RunningJob<'_>]) -> Vec<(String, Change)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let names: HashSet<&str> = jobs.iter().map(|job| job.name).collect();
        let (of_them, others) =
            self.0.drain(..).partition(|(of, name, _)| of == region && names.contains(name.as_str()));
        self.0 = others;
        VecDeque::into_iter(of_them).map(|(_, name, change)| (name, change)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(early: &mut EarlyEvents, names: &[&str]) -> Vec<(String, Change)> {
        let jobs: Vec<_> = names.iter().map(|name| RunningJob { name, stopping: false, limit: None }).collect();
        early.take("us-west-2", &jobs)
    }

    #[test]
    fn what_came_too_early_is_taken_once_and_the_oldest_is_dropped() {
        let mut early = EarlyEvents::default();
        early.add("us-west-2", "ms-1", Change::Other);
        early.add("us-west-2", "ms-2", Change::Ended);
        early.add("eu-west-1", "ms-1", Change::Ended);
        assert_eq!(take(&mut early, &["ms-1", "ms-3"]), [("ms-1".to_owned(), Change::Other)]);
        assert_eq!(take(&mut early, &["ms-1"]), []);
        (0..EVENTS_MAX).for_each(|job| early.add("us-west-2", &job.to_string(), Change::Ended));
        assert_eq!(take(&mut early, &["ms-2", "0"]), [("0".to_owned(), Change::Ended)]);
        assert_eq!(early.0.len(), EVENTS_MAX - 1);
    }
}
