//! A training job with its run.

use api::{BestTrainingJob, MetricValue, ModelSelection, RunStatus};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;

/// A training job with its run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trial {
    pub(super) selection: String,
    /// When the operator first saw the selection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) selection_start_time: Option<Timestamp>,
    pub(super) candidate: String,
    pub(super) dataset: String,
    #[serde(rename = "modelID", skip_serializing_if = "Option::is_none")]
    pub(super) model_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_version: Option<String>,
    pub(super) tuning_job_name: String,
    /// Whether it is the best of its run.
    pub(super) best: bool,
    #[serde(flatten)]
    pub(super) job: BestTrainingJob,
}

impl Trial {
    /// The training job `job` of a run of the selection.
    pub(super) fn new(selection: &ModelSelection, run: &RunStatus, job: BestTrainingJob) -> Self {
        let started = selection.status.as_ref().and_then(|status| status.start_time.as_ref());
        Self {
            selection: selection.name_any(),
            selection_start_time: started.map(|time| time.0),
            candidate: run.candidate.clone(),
            dataset: run.dataset.clone(),
            model_id: run.model_id.clone(),
            model_version: run.model_version.clone(),
            tuning_job_name: run.tuning_job_name.clone().unwrap_or_default(),
            best: run.best.as_ref().is_some_and(|best| best.training_job_name == job.training_job_name),
            job,
        }
    }

    /// The metrics from the logs, and the derived metrics.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &MetricValue> {
        self.job.metrics.iter().chain(&self.job.derived_metrics)
    }
}
