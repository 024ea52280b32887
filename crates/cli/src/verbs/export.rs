//! `export`: every training job that is known.

use std::process::ExitCode;

use api::{BestTrainingJob, MetricValue, ModelSelection, RunStatus};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde::Serialize;

use crate::args::ExportFormat;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::output;

/// A training job with the run that it belongs to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trial {
    candidate: String,
    dataset: String,
    tuning_job_name: String,
    /// Whether it is the best of its run.
    best: bool,
    #[serde(flatten)]
    job: BestTrainingJob,
}

pub(crate) async fn run(cluster: &Cluster, name: Option<&str>, format: ExportFormat) -> Outcome {
    let selection = cluster.selection(name).await?;
    let trials = trials(cluster, &selection).await?;
    match format {
        ExportFormat::Csv => output::csv(&rows(&trials))?,
        ExportFormat::Json => output::json("TrialList", &trials)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The training jobs of all runs: those of the run's table where it has one, else its best.
async fn trials(cluster: &Cluster, selection: &ModelSelection) -> Result<Vec<Trial>, Failure> {
    let tables: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let mut trials = Vec::new();
    for run in selection.status.iter().flat_map(|status| &status.runs) {
        let table = match &run.trials {
            Some(kept) => tables.get_opt(&kept.config_map).await?,
            None => None,
        };
        let jobs = table.as_ref().and_then(|table| table.data.as_ref()?.get("trials.jsonl"));
        match jobs {
            Some(lines) => {
                for line in lines.lines().filter(|line| !line.trim().is_empty()) {
                    trials.push(of(run, serde_json::from_str(line).map_err(std::io::Error::other)?));
                }
            }
            None => trials.extend(run.best.clone().map(|best| of(run, best))),
        }
    }
    Ok(trials)
}

fn of(run: &RunStatus, job: BestTrainingJob) -> Trial {
    Trial {
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
        tuning_job_name: run.tuning_job_name.clone().unwrap_or_default(),
        best: run.best.as_ref().is_some_and(|best| best.training_job_name == job.training_job_name),
        job,
    }
}

/// The metrics of a training job, those of the logs and derived ones.
fn values(job: &BestTrainingJob) -> impl Iterator<Item = &MetricValue> {
    job.metrics.iter().chain(&job.derived_metrics)
}

/// A row for each training job; hyperparameters and metrics of all of them are columns.
fn rows(trials: &[Trial]) -> Vec<Vec<String>> {
    let distinct = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let hyperparameters =
        distinct(trials.iter().flat_map(|trial| trial.job.hyperparameters.keys()).map(String::as_str).collect());
    let metrics =
        distinct(trials.iter().flat_map(|trial| values(&trial.job)).map(|value| value.name.as_str()).collect());
    let fixed = [
        "candidate",
        "dataset",
        "tuningJobName",
        "trainingJobName",
        "best",
        "instanceType",
        "trainingSeconds",
        "billableSeconds",
        "modelArtifactS3URI",
    ];
    let titles = fixed.iter().map(|name| (*name).to_owned());
    let titles = titles.chain(hyperparameters.iter().map(|name| format!("hyperparameters.{name}")));
    let mut rows = vec![titles.chain(metrics.iter().map(|name| format!("metrics.{name}"))).collect()];
    for trial in trials {
        let job = &trial.job;
        let seconds = |seconds: Option<i32>| seconds.map_or(String::new(), |seconds| seconds.to_string());
        let mut row = vec![trial.candidate.clone(), trial.dataset.clone(), trial.tuning_job_name.clone()];
        row.extend([
            job.training_job_name.clone(),
            trial.best.to_string(),
            job.instance_type.clone().unwrap_or_default(),
        ]);
        row.extend([seconds(job.training_seconds), seconds(job.billable_seconds)]);
        row.push(job.model_artifact_s3_uri.clone().unwrap_or_default());
        row.extend(hyperparameters.iter().map(|name| job.hyperparameters.get(name).cloned().unwrap_or_default()));
        let value = |name: &String| values(job).find(|value| &value.name == name).map(|value| value.value.clone());
        row.extend(metrics.iter().map(|name| value(name).unwrap_or_default()));
        rows.push(row);
    }
    rows
}
