//! One training job of a tuning job: its future, and its state at a given moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// Seconds in `Starting`, before instances are available.
pub const STARTING: f64 = 60.0;
/// Seconds in `Downloading`.
pub const DOWNLOADING: f64 = 45.0;
/// Seconds in `Uploading`.
pub const UPLOADING: f64 = 30.0;
/// Seconds from a stop request to the end (the service allows up to 120).
pub const GRACE: f64 = 30.0;

/// The outcome of a training job that is not stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It completes.
    Completed,
    /// It fails with this message.
    Failed(String),
    /// The tuner stops it as unpromising.
    EarlyStopped,
    /// It reaches `MaxRuntimeInSeconds`.
    MaxRuntimeExceeded,
}

/// The future of a training job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its name, `<job>-<NNN>-<8 hex>`.
    pub name: String,
    /// The index of its definition.
    pub definition: usize,
    /// The values it tries.
    pub tuned: BTreeMap<String, String>,
    /// When it is launched.
    pub created: Moment,
    /// When its instances are available: billing begins.
    pub started: Moment,
    /// When the container starts.
    pub training: Moment,
    /// When the artifact is uploaded.
    pub uploading: Moment,
    /// When it ends.
    pub ended: Moment,
    /// How it ends.
    pub outcome: Outcome,
    /// The objective it ends with.
    pub objective: Option<f32>,
    /// `StopTrainingJob` was called for it.
    pub stopped: Option<Moment>,
}

/// `TrainingJobStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrainingStatus {
    InProgress,
    Stopping,
    Completed,
    Failed,
    Stopped,
}

impl TrainingStatus {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether the status is final.
    pub const fn terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

/// One entry of `SecondaryStatusTransitions`.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// `SecondaryStatus`.
    pub status: &'static str,
    /// When it began.
    pub start: Moment,
    /// When it ended, if it has.
    pub end: Option<Moment>,
}

/// The state of a training job at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialState {
    /// Primary status.
    pub status: TrainingStatus,
    /// The phases so far; the last one is the secondary status.
    pub phases: Vec<Phase>,
    /// `TrainingStartTime`.
    pub started: Option<Moment>,
    /// `TrainingEndTime`.
    pub ended: Option<Moment>,
    /// `LastModifiedTime`.
    pub modified: Moment,
    /// The final objective, once it has ended.
    pub objective: Option<f32>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The end of the log, in seconds after training began: a stopped container writes no more.
    pub log_until: f64,
}

impl TrialState {
    /// `ObjectiveStatus`.
    pub fn objective_status(&self) -> &'static str {
        match (self.status.terminal(), self.usable_objective()) {
            (false, _) => "Pending",
            (true, Some(_)) => "Succeeded",
            (true, None) => "Failed",
        }
    }

    /// The final objective, unless it is NaN.
    pub fn usable_objective(&self) -> Option<f32> {
        self.objective.filter(|value| value.is_finite())
    }
}

impl Trial {
    /// When it ends if everything is stopped at `cut`, and the moment of the stop if that comes first.
    pub fn end(&self, cut: Option<Moment>) -> (Moment, Option<Moment>) {
        let stop = [cut, self.stopped].into_iter().flatten().min().filter(|stop| *stop < self.ended);
        (stop.map_or(self.ended, |stop| stop.plus(GRACE)), stop)
    }

    /// The state at `now`; `None` if it does not exist then, or never does because the job is stopped before.
    pub fn state(&self, cut: Option<Moment>, now: Moment) -> Option<TrialState> {
        if self.created > now || cut.is_some_and(|cut| cut <= self.created) {
            return None;
        }
        let (end, stop) = self.end(cut);
        let mut planned = vec![("Starting", self.created), ("Downloading", self.started), ("Training", self.training)];
        if self.uploading < self.ended {
            planned.push(("Uploading", self.uploading));
        }
        if let Some(stop) = stop {
            planned.retain(|(_, start)| *start < stop);
            planned.push(("Stopping", stop));
        }
        let (last, terminal) = match (&self.outcome, stop) {
            (_, Some(_)) | (Outcome::EarlyStopped, None) => ("Stopped", TrainingStatus::Stopped),
            (Outcome::Completed, None) => ("Completed", TrainingStatus::Completed),
            (Outcome::Failed(_), None) => ("Failed", TrainingStatus::Failed),
            (Outcome::MaxRuntimeExceeded, None) => ("MaxRuntimeExceeded", TrainingStatus::Stopped),
        };
        planned.push((last, end));
        planned.retain(|(_, start)| *start <= now);
        let modified = planned.last().map_or(self.created, |(_, start)| *start);
        let ended = (end <= now).then_some(end);
        let status = match (ended, stop.filter(|stop| *stop <= now)) {
            (Some(_), _) => terminal,
            (None, Some(_)) => TrainingStatus::Stopping,
            (None, None) => TrainingStatus::InProgress,
        };
        let ends = planned.iter().skip(1).map(|(_, start)| Some(*start)).chain([ended]).collect::<Vec<_>>();
        let phases =
            planned.iter().zip(ends).map(|((status, start), end)| Phase { status, start: *start, end }).collect();
        let failed = matches!(status, TrainingStatus::Failed);
        Some(TrialState {
            status,
            phases,
            started: (self.started <= now && stop.is_none_or(|stop| self.started < stop)).then_some(self.started),
            ended,
            modified,
            objective: self.objective.filter(|_| ended.is_some() && stop.is_none() && !failed),
            failure: match &self.outcome {
                Outcome::Failed(reason) if failed => Some(reason.clone()),
                _ => None,
            },
            log_until: now.min(stop.unwrap_or(self.uploading)).min(self.uploading).since(self.training),
        })
    }
}
