//! Whether the operator can rely on events for the ends of jobs, or has to poll.
//!
//! Nothing guarantees that events arrive: a rule may be missing, or may point to another queue. Events of our own
//! jobs show that they arrive. Ends that a poll finds first, and events that are false, show that they do not.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

/// The maximum number of late events to wait for.
const LATE_MOST: usize = 1_000;

/// The evidence for and against the events of one region.
#[derive(Clone, Debug, Default)]
pub struct EventFlow {
    /// An event has reported one of our jobs.
    proven: bool,
    /// When there was last evidence against the events.
    doubted: Option<Timestamp>,
    /// Jobs whose ends were found before events reported them. These events may only be late.
    late: BTreeSet<String>,
}

impl EventFlow {
    /// An event reported `job`. Returns whether it is one of ours: `followed` now, or until its end was found.
    pub fn received(&mut self, job: &str, followed: bool) -> bool {
        let late = self.late.remove(job);
        if late && self.late.is_empty() {
            self.doubted = None;
        }
        let ours = followed || late;
        self.proven |= ours;
        ours
    }

    /// A poll found the end of `job`, and no event has reported it.
    pub fn missed(&mut self, job: &str, now: Timestamp) {
        self.doubted = Some(now);
        if self.late.len() < LATE_MOST {
            self.late.insert(job.to_owned());
        }
    }

    /// An event reported an end that has not happened.
    pub fn contradicted(&mut self, now: Timestamp) {
        self.doubted = Some(now);
        self.late.clear();
    }

    /// Whether to rely on events now. Distrust lasts for `doubt`, and starts again with each missed end.
    pub fn flows(&mut self, now: Timestamp, doubt: Duration) -> bool {
        let age = self.doubted.map(|since| Duration::try_from(now.duration_since(since)).unwrap_or_default());
        if age.is_some_and(|age| age >= doubt) {
            // An event that is later than this does not arrive any more.
            (self.doubted, self.late) = (None, BTreeSet::new());
        }
        self.proven && self.doubted.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBT: Duration = Duration::from_secs(3_600);

    /// The steps of a scenario, one second apart.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// An event reports a tracked job.
        Ours(&'static str),
        /// An event reports an untracked job.
        Unknown(&'static str),
        Missed(&'static str),
        Contradicted,
        /// This many seconds pass.
        Pass(i64),
    }
    use Step::{Contradicted, Missed, Ours, Pass, Unknown};

    /// Whether events flow after these steps.
    fn flows(steps: &[Step]) -> bool {
        let (mut flow, mut second) = (EventFlow::default(), 0);
        for step in steps {
            second += 1;
            let now = Timestamp::from_second(second).unwrap();
            match *step {
                Ours(job) => assert!(flow.received(job, true)),
                Unknown(job) => drop(flow.received(job, false)),
                Missed(job) => flow.missed(job, now),
                Contradicted => flow.contradicted(now),
                Pass(seconds) => second += seconds,
            }
        }
        flow.flows(Timestamp::from_second(second).unwrap(), DOUBT)
    }

    #[test]
    fn ends_are_left_to_events_that_have_shown_to_come_and_are_true() {
        for (steps, expected) in [
            (&[][..], false),
            // Everyone may send such a name.
            (&[Unknown("a"), Unknown("b")], false),
            (&[Ours("a")], true),
            (&[Ours("a"), Pass(1_000_000)], true),
            (&[Missed("a")], false),
            (&[Missed("a"), Ours("b")], false),
            // The poll was faster than the event.
            (&[Missed("a"), Unknown("a")], true),
            (&[Ours("a"), Missed("b"), Unknown("b")], true),
            (&[Ours("a"), Missed("b"), Missed("c"), Unknown("b")], false),
            (&[Ours("a"), Missed("b"), Missed("c"), Unknown("b"), Unknown("c")], true),
            // Some events arrive and some do not.
            (&[Ours("a"), Missed("b"), Ours("c")], false),
            (&[Ours("a"), Missed("b"), Pass(3_500), Ours("c")], false),
            (&[Ours("a"), Missed("b"), Pass(3_600), Ours("c")], true),
            (&[Ours("a"), Missed("b"), Pass(3_000), Missed("c"), Pass(3_000), Ours("d")], false),
            // A forged event, or a response that lagged behind it.
            (&[Ours("a"), Contradicted], false),
            (&[Ours("a"), Contradicted, Ours("b")], false),
            (&[Ours("a"), Missed("b"), Contradicted, Unknown("b")], false),
            (&[Ours("a"), Contradicted, Pass(3_600)], true),
        ] {
            assert_eq!(flows(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn a_region_without_events_does_not_fill_the_memory() {
        let mut flow = EventFlow::default();
        (0..5_000).for_each(|job| flow.missed(&job.to_string(), Timestamp::UNIX_EPOCH));
        assert_eq!(flow.late.len(), LATE_MOST);
    }
}
