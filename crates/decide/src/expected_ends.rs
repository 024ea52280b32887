//! When running jobs are expected to end, and when polling them is worthwhile.
//!
//! The duration of a job is not known in advance. The only inputs are the durations of jobs that have ended, and the
//! ages of running jobs. All times are in seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Maximum number of stored durations: the newest are the best predictors.
const REMEMBERED: usize = 100;
/// The minimum expected duration of a job of unknown duration. The expectation grows with the job's age, so polls
/// become rarer. So the operator soon sees the end of a job that fails at once, or that runs in a fast emulator.
const SHORTEST_JOB: f64 = 5.0;
/// A job of unknown duration is expected to end before its age has grown by this factor. With 3, the first ten minutes
/// of a job cost five polls; with 2 they cost seven.
const JOB_GROWTH: f64 = 3.0;
/// The shortest expected time until a job that is being stopped has ended, and the factor for its age. A stop takes a
/// minute or two, and somebody waits for it.
const SHORTEST_STOP: f64 = 10.0;
const STOP_GROWTH: f64 = 2.0;
/// The price of a call: as much as the end of one job that stays unseen for this many longest pauses. It gives less
/// than 1.5 calls per run with 100 jobs at a time, create included (`make bench`).
const PRICE: f64 = 1.5;
/// Candidates for a pause are spaced by this factor.
const STEP: f64 = 1.1;

/// The durations of the last jobs of a kind.
#[derive(Clone, Debug, Default)]
pub struct Lengths(VecDeque<Duration>);

impl Lengths {
    /// Remembers the duration of a job.
    pub fn add(&mut self, length: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(length);
    }

    /// Number of durations that are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no durations.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ages between which jobs of this kind are expected to end, given the `ages` of those still running; `None`
    /// if no duration is known.
    ///
    /// The fewer durations are known, the wider the window. Of jobs that began together, the first to end are the short
    /// ones: the others are expected to end at the same pace.
    #[allow(clippy::cast_precision_loss)] // at most a hundred, and a thousand
    fn window(&self, ages: &[f64]) -> Option<(f64, f64)> {
        let (shortest, longest) = (self.0.iter().min()?.as_secs_f64(), self.0.iter().max()?.as_secs_f64());
        let known = self.len() as f64;
        let mut older: Vec<f64> = ages.iter().copied().filter(|age| *age > shortest).collect();
        older.sort_by(f64::total_cmp);
        // The most likely end of a uniform distribution with these durations, if all of these ages were the median.
        let excess: f64 = older.iter().map(|age| age - shortest).sum();
        let at_the_same_pace = older.get(older.len() / 2).map_or(0.0, |median| median + excess / known);
        let margin = 1.0 / (known + 1.0);
        Some((shortest * (1.0 - margin), (longest * (1.0 + margin)).max(at_the_same_pace)))
    }
}

/// When a job is expected to end: uniformly distributed between two ages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expectation {
    /// Its age when it was last known to be running; negative if it was created later.
    age: f64,
    from: f64,
    to: f64,
    /// Its weight in the sum.
    weight: f64,
}

impl Expectation {
    /// The expectation for a job that has been stopping for `age` seconds.
    pub fn of_stop(age: f64) -> Self {
        Self::unknown(age, SHORTEST_STOP, STOP_GROWTH, 1.0)
    }

    /// The expectation for a job of which only the age is known: it ends before it is `growth` times as old.
    fn unknown(age: f64, shortest: f64, growth: f64, weight: f64) -> Self {
        let from = age.max(shortest);
        Self { age, from, to: growth * from, weight }
    }

    /// The expectations for jobs of one kind, by their ages. Until the first one has ended, they count as one job:
    /// they are similar, so one running job gives as much information as all of them.
    pub fn of_kind(lengths: &Lengths, ages: &[f64]) -> Vec<Self> {
        let window = lengths.window(ages);
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / ages.len().max(1) as f64;
        let of = |&age: &f64| match window {
            None => Self::unknown(age, SHORTEST_JOB, JOB_GROWTH, share),
            Some((from, to)) if age < to => Self { age, from, to, weight: 1.0 },
            Some(_) => Self::unknown(age, SHORTEST_JOB, JOB_GROWTH, 1.0),
        };
        ages.iter().map(of).collect()
    }

    /// The same job, which SageMaker stops at the age of `limit`.
    #[must_use]
    pub fn at_most(self, limit: f64) -> Self {
        let to = self.to.min(limit);
        if to <= self.age { self } else { Self { to, from: self.from.min(to), ..self } }
    }

    /// The probability that it has ended `after` seconds from now.
    pub fn ended(&self, after: f64) -> f64 {
        let (begins, length) = self.ahead();
        (after - begins).clamp(0.0, length) / length
    }

    /// Expected number of those seconds during which its end has gone unseen.
    fn unseen(&self, after: f64) -> f64 {
        let (begins, length) = self.ahead();
        let within = (after - begins).clamp(0.0, length);
        within * within / (2.0 * length) + (after - begins - length).max(0.0)
    }

    /// In how many seconds it may end at the earliest, and the length of the interval in which it then ends.
    fn ahead(&self) -> (f64, f64) {
        let from = self.from.max(self.age);
        (from - self.age, (self.to - from).max(1.0))
    }
}

/// Expected number of jobs that have ended `after` seconds from now.
pub fn expected(jobs: &[Expectation], after: f64) -> f64 {
    jobs.iter().map(|job| job.weight * job.ended(after)).sum()
}

/// The pause before the next poll, between `min` and `max`. It minimizes the cost per observed end, in calls and in
/// time for which ends stay unseen.
pub fn pause(jobs: &[Expectation], min: Duration, max: Duration) -> Duration {
    let (first, last) = (min.as_secs_f64().max(0.001), max.max(min).as_secs_f64());
    let price = PRICE * last;
    let cost = |after: f64| {
        let seen = expected(jobs, after);
        let waiting: f64 = jobs.iter().map(|job| job.weight * job.unseen(after)).sum();
        // One call, and one more for the results if a job has ended.
        (price * (2.0 - (-seen).exp()) + waiting) / seen
    };
    // If the optimum is later than `max`, `max` is the best allowed pause.
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
    fn fewer_known_durations_give_a_wider_window() {
        let window = |known: &[u64], ages: &[f64]| {
            let (from, to) = lengths(known).window(ages).unwrap();
            (from.round(), to.round())
        };
        assert_eq!(lengths(&[]).window(&[5.0]), None);
        assert_eq!(window(&[7_200], &[0.0]), (3_600.0, 10_800.0));
        assert_eq!(window(&[7_000, 7_200, 7_100], &[0.0]), (5_250.0, 9_000.0));
        // Half of them have ended within 2,000 s, and the others are expected to end within the next 2,000 s.
        assert_eq!(window(&[5_000, 6_000, 7_000], &[7_001.0; 3]), (3_750.0, 9_002.0));
        assert_eq!(window(&[5_000; 3], &[9_000.0; 3]), (3_750.0, 13_000.0));
        // They began together: a third has ended within 1,000 s, and the last of them just now.
        assert_eq!(window(&[5_000, 5_500, 6_000], &[6_000.0; 6]), (3_750.0, 8_000.0));
        // They began one after the other, and none is old: the known durations tell all.
        assert_eq!(window(&[5_000, 5_500, 6_000], &[1_000.0, 2_000.0]), (3_750.0, 7_500.0));
    }

    #[test]
    fn polls_of_jobs_of_unknown_duration_become_rarer_and_do_not_depend_on_their_number() {
        let pauses = [0.0, 300.0, 900.0, 3_600.0].map(|age| next(&[], &[age]));
        assert!(pauses.is_sorted() && (5..=20).contains(&pauses[0]), "{pauses:?}");
        assert_eq!(pauses[3], 600);
        for age in [0.0, 300.0, 3_600.0] {
            assert_eq!(next(&[], &[age]), next(&[], &[age; 100]), "at {age} s");
        }
    }

    #[test]
    fn jobs_that_cannot_end_yet_are_not_polled_and_due_ones_are() {
        let known = [6_000, 7_000, 8_000, 6_500, 7_500, 7_200, 6_600, 7_700, 6_100, 7_900];
        assert_eq!(next(&known, &[1_000.0; 100]), 600);
        assert!((150..360).contains(&next(&known, &[6_100.0; 100])), "{}", next(&known, &[6_100.0; 100]));
        assert!(next(&known, &[6_100.0; 100]) < next(&known, &[6_100.0; 10]));
    }

    #[test]
    fn a_job_with_a_known_end_is_polled_just_after_it() {
        let [job] = Expectation::of_kind(&lengths(&[7_200; 99]), &[6_900.0])[..] else { panic!("one job") };
        let soon = pause(&[job.at_most(7_000.0)], MIN, MAX).as_secs();
        assert!((100..112).contains(&soon), "{soon}");
        assert!((job.at_most(6_000.0).ended(10_000.0) - 1.0).abs() < 1e-9, "a limit that has passed says nothing");
    }

    #[test]
    fn a_stopping_job_is_polled_within_seconds() {
        let soon = pause(&[Expectation::of_stop(0.0)], MIN, MAX).as_secs();
        assert!((10..=22).contains(&soon), "{soon}");
    }

    #[test]
    fn only_the_newest_durations_are_remembered() {
        let all: Vec<u64> = (0..250).collect();
        assert_eq!((lengths(&all).len(), lengths(&all).0[0].as_secs()), (REMEMBERED, 150));
    }

    proptest! {
        #[test]
        fn a_pause_is_always_within_its_bounds(
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
