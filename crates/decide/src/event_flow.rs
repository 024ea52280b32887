//! Whether the operator can rely on events for the ends of jobs, or has to poll.
//!
//! Nothing guarantees that events arrive: a rule may be missing, or may point to another queue. Events of our own
//! jobs show that they arrive. Ends that a poll finds first, and events that are false, show that they do not: after
//! that, only the event of an end restores the trust, however much time passes.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

/// The maximum number of late events to wait for.
const LATE_MOST: usize = 1_000;

/// The evidence for and against the events of one region.
#[derive(Clone, Debug, Default)]
pub struct EventFlow {
    /// An event has reported one of our jobs since the last evidence against the events.
    proven: bool,
    /// There was evidence against the events, and no event of an end since.
    disproved: bool,
    /// When there was last evidence against the events.
    doubted: Option<Timestamp>,
    /// Jobs whose ends were found before events reported them. These events may only be late.
    late: BTreeSet<String>,
}

impl EventFlow {
    /// An event reported `job`, whether or not its end. Returns whether it is one of ours: `followed` now, or until its
    /// end was found.
    pub fn received(&mut self, job: &str, ended: bool, followed: bool) -> bool {
        let ours = followed || self.late.contains(job);
        if ended && self.late.remove(job) && self.late.is_empty() {
            self.doubted = None;
        }
        // It is ends that are left to events.
        if ours && (ended || !self.disproved) {
            (self.proven, self.disproved) = (true, false);
        }
        ours
    }

    /// A poll found the end of `job`, and no event has reported it.
    pub fn missed(&mut self, job: &str, now: Timestamp) {
        self.doubt(now);
        if self.late.len() < LATE_MOST {
            self.late.insert(job.to_owned());
        }
    }

    /// An event reported an end that has not happened.
    pub fn contradicted(&mut self, now: Timestamp) {
        self.doubt(now);
        self.late.clear();
    }

    fn doubt(&mut self, now: Timestamp) {
        (self.proven, self.disproved, self.doubted) = (false, true, Some(now));
    }

    /// Whether to rely on events now. Distrust lasts for `doubt` at least, and starts again with each missed end.
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
        /// An event reports the end of a tracked job.
        Ours(&'static str),
        /// An event reports another change of a tracked job.
        Began(&'static str),
        /// An event reports the end of an untracked job.
        Unknown(&'static str),
        Missed(&'static str),
        Contradicted,
        /// This many seconds pass.
        Pass(i64),
    }
    use Step::{Began, Contradicted, Missed, Ours, Pass, Unknown};

    /// Whether events flow after these steps.
    fn flows(steps: &[Step]) -> bool {
        let (mut flow, mut second) = (EventFlow::default(), 0);
        for step in steps {
            second += 1;
            let now = Timestamp::from_second(second).unwrap();
            match *step {
                Ours(job) => assert!(flow.received(job, true, true)),
                Began(job) => assert!(flow.received(job, false, true)),
                Unknown(job) => drop(flow.received(job, true, false)),
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
            // Time alone restores no trust: the rule may have gone.
            (&[Ours("a"), Contradicted, Pass(3_600)], false),
            (&[Ours("a"), Missed("b"), Pass(3_600)], false),
            (&[Ours("a"), Missed("b"), Pass(1_000_000), Ours("c")], true),
            // A job that began says nothing about the events of ends, once one of these has not come.
            (&[Began("a")], true),
            (&[Ours("a"), Missed("b"), Began("b")], false),
            (&[Ours("a"), Missed("b"), Pass(3_600), Began("c")], false),
            (&[Ours("a"), Contradicted, Pass(3_600), Began("b"), Ours("b")], true),
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
