//! The log of a training job.
//!
//! Only these lines determine metrics: a regex that does not match them gives no metric, and one that stops at the
//! exponent gives a wrong number, as on AWS.

use crate::logs::metrics::Line;
use crate::logs::models::Script;
use crate::logs::quality::Quality;
use crate::logs::run::{Reports, Run, epochs};
use crate::logs::writer::Log;
use crate::logs::{first_party, keras, tasks, torch};

/// The complete log of a training job that is not stopped.
pub fn log(run: &Run<'_>) -> Vec<Line> {
    let behaviour = run.behaviour;
    let quality = Quality::of(run);
    let mut log = Log { lines: Vec::new(), nan: &behaviour.nan_metrics };

    match (run.reports, behaviour.script) {
        (Reports::FirstParty(repository), _) => first_party::lines(&mut log, run, &quality, repository),
        (_, Script::TensorFlow) => keras::lines(&mut log, run, &quality),
        (_, Script::PyTorch) => torch::lines(&mut log, run, &quality),
        (_, task) => tasks::lines(&mut log, run, &quality, task),
    }
    let end = behaviour.seconds_per_epoch * f64::from(epochs(run.hyperparameters));
    if let Some(objective) = run.objective.filter(|_| *run.reports == Reports::Resource) {
        log.say(end, format!("#quality_metric: host=algo-1, {objective} <score>=({})", quality.val_accuracy));
    }
    for template in &behaviour.extra_lines {
        log.say(end, quality.fill(template, behaviour));
    }
    log.lines
}

#[cfg(test)]
mod tests;
