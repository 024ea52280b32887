//! How often each operation may be called: a token bucket for each, whose rate sinks when SageMaker throttles and
//! recovers when it does not. SageMaker does not publish its rates and does not raise them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

/// The operations, each with SageMaker's name for it, in one list: what is generated from it (the policy of the operator's
/// role, the reference of the metrics) cannot miss one.
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

            /// SageMaker's name of it.
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
    /// Calls per second to begin with, and never to exceed. Below what public reports saw throttled: five callers at
    /// once for Create, some tens of Describes, and the hub readily.
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

/// Slowest rate that throttling can bring an operation to: one call in ten seconds.
const FLOOR: f64 = 0.1;
/// Share of the ceiling that each success gives back.
const RECOVERY: f64 = 0.05;

/// The token bucket of one operation. A second's worth of calls may go at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    ceiling: f64,
    rate: f64,
    tokens: f64,
    refilled: Timestamp,
    slowed: Option<Timestamp>,
}

impl Budget {
    /// A full bucket at the highest rate.
    pub fn new(ceiling: f64, now: Timestamp) -> Self {
        Self { ceiling, rate: ceiling, tokens: ceiling.max(1.0), refilled: now, slowed: None }
    }

    /// Takes one call out of the budget and returns how long it must wait for its turn. Calls that wait have their
    /// place: the next one waits longer. A call that would have to wait for longer than `patience` takes no place: the
    /// time is returned as an error.
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

    /// SageMaker throttled a call that was sent at `sent`: half the rate, and nothing at once. Calls that were on their
    /// way already when the rate was lowered say nothing about the new one.
    pub fn throttled(&mut self, sent: Timestamp, now: Timestamp) {
        if self.slowed.is_some_and(|slowed| sent < slowed) {
            return;
        }
        self.slowed = Some(now);
        self.rate = (self.rate / 2.0).max(FLOOR);
        self.tokens = self.tokens.min(0.0);
    }

    /// A call was let through.
    pub fn succeeded(&mut self) {
        self.rate = (self.rate + RECOVERY * self.ceiling).min(self.ceiling);
    }

    /// Calls per second at present.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

/// The budgets of one account and region.
#[derive(Debug, Default)]
pub struct Limits {
    budgets: Mutex<HashMap<Operation, Budget>>,
}

impl Limits {
    /// How long a call of `operation` must wait for its turn; its place is taken. An error when that would be longer than
    /// `patience`.
    pub fn take(&self, operation: Operation, now: Timestamp, patience: Duration) -> Result<Duration, Duration> {
        self.with(operation, now, |budget| budget.take(now, patience))
    }

    /// Notes how a call of `operation` that was sent at `sent` ended, and returns the rate from now on.
    pub fn note(&self, operation: Operation, throttled: bool, sent: Timestamp, now: Timestamp) -> f64 {
        self.with(operation, now, |budget| {
            if throttled {
                budget.throttled(sent, now);
            } else {
                budget.succeeded();
            }
            budget.rate()
        })
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
    fn a_second_of_calls_goes_at_once_and_the_rest_in_turn() {
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
    fn calls_that_were_refused_together_slow_down_once() {
        let mut budget = Budget::new(4.0, at(0));
        for answer in 10..14 {
            budget.throttled(at(0), at(answer));
        }
        assert!((budget.rate() - 2.0).abs() < 1e-9);
        budget.throttled(at(10), at(20));
        assert!((budget.rate() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn who_does_not_wait_takes_no_place() {
        let mut budget = Budget::new(4.0, at(0));
        budget.throttled(at(0), at(0));
        budget.take(at(0), PATIENT).unwrap();
        for _ in 0..10 {
            assert_eq!(budget.take(at(0), Duration::from_millis(600)), Err(Duration::from_secs(1)));
        }
        assert_eq!(budget.take(at(0), PATIENT), Ok(Duration::from_secs(1)));
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
