//! The logs of the scripts of other tasks. The names of metrics are those of the developer guide; the values and the
//! rest of the lines are invented, because no such logs were recorded.

use crate::logs::models::Script;
use crate::logs::quality::{Quality, loss, share};
use crate::logs::run::{Run, epochs};
use crate::logs::writer::{Log, python};

/// The lines of a task, one group per epoch.
pub fn lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality, task: Script) {
    let epochs = epochs(run.hyperparameters);
    for epoch in 1..=epochs {
        let at = run.behaviour.seconds_per_epoch * f64::from(epoch);
        let accuracy = quality.val_accuracy * share(epoch, epochs);
        for (name, mark, value) in metrics(task, accuracy) {
            let value = log.value(name, &python((value * 1e6).round() / 1e6));
            log.say(at, format!("{name}{mark}{value}"));
        }
    }
}

/// Names, separators between name and value, and values.
fn metrics(task: Script, accuracy: f64) -> Vec<(&'static str, &'static str, f64)> {
    match task {
        Script::ObjectDetection => vec![
            ("Val_localization", "=", loss(accuracy) / 4.0),
            ("Val_classification", "=", loss(accuracy) / 3.0),
            ("val_loss", ": ", loss(accuracy)),
        ],
        Script::CatBoost => vec![("bestTest", " = ", accuracy)],
        Script::Tabular => vec![
            ("binary_logloss", ": ", loss(accuracy)),
            ("binary_error", ": ", 1.0 - accuracy),
            ("auc", ": ", accuracy),
            ("rmse", ": ", loss(accuracy) * 10.0),
        ],
        _ => vec![("val_accuracy", "=", accuracy), ("val_loss", "=", loss(accuracy))],
    }
}
