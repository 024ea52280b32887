//! When running jobs are expected to end, and when it is worth to look at them.
//!
//! Nobody says how long a job will take. What is known are the lengths of jobs that have ended, and the ages of those that
//! run. Times are seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Lengths that are remembered: the newest tell most.
const REMEMBERED: usize = 100;
/// A job of which nothing is known is looked at after about as long, and then ever more seldom: one that fails at once is seen
/// at once, and so is each in an emulator with a fast clock.
const SHORTEST_JOB: f64 = 5.0;
/// A job that is being stopped runs on for a moment.
const SHORTEST_STOP: f64 = 10.0;
/// How many steps a pause is chosen among, each a tenth longer than the one before.
const STEP: f64 = 1.1;

/// How long the last jobs of a kind took.
#[derive(Clone, Debug, Default)]
pub struct Lengths(VecDeque<Duration>);

impl Lengths {
    /// Remembers the length of a job.
    pub fn add(&mut self, length: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(length);
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ages between which jobs of this kind end, when those of `ages` still run; `None` when nothing is known.
    ///
    /// The fewer lengths are known, the wider. Jobs that have outlived all of them are expected to end at the pace at which
    /// the others have.
    fn window(&self, ages: &[f64]) -> Option<(f64, f64)> {
        let (shortest, longest) = (self.0.iter().min()?.as_secs_f64(), self.0.iter().max()?.as_secs_f64());
        #[allow(clippy::cast_precision_loss)] // at most a hundred, and a thousand
        let (known, older) = (self.len() as f64, ages.iter().filter(|age| **age > longest).count() as f64);
        let oldest = ages.iter().copied().fold(longest, f64::max);
        let margin = 1.0 / (known + 1.0);
        let at_the_same_pace = shortest + (oldest - shortest) * (known + older) / known;
        Some((shortest * (1.0 - margin), (longest * (1.0 + margin)).max(at_the_same_pace)))
    }
}

/// When a job is expected to end: at any age between two, with the same probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expectation {
    /// Its age when it was last known to run; negative if it was created later.
    age: f64,
    from: f64,
    to: f64,
    /// How much it counts.
    weight: f64,
}

impl Expectation {
    /// Of a job that is being stopped since `age` seconds.
    pub fn of_stop(age: f64) -> Self {
        Self::unknown(age, SHORTEST_STOP, 1.0)
    }

    /// Of a job of which nothing is known but its age: before it is twice as old.
    fn unknown(age: f64, shortest: f64, weight: f64) -> Self {
        let from = age.max(shortest);
        Self { age, from, to: 2.0 * from, weight }
    }

    /// Of jobs of one kind, by their ages. As long as none of the kind has ended they count as one: they are alike, so that
    /// one that has not ended says as much as all.
    pub fn of_kind(lengths: &Lengths, ages: &[f64]) -> Vec<Self> {
        let window = lengths.window(ages);
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / ages.len().max(1) as f64;
        let of = |&age: &f64| match window {
            None => Self::unknown(age, SHORTEST_JOB, share),
            Some((from, to)) if age < to => Self { age, from, to, weight: 1.0 },
            Some(_) => Self::unknown(age, SHORTEST_JOB, 1.0),
        };
        ages.iter().map(of).collect()
    }

    /// The same job, which SageMaker ends at the age of `limit`.
    #[must_use]
    pub fn at_most(self, limit: f64) -> Self {
        let to = self.to.min(limit);
        if to <= self.age { self } else { Self { to, from: self.from.min(to), ..self } }
    }

    /// The probability that it has ended after so many seconds.
    pub fn ended(&self, after: f64) -> f64 {
        let (begins, length) = self.ahead();
        (after - begins).clamp(0.0, length) / length
    }

    /// For how many of those seconds its end is expected to have gone unseen.
    fn unseen(&self, after: f64) -> f64 {
        let (begins, length) = self.ahead();
        let within = (after - begins).clamp(0.0, length);
        within * within / (2.0 * length) + (after - begins - length).max(0.0)
    }

    /// In how many seconds it may end, and how long it may then take to.
    fn ahead(&self) -> (f64, f64) {
        let from = self.from.max(self.age);
        (from - self.age, (self.to - from).max(1.0))
    }
}

/// How many jobs are expected to have ended after so many seconds.
pub fn expected(jobs: &[Expectation], after: f64) -> f64 {
    jobs.iter().map(|job| job.weight * job.ended(after)).sum()
}

/// How long to wait before the jobs are looked at, between `min` and `max`: such that a job whose end is seen costs as
/// little as possible, in calls and in waiting. A call costs as much as `max` of a job's waiting to be seen.
pub fn pause(jobs: &[Expectation], min: Duration, max: Duration) -> Duration {
    let (first, last) = (min.as_secs_f64().max(0.001), max.max(min).as_secs_f64());
    let price = last;
    let cost = |after: f64| {
        let seen = expected(jobs, after);
        let waiting: f64 = jobs.iter().map(|job| job.weight * job.unseen(after)).sum();
        // One call, and one more for results if something has ended.
        (price * (2.0 - (-seen).exp()) + waiting) / seen
    };
    // What is best after `max` is best at `max`.
    let pauses = std::iter::successors(Some(first), |pause| Some(pause * STEP)).take_while(|pause| *pause < 2.0 * last);
    let costs = pauses.map(|pause| (pause, cost(pause))).filter(|(_, cost)| cost.is_finite());
    let best = costs.min_by(|(_, one), (_, other)| one.total_cmp(other)).map_or(last, |(pause, _)| pause);
    Duration::from_secs_f64(best.clamp(first, last)).clamp(min, max.max(min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIN: Duration = Duration::from_secs(2);
    const MAX: Duration = Duration::from_secs(600);

    fn lengths(seconds: &[u64]) -> Lengths {
        let mut lengths = Lengths::default();
        seconds.iter().for_each(|seconds| lengths.add(Duration::from_secs(*seconds)));
        lengths
    }

    fn next(known: &[u64], ages: &[f64]) -> u64 {
        pause(&Expectation::of_kind(&lengths(known), ages), MIN, MAX).as_secs()
    }

    #[test]
    fn the_fewer_lengths_are_known_the_wider_is_the_window() {
        let window = |known: &[u64], ages: &[f64]| {
            let (from, to) = lengths(known).window(ages).unwrap();
            (from.round(), to.round())
        };
        assert_eq!(lengths(&[]).window(&[5.0]), None);
        assert_eq!(window(&[7_200], &[0.0]), (3_600.0, 10_800.0));
        assert_eq!(window(&[7_000, 7_200, 7_100], &[0.0]), (5_250.0, 9_000.0));
        // Half have ended within 2,000 s, and the others are expected to within the next 2,000 s.
        assert_eq!(window(&[5_000, 6_000, 7_000], &[7_001.0; 3]), (3_750.0, 9_002.0));
        assert_eq!(window(&[5_000; 3], &[9_000.0; 3]), (3_750.0, 13_000.0));
    }

    #[test]
    fn jobs_of_unknown_length_are_looked_at_ever_more_seldom_and_a_hundred_as_often_as_one() {
        let pauses = [0.0, 300.0, 900.0, 3_600.0].map(|age| next(&[], &[age]));
        assert!(pauses.is_sorted() && (5..=20).contains(&pauses[0]), "{pauses:?}");
        assert_eq!(pauses[3], 600);
        for age in [0.0, 300.0, 3_600.0] {
            assert_eq!(next(&[], &[age]), next(&[], &[age; 100]), "at {age} s");
        }
    }

    #[test]
    fn jobs_that_cannot_end_yet_are_left_alone_and_those_that_are_due_are_not() {
        let known = [6_000, 7_000, 8_000, 6_500, 7_500, 7_200, 6_600, 7_700, 6_100, 7_900];
        assert_eq!(next(&known, &[1_000.0; 100]), 600);
        assert!((150..300).contains(&next(&known, &[6_500.0; 100])), "{}", next(&known, &[6_500.0; 100]));
        assert!(next(&known, &[6_500.0; 100]) < next(&known, &[6_500.0; 10]));
    }

    #[test]
    fn an_end_that_is_known_exactly_is_looked_at_just_after_it() {
        let [job] = Expectation::of_kind(&lengths(&[7_200; 99]), &[6_900.0])[..] else { panic!("one job") };
        let soon = pause(&[job.at_most(7_000.0)], MIN, MAX).as_secs();
        assert!((100..112).contains(&soon), "{soon}");
        assert!((job.at_most(6_000.0).ended(10_000.0) - 1.0).abs() < 1e-9, "a limit that has passed says nothing");
    }

    #[test]
    fn a_stop_is_looked_at_within_seconds() {
        let soon = pause(&[Expectation::of_stop(0.0)], MIN, MAX).as_secs();
        assert!((10..=22).contains(&soon), "{soon}");
    }

    #[test]
    fn only_the_newest_lengths_are_remembered() {
        let all: Vec<u64> = (0..250).collect();
        assert_eq!((lengths(&all).len(), lengths(&all).0[0].as_secs()), (REMEMBERED, 150));
    }

    proptest! {
        #[test]
        fn a_pause_is_within_its_bounds_whatever_is_known(
            known in proptest::collection::vec(0_u64..100_000, 0..20),
            ages in proptest::collection::vec(-1_000.0..100_000.0_f64, 0..20),
            min in 0_u64..100, max in 0_u64..1_000,
        ) {
            let jobs = Expectation::of_kind(&lengths(&known), &ages);
            let (min, max) = (Duration::from_secs(min), Duration::from_secs(max));
            let pause = pause(&jobs, min, max);
            prop_assert!((min..=max.max(min)).contains(&pause), "{pause:?}");
            for after in [0.0, 1.0, 1e3, 1e6] {
                let seen = expected(&jobs, after);
                prop_assert!((0.0..=20.0).contains(&seen), "{seen}");
            }
        }
    }
}
