//! The whole state: tuning jobs by region. Names are not case-sensitive and stay taken for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::jobs::job::Job;
use crate::jobs::trial::Trial;

/// The state of all regions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct World {
    regions: BTreeMap<String, Region>,
    /// When each role becomes assumable.
    #[serde(default)]
    pub roles: BTreeMap<String, Moment>,
}

impl World {
    /// A region, which is created on first use.
    pub fn region(&mut self, name: &str) -> &mut Region {
        self.regions.entry(name.to_owned()).or_default()
    }

    /// All regions.
    pub fn regions(&self) -> impl Iterator<Item = (&String, &Region)> {
        self.regions.iter()
    }
}

/// One region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Region {
    /// By lower-case name.
    pub jobs: BTreeMap<String, Job>,
}

impl Region {
    /// Whether a tuning job has, or ever had, this name.
    pub fn taken(&self, name: &str) -> bool {
        self.jobs.contains_key(&name.to_lowercase())
    }

    /// A job that is not deleted.
    pub fn job(&self, name: &str, now: Moment) -> Option<&Job> {
        self.jobs.get(&name.to_lowercase()).filter(|job| job.status(now).is_some())
    }

    /// The same, mutable.
    pub fn job_mut(&mut self, name: &str, now: Moment) -> Option<&mut Job> {
        self.jobs.get_mut(&name.to_lowercase()).filter(|job| job.status(now).is_some())
    }

    /// A training job and its tuning job, which may be deleted.
    pub fn training(&self, name: &str) -> Option<(&Job, &Trial)> {
        let job = self.jobs.get(&tuning_job_of(name)?)?;
        let trial = job.plan.trials.iter().find(|trial| trial.name.eq_ignore_ascii_case(name))?;
        Some((job, trial))
    }

    /// The tuning job of a training job, mutable.
    pub fn owner_mut(&mut self, training_job: &str) -> Option<&mut Job> {
        self.jobs.get_mut(&tuning_job_of(training_job)?)
    }
}

/// `<job>-<NNN>-<8 hex>` without its last two parts.
fn tuning_job_of(training_job: &str) -> Option<String> {
    let (rest, _) = training_job.rsplit_once('-')?;
    let (job, _) = rest.rsplit_once('-')?;
    Some(job.to_lowercase())
}
