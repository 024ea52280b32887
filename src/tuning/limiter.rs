//! How often each operation may be called: a token bucket for each, whose rate sinks when SageMaker throttles and
//! recovers when it does not. SageMaker does not publish its rates and does not raise them.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

/// The operations that this operator calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operation {
    CreateHyperParameterTuningJob,
    DescribeHyperParameterTuningJob,
    ListHyperParameterTuningJobs,
    StopHyperParameterTuningJob,
    DescribeTrainingJob,
    ListTags,
    DescribeHubContent,
    ListHubContentVersions,
    Search,
}

impl Operation {
    /// SageMaker's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateHyperParameterTuningJob => "CreateHyperParameterTuningJob",
            Self::DescribeHyperParameterTuningJob => "DescribeHyperParameterTuningJob",
            Self::ListHyperParameterTuningJobs => "ListHyperParameterTuningJobs",
            Self::StopHyperParameterTuningJob => "StopHyperParameterTuningJob",
            Self::DescribeTrainingJob => "DescribeTrainingJob",
            Self::ListTags => "ListTags",
            Self::DescribeHubContent => "DescribeHubContent",
            Self::ListHubContentVersions => "ListHubContentVersions",
            Self::Search => "Search",
        }
    }

    /// Calls per second to begin with, and never to exceed. Below what public reports saw throttled: five callers at
    /// once for Create, some tens of Describes, and the hub readily.
    fn ceiling(self) -> f64 {
        match self {
            Self::CreateHyperParameterTuningJob
            | Self::StopHyperParameterTuningJob
            | Self::ListHyperParameterTuningJobs
            | Self::DescribeHubContent => 4.0,
            Self::ListHubContentVersions | Self::Search => 2.0,
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
}

impl Budget {
    /// A full bucket at the highest rate.
    pub fn new(ceiling: f64, now: Timestamp) -> Self {
        Self { ceiling, rate: ceiling, tokens: ceiling.max(1.0), refilled: now }
    }

    /// Takes one call out of the budget and returns how long it must wait for its turn. Calls that wait have their
    /// place: the next one waits longer.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        let elapsed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.refilled = now;
        self.tokens = (self.tokens + elapsed * self.rate).min(self.rate.max(1.0)) - 1.0;
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }

    /// SageMaker throttled a call: half the rate, and nothing at once.
    pub fn throttled(&mut self) {
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
    /// How long a call of `operation` must wait for its turn; its place is taken.
    pub fn take(&self, operation: Operation, now: Timestamp) -> Duration {
        self.with(operation, now, |budget| budget.take(now))
    }

    /// Notes how a call of `operation` ended, and returns the rate from now on.
    pub fn note(&self, operation: Operation, throttled: bool, now: Timestamp) -> f64 {
        self.with(operation, now, |budget| {
            if throttled {
                budget.throttled();
            } else {
                budget.succeeded();
            }
            budget.rate()
        })
    }

    fn with<T>(&self, operation: Operation, now: Timestamp, change: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budgets = self.budgets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(budgets.entry(operation).or_insert_with(|| Budget::new(operation.ceiling(), now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn a_second_of_calls_goes_at_once_and_the_rest_in_turn() {
        let mut budget = Budget::new(4.0, at(0));
        let waits: Vec<u128> = (0..6).map(|_| budget.take(at(0)).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 250, 500]);
        assert_eq!(budget.take(at(2_000)).as_millis(), 0);
    }

    #[test]
    fn throttling_halves_and_success_restores() {
        let mut budget = Budget::new(4.0, at(0));
        budget.throttled();
        budget.throttled();
        assert!((budget.rate() - 1.0).abs() < 1e-9);
        assert!(budget.take(at(0)).as_millis() >= 1000);
        for _ in 0..15 {
            budget.succeeded();
        }
        assert!((budget.rate() - 4.0).abs() < 1e-9);
        for _ in 0..100 {
            budget.throttled();
        }
        assert!((budget.rate() - FLOOR).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn never_more_calls_than_the_rate_and_one_burst(gaps in proptest::collection::vec(0i64..400, 1..200)) {
            let mut budget = Budget::new(4.0, at(0));
            let mut now = 0;
            let mut starts: Vec<f64> = Vec::new();
            for gap in gaps {
                now += gap;
                starts.push(f64::from(i32::try_from(now).unwrap()) / 1000.0 + budget.take(at(now)).as_secs_f64());
            }
            starts.sort_by(f64::total_cmp);
            for window in starts.windows(9) {
                prop_assert!(window[8] - window[0] >= 1.0 - 1e-6, "9 calls within {}", window[8] - window[0]);
            }
        }
    }
}
