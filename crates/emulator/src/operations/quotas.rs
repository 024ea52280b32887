//! Quotas of the account.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::error::ApiError;
use crate::jobs::sampling;
use crate::jobs::world::Region;
use crate::request::{CreateRequest, Definition, Strategy};

/// Most training jobs per tuning job, and the same for `Random`.
const TRAINING_JOBS: (u32, u32) = (750, 10_000);
/// The value to which the quota of parallel training jobs can be raised.
const MOST_PARALLEL: u32 = 100;

/// Limits of the account.
#[derive(Clone, Debug)]
pub struct Quotas {
    /// Tuning jobs that run or are being stopped, per region.
    pub tuning_jobs: u32,
    /// Parallel training jobs per tuning job.
    pub parallel_training_jobs: u32,
    /// Training instances by type; other types have no limit.
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
                parallel.into(),
            ));
        }
        let most = if config.strategy == Strategy::Random { TRAINING_JOBS.1 } else { TRAINING_JOBS.0 };
        if let Some(wanted) = training_jobs(request).filter(|wanted| *wanted > u64::from(most)) {
            return Err(exceeded("Number of training jobs per hyperparameter tuning job", most, "Jobs", 0, wanted));
        }
        let active: Vec<&CreateRequest> = region
            .jobs
            .values()
            .filter(|job| job.status(now).is_some_and(crate::jobs::job::JobStatus::active))
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
        self.check_instances(request, &active)
    }

    fn check_instances(&self, request: &CreateRequest, active: &[&CreateRequest]) -> Result<(), ApiError> {
        for (kind, limit) in &self.instances {
            let wanted = instances(request, kind);
            let used = active.iter().map(|request| instances(request, kind)).fold(0, u32::saturating_add);
            if wanted > 0 && used.saturating_add(wanted) > *limit {
                let what = format!("{kind} for training job usage");
                return Err(exceeded(&what, *limit, "Instances", used, wanted.into()));
            }
        }
        Ok(())
    }
}

/// Training jobs that a request asks for: its own number, or for a grid the number of combinations.
fn training_jobs(request: &CreateRequest) -> Option<u64> {
    let config = &request.hyper_parameter_tuning_job_config;
    let grid = || (config.strategy == Strategy::Grid).then(|| sampling::grid(request).unwrap_or(u64::MAX));
    config.resource_limits.max_number_of_training_jobs.map(u64::from).or_else(grid)
}

/// Instances of a type that a running tuning job uses: those of all its parallel training jobs.
fn instances(request: &CreateRequest, kind: &str) -> u32 {
    let limits = &request.hyper_parameter_tuning_job_config.resource_limits;
    let parallel = limits.max_parallel_training_jobs.min(limits.max_number_of_training_jobs.unwrap_or(u32::MAX));
    let of = |definition: &Definition| definition.instances().filter(|(name, _)| *name == kind).map(|(_, count)| count);
    request.definitions().filter_map(of).max().unwrap_or(0).saturating_mul(parallel)
}

fn exceeded(what: &str, limit: u32, unit: &str, used: u32, wanted: u64) -> ApiError {
    ApiError::limit(format!(
        "The account-level service limit '{what}' is {limit} {unit}, with current utilization of {used} {unit} and a request delta of \
         {wanted} {unit}. Please contact AWS support to request an increase for this limit."
    ))
}
