//! `export`: all known training jobs.

mod columns;
mod parquet;
mod trial;

use std::process::ExitCode;

use api::{BestTrainingJob, ModelSelection, RunStatus};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use self::columns::{columns, rows};
use self::trial::Trial;
use crate::args::ExportFormat;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::output;

pub(crate) async fn run(cluster: &Cluster, name: Option<&str>, format: ExportFormat) -> Outcome {
    if format == ExportFormat::Parquet && output::is_terminal() {
        let why = "Parquet is for programs: write it into a file, as in `export -o parquet > trials.parquet`";
        return Err(Failure::Message(why.to_owned()));
    }
    let selection = cluster.selection(name).await?;
    let trials = trials(cluster, &selection).await?;
    match format {
        ExportFormat::Csv => output::csv(&rows(&columns(&trials), trials.len()))?,
        ExportFormat::Json => output::json("TrialList", &trials)?,
        ExportFormat::Parquet => {
            output::bytes(&parquet::file(&columns(&trials)).map_err(std::io::Error::other)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The training jobs of all runs: those of the run's table if it has one, otherwise its best one.
async fn trials(cluster: &Cluster, selection: &ModelSelection) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    for run in selection.status.iter().flat_map(|status| &status.runs) {
        let jobs = match table(cluster, run).await? {
            Some(jobs) => jobs,
            None => run.best.iter().cloned().collect(),
        };
        trials.extend(jobs.into_iter().map(|job| Trial::new(selection, run, job)));
    }
    Ok(trials)
}

/// The table of a run's training jobs, if it has one.
async fn table(cluster: &Cluster, run: &RunStatus) -> Result<Option<Vec<BestTrainingJob>>, Failure> {
    let Some(kept) = &run.trials else { return Ok(None) };
    let tables: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let table = tables.get_opt(&kept.config_map).await?;
    let Some(lines) = table.and_then(|table| table.data?.remove("trials.jsonl")) else { return Ok(None) };
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let jobs = lines.map(|line| serde_json::from_str(line).map_err(std::io::Error::other));
    Ok(Some(jobs.collect::<Result<_, _>>()?))
}
