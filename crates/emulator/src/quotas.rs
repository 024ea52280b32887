//! Limits of the account, and rates of requests.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::clock::Moment;
use super::protocol::ApiError;
use super::wire::{CreateRequest, Definition, Strategy};
use super::world::Region;

/// Training jobs per tuning job, and the same for `Random`.
const TRAINING_JOBS: (u32, u32) = (750, 10_000);
/// Parallel training jobs to which the quota can be raised.
const MOST_PARALLEL: u32 = 100;

/// Limits of the account.
#[derive(Clone, Debug)]
pub struct Quotas {
    /// Tuning jobs that run or are being stopped, per region.
    pub tuning_jobs: u32,
    /// Parallel training jobs per tuning job.
    pub parallel_training_jobs: u32,
    /// Training instances by type; a type that is not named has no limit.
    pub instances: BTreeMap<String, u32>,
}

impl Quotas {
    /// Refuses a request that would exceed a limit.
    pub fn check(&self, request: &CreateRequest, region: &Region, now: Moment) -> Result<(), ApiError> {
        let config = &request.hyper_parameter_tuning_job_config;
        let limits = &config.resource_limits;
        let parallel = limits.max_parallel_training_jobs;
        let allowed = self.parallel_training_jobs.min(MOST_PARALLEL);
        if parallel > allowed {
            return Err(exceeded(
                "Number of parallel training jobs per hyperparameter tuning job",
                allowed,
                "Jobs",
                0,
                parallel,
            ));
        }
        let most = if config.strategy == Strategy::Random { TRAINING_JOBS.1 } else { TRAINING_JOBS.0 };
        if let Some(wanted) = limits.max_number_of_training_jobs.filter(|wanted| *wanted > most) {
            return Err(exceeded("Number of training jobs per hyperparameter tuning job", most, "Jobs", 0, wanted));
        }
        let active: Vec<&CreateRequest> = region
            .jobs
            .values()
            .filter(|job| job.status(now).is_some_and(super::job::JobStatus::active))
            .map(|job| &job.setup.request)
            .collect();
        let running = u32::try_from(active.len()).unwrap_or(u32::MAX);
        if running >= self.tuning_jobs {
            return Err(exceeded(
                "Number of concurrent hyperparameter tuning jobs",
                self.tuning_jobs,
                "Jobs",
                running,
                1,
            ));
        }
        for (kind, limit) in &self.instances {
            let wanted = instances(request, kind);
            let used = active.iter().map(|request| instances(request, kind)).sum::<u32>();
            if wanted > 0 && used.saturating_add(wanted) > *limit {
                return Err(exceeded(&format!("{kind} for training job usage"), *limit, "Instances", used, wanted));
            }
        }
        Ok(())
    }
}

/// Instances of a type that a tuning job holds while it runs: those of all its parallel training jobs.
fn instances(request: &CreateRequest, kind: &str) -> u32 {
    let limits = &request.hyper_parameter_tuning_job_config.resource_limits;
    let parallel = limits.max_parallel_training_jobs.min(limits.max_number_of_training_jobs.unwrap_or(u32::MAX));
    let of = |definition: &Definition| definition.instances().filter(|(name, _)| *name == kind).map(|(_, count)| count);
    request.definitions().filter_map(of).max().unwrap_or(0).saturating_mul(parallel)
}

fn exceeded(what: &str, limit: u32, unit: &str, used: u32, wanted: u32) -> ApiError {
    ApiError::limit(format!(
        "The account-level service limit '{what}' is {limit} {unit}, with current utilization of {used} {unit} and a request delta of \
         {wanted} {unit}. Please contact AWS support to request an increase for this limit."
    ))
}

/// `Operation=PERSECOND[:BURST]`; the operation may be `*`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// For which operation.
    pub operation: String,
    /// Tokens per second.
    pub per_second: f64,
    /// Tokens at most.
    pub burst: f64,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: expected OPERATION=PERSECOND[:BURST], for example Search=2:5");
        let (operation, rate) = text.split_once('=').ok_or_else(wrong)?;
        let (per_second, burst) = rate.split_once(':').map_or((rate, None), |(rate, burst)| (rate, Some(burst)));
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(wrong);
        let per_second = number(per_second)?;
        let burst = burst.map_or(Ok(per_second.max(1.0)), number)?;
        if operation.is_empty() {
            return Err(wrong());
        }
        Ok(Self { operation: operation.to_owned(), per_second, burst })
    }
}

/// Token buckets, in real time.
#[derive(Debug, Default)]
pub struct Buckets {
    rates: Vec<Rate>,
    levels: BTreeMap<String, (f64, f64)>,
}

impl Buckets {
    /// Full buckets.
    pub fn new(rates: Vec<Rate>) -> Self {
        Self { rates, levels: BTreeMap::new() }
    }

    /// Takes a token for an operation at a real time in seconds; false when there is none.
    pub fn take(&mut self, operation: &str, now: f64) -> bool {
        let own = self.rates.iter().rfind(|rate| rate.operation == operation);
        let Some(rate) = own.or_else(|| self.rates.iter().rfind(|rate| rate.operation == "*")) else { return true };
        let (level, at) = self.levels.get(operation).copied().unwrap_or((rate.burst, now));
        let level = (now - at).max(0.0).mul_add(rate.per_second, level).min(rate.burst);
        let granted = level >= 1.0;
        self.levels.insert(operation.to_owned(), (if granted { level - 1.0 } else { level }, now));
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        let rate = |text: &str| text.parse::<Rate>();
        assert_eq!(rate("Search=2:5").unwrap(), Rate { operation: "Search".into(), per_second: 2.0, burst: 5.0 });
        assert_eq!(rate("*=0.5").unwrap(), Rate { operation: "*".into(), per_second: 0.5, burst: 1.0 });
        for wrong in ["Search", "Search=", "=2", "Search=-1", "Search=2:x", "Search=NaN"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bucket_refills_in_time_and_each_operation_has_its_own() {
        let mut buckets = Buckets::new(vec!["*=1:2".parse().unwrap(), "Search=0:1".parse().unwrap()]);
        assert!(buckets.take("ListTags", 0.0) && buckets.take("ListTags", 0.0));
        assert!(!buckets.take("ListTags", 0.5));
        assert!(buckets.take("ListTags", 1.5));
        assert!(buckets.take("AddTags", 0.5));
        assert!(buckets.take("Search", 0.0) && !buckets.take("Search", 1e6));
        assert!(Buckets::default().take("Search", 0.0));
    }
}
