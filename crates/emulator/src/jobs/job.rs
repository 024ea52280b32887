//! A tuning job: the request, later changes, and its resulting state at a given moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Moment;
use crate::jobs::plan::{Plan, REACTION, Setup, simulate};
use crate::jobs::tags::TagLog;
use crate::jobs::trial::{GRACE, TrainingStatus, Trial, TrialState};

/// Seconds in `Deleting`.
pub const DELETING: f64 = 60.0;

/// A tuning job. It is kept after its deletion: its name stays taken for ever, and its training jobs can still be
/// described.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The inputs of the plan.
    pub setup: Setup,
    /// The plan.
    pub plan: Plan,
    /// The original request without tags: the base of the response to Describe.
    pub request: Value,
    /// Tags over time.
    pub tags: TagLog,
    /// Tags that were changed on a training job itself.
    #[serde(default)]
    pub training_tags: BTreeMap<String, TagLog>,
    /// When its stop was requested.
    pub stopped: Option<Moment>,
    /// When its deletion was requested.
    pub deleted: Option<Moment>,
    /// Creation in real seconds after the start of the process; `None` after a restart.
    #[serde(skip)]
    pub created_real: Option<f64>,
    /// The best training job of the parents, for `OverallBestTrainingJob`.
    pub parent_best: Option<Value>,
}

/// `HyperParameterTuningJobStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobStatus {
    InProgress,
    Stopping,
    Completed,
    Failed,
    Stopped,
    Deleting,
}

impl JobStatus {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::Deleting => "Deleting",
        }
    }

    /// Whether it counts against the quota of concurrent jobs.
    pub const fn active(self) -> bool {
        matches!(self, Self::InProgress | Self::Stopping)
    }
}

/// `TrainingJobStatusCounters` and `ObjectiveStatusCounters`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Training jobs that completed.
    pub completed: u32,
    /// Training jobs that run or are being stopped.
    pub in_progress: u32,
    /// Training jobs that failed for a reason of their own.
    pub non_retryable_error: u32,
    /// Training jobs that were stopped.
    pub stopped: u32,
    /// Training jobs with an objective.
    pub succeeded: u32,
    /// Training jobs that may still get an objective.
    pub pending: u32,
    /// Training jobs that ended without an objective.
    pub failed: u32,
}

/// The state of a tuning job at a moment.
#[derive(Clone, Debug)]
pub struct JobState {
    /// Status.
    pub status: JobStatus,
    /// Counters.
    pub counters: Counters,
    /// The training jobs that exist, with their states.
    pub trials: Vec<(usize, TrialState)>,
    /// Index of the best one.
    pub best: Option<usize>,
    /// When it ended.
    pub ended: Option<Moment>,
    /// When it last changed.
    pub modified: Moment,
    /// Why it failed.
    pub failure: Option<String>,
}

impl Job {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.setup.request.hyper_parameter_tuning_job_name
    }

    /// When it was created.
    pub const fn created(&self) -> Moment {
        self.setup.created
    }

    /// Stops one training job, and plans everything after it again.
    pub fn stop_training(&mut self, name: &str, now: Moment) {
        self.setup.stops.entry(name.to_owned()).or_insert(now);
        self.plan = simulate(&self.setup);
    }

    /// When all running training jobs are stopped, by the user or by the tuner.
    pub fn cut(&self) -> Option<Moment> {
        [self.stopped, self.plan.cut].into_iter().flatten().min()
    }

    /// When it ends.
    pub fn end(&self) -> Moment {
        let Some(stop) = self.stopped else { return self.plan.ended };
        let cut = self.cut();
        let running = self.plan.trials.iter().filter(|trial| trial.created < stop);
        let last = running.map(|trial| trial.end(cut).0).max().unwrap_or(stop).max(stop);
        last.min(stop.plus(GRACE)).plus(REACTION)
    }

    /// Only the status, which is cheaper. `None` once the job is deleted.
    pub fn status(&self, now: Moment) -> Option<JobStatus> {
        if let Some(deleted) = self.deleted.filter(|deleted| *deleted <= now) {
            return (now < deleted.plus(DELETING)).then_some(JobStatus::Deleting);
        }
        let ended = self.end() <= now;
        Some(match (self.stopped.filter(|stop| *stop <= now), ended, &self.plan.failure) {
            (Some(_), false, _) => JobStatus::Stopping,
            (Some(_), true, _) => JobStatus::Stopped,
            (None, false, _) => JobStatus::InProgress,
            (None, true, Some(_)) => JobStatus::Failed,
            (None, true, None) if self.plan.out_of_time && self.setup.stopped_at_limit => JobStatus::Stopped,
            (None, true, None) => JobStatus::Completed,
        })
    }

    /// The state of a training job at `now`.
    pub fn trial_state(&self, trial: &Trial, now: Moment) -> Option<TrialState> {
        trial.state(self.cut(), now)
    }

    /// The state at `now`; `None` once the job is deleted.
    pub fn state(&self, now: Moment) -> Option<JobState> {
        let status = self.status(now)?;
        let trials: Vec<(usize, TrialState)> = self
            .plan
            .trials
            .iter()
            .enumerate()
            .filter_map(|(i, trial)| Some((i, self.trial_state(trial, now)?)))
            .collect();
        let end = self.end();
        let known = [Some(self.created()), self.stopped, Some(end), self.deleted];
        let moments = known.into_iter().flatten().chain(trials.iter().map(|(_, trial)| trial.modified));
        Some(JobState {
            status,
            counters: count(&trials),
            best: self.best(&trials),
            ended: (end <= now).then_some(end),
            modified: moments.filter(|at| *at <= now).max().unwrap_or(self.created()),
            failure: self.plan.failure.clone().filter(|_| status == JobStatus::Failed),
            trials,
        })
    }

    fn best(&self, trials: &[(usize, TrialState)]) -> Option<usize> {
        let request = &self.setup.request;
        let first = request.definitions().next().and_then(|definition| request.objective(definition));
        let sign = if first.is_none_or(crate::request::Objective::maximizes) { 1.0 } else { -1.0 };
        let candidates = trials.iter().filter_map(|(i, trial)| Some((*i, trial.usable_objective()? * sign)));
        // The first of equals stays the best, as it was while the others were still running.
        candidates
            .fold(None, |best: Option<(usize, f32)>, (i, value)| match best {
                Some((_, top)) if value <= top => best,
                _ => Some((i, value)),
            })
            .map(|(i, _)| i)
    }
}

fn count(trials: &[(usize, TrialState)]) -> Counters {
    let mut counters = Counters::default();
    for (_, trial) in trials {
        let counter = match trial.status {
            TrainingStatus::InProgress | TrainingStatus::Stopping => &mut counters.in_progress,
            TrainingStatus::Completed => &mut counters.completed,
            TrainingStatus::Failed => &mut counters.non_retryable_error,
            TrainingStatus::Stopped => &mut counters.stopped,
        };
        *counter += 1;
        match trial.objective_status() {
            "Succeeded" => counters.succeeded += 1,
            "Pending" => counters.pending += 1,
            _ => counters.failed += 1,
        }
    }
    counters
}

#[cfg(test)]
mod tests;
