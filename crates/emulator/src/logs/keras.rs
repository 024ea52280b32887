//! The log of `JumpStart`'s script for image classification on TensorFlow: one Keras line per epoch, the logs of the
//! best epoch, a summary, and the evaluation on the test set.

use crate::logs::quality::{Quality, share};
use crate::logs::run::{EVALUATION, Run, epochs, plain};
use crate::logs::writer::{Log, python};

/// Batches of the test set.
const TEST_BATCHES: f64 = 96.0;

/// Its lines.
pub fn lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality) {
    let behaviour = run.behaviour;
    let epochs = epochs(run.hyperparameters);
    let parameters = (behaviour.parameters_millions * 1e6).round();
    let frozen = if plain(run.hyperparameters, "train_only_top_layer") == Some("False") { 0.02 } else { 0.9 };
    let fixed = (parameters * frozen).round();
    log.say(1.0, "Model information:".to_owned());
    log.item(1.0, "Number of trainable parameters", &(parameters - fixed).to_string(), "");
    log.item(1.0, "Number of non-trainable parameters", &fixed.to_string(), "");
    log.item(1.0, "Number of parameters", &parameters.to_string(), "");

    for epoch in 1..=epochs {
        let at = behaviour.seconds_per_epoch * f64::from(epoch);
        log.say(at, format!("Epoch {epoch}/{epochs}"));
        let logs = quality.keras(share(epoch, epochs));
        let shown = log.keras(&logs);
        log.say(at, format!("230/230 - {:.0}s{shown}", behaviour.seconds_per_epoch));
    }

    let end = behaviour.seconds_per_epoch * f64::from(epochs);
    log.say(end, format!("Setting weights to model with maximum {} at epoch {epochs}/{epochs}:", quality.monitor));
    for (name, value) in quality.keras(1.0) {
        log.item(end, &name, &python(value), "");
    }
    log.say(end, "Training summary:".to_owned());
    log.item(end, "Total training duration", &python(end), " seconds");
    log.item(end, "Average training duration per epoch", &python(behaviour.seconds_per_epoch), " seconds");
    if run.has_test && !behaviour.omit_test_metrics {
        test_lines(log, run, quality, end);
    } else {
        log.say(end, "No test dataset available. Provide test dataset to compute test performance metrics.".to_owned());
    }
}

fn test_lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality, end: f64) {
    let at = end + EVALUATION / 2.0;
    log.say(end, "Evaluating trained model on test dataset:".to_owned());
    // Keras prints its own line here too, which matches `- accuracy: ...`: the last "train" accuracy is that of the
    // test set.
    let logs = quality.test();
    let shown = log.keras(&logs);
    log.say(at, format!("96/96 - 2s{shown}"));
    for (name, value) in logs {
        log.item(at, &format!("Test {name}"), &python(value), "");
    }
    let throughput = run.behaviour.throughput;
    log.item(at, "Test evaluation latency", &python(TEST_BATCHES / throughput), " seconds");
    log.item(at, "Average test latency per sample", &python(1.0 / throughput), " seconds");
    log.item(at, "Average test throughput", &python(throughput), " examples per second");
}
