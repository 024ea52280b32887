//! Whether the ends of jobs can be left to events, or have to be looked for.
//!
//! Nobody says that events come: a rule may be missing, or may lead to another queue. What shows it are events of our own
//! jobs. What speaks against it are ends that a sweep finds first, and events that are not true.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

/// As many late events are awaited.
const LATE_MOST: usize = 1_000;

/// What the events of one region have shown so far.
#[derive(Clone, Debug, Default)]
pub struct EventFlow {
    /// An event reported a job of ours.
    proven: bool,
    /// When something last spoke against the events.
    doubted: Option<Timestamp>,
    /// Jobs whose ends were found before events reported them. These may merely be late.
    late: BTreeSet<String>,
}

impl EventFlow {
    /// An event reported `job`. Returns whether it is one of ours: one that is `followed`, or was until its end was found.
    pub fn received(&mut self, job: &str, followed: bool) -> bool {
        let late = self.late.remove(job);
        if late && self.late.is_empty() {
            self.doubted = None;
        }
        let ours = followed || late;
        self.proven |= ours;
        ours
    }

    /// The end of `job` was found, and no event reported it.
    pub fn missed(&mut self, job: &str, now: Timestamp) {
        self.doubted = Some(now);
        if self.late.len() < LATE_MOST {
            self.late.insert(job.to_owned());
        }
    }

    /// An event reported an end that was none.
    pub fn contradicted(&mut self, now: Timestamp) {
        self.doubted = Some(now);
        self.late.clear();
    }

    /// Whether ends can be left to the events now. A doubt lasts for `doubt`, and anew with each end that is missed.
    pub fn flows(&mut self, now: Timestamp, doubt: Duration) -> bool {
        let age = self.doubted.map(|since| Duration::try_from(now.duration_since(since)).unwrap_or_default());
        if age.is_some_and(|age| age >= doubt) {
            // What is as late as that does not come any more.
            (self.doubted, self.late) = (None, BTreeSet::new());
        }
        self.proven && self.doubted.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBT: Duration = Duration::from_secs(3_600);

    /// What happens, each a second after the one before.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// An event tells of a job that is followed.
        Ours(&'static str),
        /// An event tells of a job that nobody follows.
        Unknown(&'static str),
        Missed(&'static str),
        Contradicted,
        /// So many seconds pass.
        Pass(i64),
    }
    use Step::{Contradicted, Missed, Ours, Pass, Unknown};

    /// Whether events flow after all that.
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
            // Anybody may write such a name.
            (&[Unknown("a"), Unknown("b")], false),
            (&[Ours("a")], true),
            (&[Ours("a"), Pass(1_000_000)], true),
            (&[Missed("a")], false),
            (&[Missed("a"), Ours("b")], false),
            // The sweep was faster than the event.
            (&[Missed("a"), Unknown("a")], true),
            (&[Ours("a"), Missed("b"), Unknown("b")], true),
            (&[Ours("a"), Missed("b"), Missed("c"), Unknown("b")], false),
            (&[Ours("a"), Missed("b"), Missed("c"), Unknown("b"), Unknown("c")], true),
            // Some come and some do not.
            (&[Ours("a"), Missed("b"), Ours("c")], false),
            (&[Ours("a"), Missed("b"), Pass(3_500), Ours("c")], false),
            (&[Ours("a"), Missed("b"), Pass(3_600), Ours("c")], true),
            (&[Ours("a"), Missed("b"), Pass(3_000), Missed("c"), Pass(3_000), Ours("d")], false),
            // A forged event, or an answer that lagged behind it.
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
