//! `export`: all known training jobs.

mod columns;
mod parquet;
mod trial;

use std::process::ExitCode;

use api::{BestTrainingJob, ModelSelection, RunStatus};
use decide::derived::Derivations;

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
    let derivations = Derivations::new(&selection.spec);
    for run in selection.status.iter().flat_map(|status| &status.runs) {
        let table = match &run.trials {
            Some(table) => tables::read_whole(&cluster.client, selection, table).await?,
            None => None,
        };
        if let (None, Some(trials)) = (&table, &run.trials) {
            let (table, run) = (&trials.config_map, format!("{}/{}", run.candidate, run.dataset));
            output::note(&format!(
                "warning: ConfigMap {table} is incomplete; of run {run}, only the best training job is exported"
            ));
        }
        let jobs = match table {
            Some(table) => with_best(table, run, &derivations),
            None => run.best.iter().cloned().collect(),
        };
        trials.extend(jobs.into_iter().map(|job| Trial::new(selection, run, job)));
    }
    Ok(trials)
}

/// The training jobs of a table, with what only the status has: derived metrics, and the best one if it belongs to a
/// parent of a warm start.
fn with_best(mut table: Vec<BestTrainingJob>, run: &RunStatus, derivations: &Derivations<'_>) -> Vec<BestTrainingJob> {
    if let Some(dataset) = derivations.spec().datasets.iter().find(|dataset| dataset.name == run.dataset) {
        for job in &mut table {
            job.derived_metrics = derivations.of(dataset, job).values;
        }
    }
    let missing = |best: &&BestTrainingJob| table.iter().all(|job| job.training_job_name != best.training_job_name);
    let best = run.best.iter().find(missing).cloned();
    table.extend(best);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{DerivedMetric, MetricValue};

    #[test]
    fn a_table_is_completed_with_what_only_the_status_has() {
        let metric = |name: &str, value: &str| MetricValue { name: name.into(), value: value.into() };
        let job = |name: &str| BestTrainingJob {
            training_job_name: name.into(),
            metrics: vec![metric("accuracy", "0.5")],
            ..BestTrainingJob::default()
        };
        let mut spec = samples::spec();
        spec.derived_metrics = vec![DerivedMetric { name: "percent".into(), expression: "100 * accuracy".into() }];
        let run = RunStatus {
            dataset: spec.datasets[0].name.clone(),
            best: Some(job("of-a-parent")),
            ..RunStatus::default()
        };
        let all = with_best(vec![job("a"), job("b")], &run, &Derivations::new(&spec));
        let names: Vec<&str> = all.iter().map(|job| job.training_job_name.as_str()).collect();
        assert_eq!(names, ["a", "b", "of-a-parent"]);
        assert_eq!(all[0].derived_metrics, [metric("percent", "50")]);
    }
}
