//! `plot`: draws a front.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use api::{BestTrainingJob, ModelSelection};
use view::page::Look;
use view::pages;
use view::plot::{Choice, plot};

use super::pareto::check_dataset;
use crate::args::AxisName;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{clock, draw, output};

/// The height of the picture if the terminal's height is unknown.
const LINES: u16 = 22;

/// The options of the flags.
pub(crate) fn choice(x: Option<String>, y: Option<String>, log: &[AxisName], linear: &[AxisName]) -> Choice {
    let axis = |axis: AxisName| match (log.contains(&axis), linear.contains(&axis)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    Choice { x, y, log_x: axis(AxisName::X), log_y: axis(AxisName::Y) }
}

pub(crate) async fn run(
    cluster: &Cluster,
    name: Option<&str>,
    dataset: Option<&str>,
    choice: &Choice,
    file: Option<&Path>,
    look: Look,
) -> Outcome {
    let selection = cluster.selection(name).await?;
    check_dataset(&selection, dataset)?;
    if let Some(file) = file.filter(|file| file.extension().is_some_and(|extension| extension == "html")) {
        let trials = trials(cluster, &selection).await?;
        let options = report::Options { generated: Some(clock::now()), trials, ..report::Options::default() };
        std::fs::write(file, report::report(std::slice::from_ref(&selection), &options))?;
        output::note(&format!("{} written", file.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let first = selection.spec.datasets.first().map(|dataset| dataset.name.as_str());
    let plot = plot(&selection, dataset.or(first).unwrap_or_default(), choice).map_err(Failure::Message)?;
    match file {
        Some(file) => {
            draw::write(&plot, file)?;
            output::note(&format!("{} written", file.display()));
        }
        None if plot.points.is_empty() => output::note("no run has ended with both metrics yet: nothing to draw"),
        None => {
            let width = look.width.unwrap_or(80);
            // Leaves space for the surrounding lines and the prompt.
            let height = output::lines().map_or(LINES, |lines| lines.saturating_sub(6).clamp(8, 40));
            output::page(&pages::picture(&plot, width, height), look)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The tables of all training jobs of `collect: All`, by the name of the tuning job. Users who may not read them
/// get the report without them.
async fn trials(
    cluster: &Cluster,
    selection: &ModelSelection,
) -> Result<HashMap<String, Arc<[BestTrainingJob]>>, Failure> {
    let mut trials = HashMap::new();
    for run in selection.status.iter().flat_map(|status| &status.runs) {
        let (Some(job), Some(table)) = (&run.tuning_job_name, &run.trials) else { continue };
        match tables::read(&cluster.client, selection, table).await {
            Ok(Some(jobs)) => drop(trials.insert(job.clone(), jobs.into())),
            Ok(None) => output::note(&format!(
                "ConfigMap '{}' is gone; the report has only the best of '{job}'",
                table.config_map
            )),
            Err(kube::Error::Api(status)) if status.is_forbidden() => {
                output::note("you may not get ConfigMaps here; the report has only the best training job of each run");
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(trials)
}
