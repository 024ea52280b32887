//! Rate limiter: a token bucket for each operation, whose rate decreases when SageMaker throttles and recovers when it
//! does not (AIMD). SageMaker does not publish its limits and does not raise them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::error::Class;

/// Defines the operations with SageMaker's names in one list, so that what is generated from it (the IAM policy of the
/// operator's role, the reference of the metrics) is complete.
macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// The operations that this operator calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Operation {
            $($name),*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// SageMaker's name of the operation.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),*
                }
            }
        }
    };
}

operations! {
    CreateHyperParameterTuningJob,
    DescribeHyperParameterTuningJob,
    ListHyperParameterTuningJobs,
    StopHyperParameterTuningJob,
    DescribeTrainingJob,
    ListTrainingJobsForHyperParameterTuningJob,
    ListTags,
    DescribeHubContent,
    ListHubContents,
    ListHubContentVersions,
    Search,
}

impl Operation {
    /// Initial and highest rate, in calls per second. Below the rates that were throttled according to public reports:
    /// five concurrent callers for Create, some tens of Describes, and the hub at low rates.
    fn ceiling(self) -> f64 {
        match self {
            Self::CreateHyperParameterTuningJob
            | Self::StopHyperParameterTuningJob
            | Self::ListHyperParameterTuningJobs
            | Self::ListTrainingJobsForHyperParameterTuningJob
            | Self::DescribeHubContent => 4.0,
            Self::ListHubContents | Self::ListHubContentVersions | Self::Search => 2.0,
            Self::DescribeHyperParameterTuningJob | Self::DescribeTrainingJob | Self::ListTags => 8.0,
        }
    }
}

/// Lowest rate after throttling: one call in ten seconds.
const FLOOR: f64 = 0.1;
/// Share of the rate that each success adds, while the limit of SageMaker is unknown.
const RECOVERY: f64 = 0.1;
/// Share of the remaining way to the rate of the last throttling that each success adds, and the smallest step as a
/// share of that rate: some dozen calls succeed before the limit is reached again, and hardly any call is throttled.
const APPROACH: f64 = 0.03;
const LEAST_STEP: f64 = 0.001;
/// If the rate has risen this far above the rate of the last throttling, SageMaker's limit has changed.
const BEYOND: f64 = 1.15;
/// Factor of the rate after throttling, while the limit is unknown.
const FAR: f64 = 0.5;

/// Factor of the rate after throttling near the limit, by the number of successful calls since the last throttling.
fn near(let_through: u32) -> f64 {
    match let_through {
        0..3 => 0.8,
        3..16 => 0.9,
        _ => 0.95,
    }
}

/// The token bucket of one operation. One second's worth of calls may be sent at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    ceiling: f64,
    rate: f64,
    tokens: f64,
    refilled: Timestamp,
    slowed: Option<Timestamp>,
    /// Number of successful calls since the rate was lowered.
    let_through: u32,
    /// The rate at which SageMaker last throttled, once its limit is roughly known: the limit is somewhat lower.
    wall: Option<f64>,
}

impl Budget {
    /// A full bucket at the highest rate.
    pub fn new(ceiling: f64, now: Timestamp) -> Self {
        let tokens = ceiling.max(1.0);
        Self { ceiling, rate: ceiling, tokens, refilled: now, slowed: None, let_through: 0, wall: None }
    }

    /// Takes a token for one call, and returns how long the call must wait. Waiting calls are queued: the next one
    /// waits longer. If the wait would exceed `patience`, no token is taken, and the wait is returned as an error.
    pub fn take(&mut self, now: Timestamp, patience: Duration) -> Result<Duration, Duration> {
        let elapsed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.refilled = now;
        self.tokens = (self.tokens + elapsed * self.rate).min(self.rate.max(1.0));
        let wait = Duration::from_secs_f64(((1.0 - self.tokens) / self.rate).max(0.0));
        if wait > patience {
            return Err(wait);
        }
        self.tokens -= 1.0;
        Ok(wait)
    }

    /// SageMaker throttled a call that was sent at `taken`: lowers the rate, and empties the bucket. Calls that were
    /// sent before the rate was last lowered say nothing about the new rate.
    pub fn throttled(&mut self, taken: Timestamp, now: Timestamp) {
        if self.slowed.is_some_and(|slowed| taken < slowed) {
            return;
        }
        // Successes right after the start do not count: SageMaker's own bucket was still full.
        let is_near = self.wall.is_some() || (self.slowed.is_some() && self.let_through >= 3);
        let slower = if is_near { near(self.let_through) } else { FAR };
        self.wall = is_near.then_some(self.rate);
        self.slowed = Some(now);
        self.let_through = 0;
        self.rate = (self.rate * slower).max(FLOOR);
        self.tokens = self.tokens.min(0.0);
    }

    /// A call succeeded.
    pub fn succeeded(&mut self) {
        self.let_through = self.let_through.saturating_add(1);
        self.wall = self.wall.filter(|wall| self.rate < wall * BEYOND);
        let back = |wall: f64| (APPROACH * (wall - self.rate)).max(LEAST_STEP * wall);
        let step = self.wall.map_or(RECOVERY * self.rate, back);
        self.rate = (self.rate + step).min(self.ceiling);
    }

    /// The current rate, in calls per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

/// The token buckets of one account and region.
#[derive(Debug, Default)]
pub struct Limits {
    budgets: Mutex<HashMap<Operation, Budget>>,
}

impl Limits {
    /// How long a call of `operation` must wait; its token is taken. An error if that would exceed `patience`.
    pub fn take(&self, operation: Operation, now: Timestamp, patience: Duration) -> Result<Duration, Duration> {
        self.with(operation, now, |budget| budget.take(now, patience))
    }

    /// Records the result of a call of `operation` that was sent at `taken`, and returns the new rate. A call that
    /// SageMaker has not answered says nothing about its limit.
    pub fn note(&self, operation: Operation, fault: Option<Class>, taken: Timestamp, now: Timestamp) -> f64 {
        self.with(operation, now, |budget| {
            match fault {
                Some(Class::Throttled) => budget.throttled(taken, now),
                Some(Class::Transient | Class::Credentials | Class::Clock) => {}
                _ => budget.succeeded(),
            }
            budget.rate()
        })
    }

    /// The current rate of an operation, in calls per second.
    pub fn rate(&self, operation: Operation, now: Timestamp) -> f64 {
        self.with(operation, now, |budget| budget.rate())
    }

    fn with<T>(&self, operation: Operation, now: Timestamp, change: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budgets = self.budgets.lock();
        change(budgets.entry(operation).or_insert_with(|| Budget::new(operation.ceiling(), now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATIENT: Duration = Duration::MAX;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn one_second_of_calls_is_sent_at_once_and_the_rest_waits() {
        let mut budget = Budget::new(4.0, at(0));
        let waits: Vec<u128> = (0..6).map(|_| budget.take(at(0), PATIENT).unwrap().as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 250, 500]);
        assert_eq!(budget.take(at(2_000), PATIENT).unwrap().as_millis(), 0);
    }

    #[test]
    fn throttling_halves_and_success_restores() {
        let mut budget = Budget::new(4.0, at(0));
        budget.throttled(at(0), at(1));
        budget.throttled(at(1), at(2));
        assert!((budget.rate() - 1.0).abs() < 1e-9);
        assert!(budget.take(at(0), PATIENT).unwrap().as_millis() >= 1000);
        for _ in 0..15 {
            budget.succeeded();
        }
        assert!((budget.rate() - 4.0).abs() < 1e-9);
        for n in 0..100 {
            budget.throttled(at(n), at(n));
        }
        assert!((budget.rate() - FLOOR).abs() < 1e-9);
    }

    #[test]
    fn a_call_without_an_answer_changes_nothing() {
        let limits = Limits::default();
        let note = |fault| limits.note(Operation::Search, fault, at(10), at(11));
        assert!((note(Some(Class::Throttled)) - 1.0).abs() < 1e-9);
        for fault in [Class::Transient, Class::Credentials, Class::Clock] {
            assert!((note(Some(fault)) - 1.0).abs() < 1e-9, "{fault:?}");
        }
        assert!(note(Some(Class::NotFound)) > 1.0);
        assert!(note(None) > 1.1);
    }

    #[test]
    fn concurrent_throttled_calls_lower_the_rate_once() {
        let mut budget = Budget::new(4.0, at(0));
        for answer in 10..14 {
            budget.throttled(at(0), at(answer));
        }
        assert!((budget.rate() - 2.0).abs() < 1e-9);
        budget.throttled(at(10), at(20));
        assert!((budget.rate() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_call_that_does_not_wait_takes_no_token() {
        let mut budget = Budget::new(4.0, at(0));
        budget.throttled(at(0), at(0));
        budget.take(at(0), PATIENT).unwrap();
        for _ in 0..10 {
            assert_eq!(budget.take(at(0), Duration::from_millis(600)), Err(Duration::from_secs(1)));
        }
        assert_eq!(budget.take(at(0), PATIENT), Ok(Duration::from_secs(1)));
    }

    /// Simulates SageMaker's own bucket with calls that are made in sequence, as fast as the budget allows: returns the
    /// used and the throttled share.
    fn against(per_second: f64, calls: u32) -> (f64, f64) {
        let (mut budget, mut millis, mut level) = (Budget::new(4.0, at(0)), 0_i64, per_second.max(1.0));
        let mut throttled = 0_u32;
        for _ in 0..calls {
            let wait = budget.take(at(millis), PATIENT).unwrap().max(Duration::from_millis(50));
            let wait = i64::try_from(wait.as_millis()).unwrap();
            millis += wait;
            level = (level + Duration::from_millis(wait.unsigned_abs()).as_secs_f64() * per_second)
                .min(per_second.max(1.0));
            if level >= 1.0 {
                level -= 1.0;
                budget.succeeded();
            } else {
                throttled += 1;
                budget.throttled(at(millis), at(millis));
            }
        }
        let allowed = Duration::from_millis(millis.unsigned_abs()).as_secs_f64() * per_second;
        (f64::from(calls - throttled) / allowed, f64::from(throttled) / f64::from(calls))
    }

    #[test]
    fn the_rate_settles_just_below_the_limit() {
        for per_second in [0.3, 0.5, 0.9, 1.0, 1.5, 2.0, 2.7, 3.5] {
            let (used, throttled) = against(per_second, 500);
            println!("{per_second} a second: {:.1} % used, {:.1} % throttled", used * 100.0, throttled * 100.0);
            // SageMaker's bucket with a single token tolerates no burst.
            let least = if per_second > 1.0 { 0.95 } else { 0.93 };
            assert!(used >= least && throttled <= 0.05, "{per_second}: {used} {throttled}");
        }
    }

    proptest! {
        #[test]
        fn never_more_calls_than_the_rate_and_one_burst(gaps in proptest::collection::vec(0i64..400, 1..200)) {
            let mut budget = Budget::new(4.0, at(0));
            let mut now = 0;
            let mut starts: Vec<f64> = Vec::new();
            for gap in gaps {
                now += gap;
                starts.push(f64::from(i32::try_from(now).unwrap()) / 1000.0 + budget.take(at(now), PATIENT).unwrap().as_secs_f64());
            }
            starts.sort_by(f64::total_cmp);
            for window in starts.windows(9) {
                prop_assert!(window[8] - window[0] >= 1.0 - 1e-6, "9 calls within {}", window[8] - window[0]);
            }
        }
    }
}
