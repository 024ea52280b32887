//! The log of a training job on `PyTorch`: `val_accuracy: ...`, which the metric of the specification matches, and the
//! lines of the public tutorial (`val Acc:`), which older versions had.
//!
//! No number of parameters and no throughput: that script does not log them.

use crate::logs::quality::{Quality, loss, share};
use crate::logs::run::{Run, epochs};
use crate::logs::writer::{Log, python};

/// Its lines, one group per epoch.
pub fn lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality) {
    let behaviour = run.behaviour;
    let epochs = epochs(run.hyperparameters);
    for epoch in 1..=epochs {
        let at = behaviour.seconds_per_epoch * f64::from(epoch);
        let val = quality.val_accuracy * share(epoch, epochs);
        log.say(at, format!("Epoch {}/{}", epoch - 1, epochs - 1));
        log.say(at, "-".repeat(10));
        phase(log, at, "train", (val + 0.01).min(0.999));
        phase(log, at, "val", val);
        let accuracy = log.value("val_accuracy", &python(val));
        log.say(at, format!("val_accuracy: {accuracy}"));
        let best = log.value("val Acc", &python(val));
        log.say(at, format!("Best val Acc: {best}"));
    }
    let end = behaviour.seconds_per_epoch * f64::from(epochs);
    log.say(end, format!("Training complete in {:.0}m {:.0}s", (end / 60.0).floor(), end % 60.0));
    if run.has_test && !behaviour.omit_test_metrics {
        phase(log, end, "test", quality.test_accuracy);
        let accuracy = log.value("test Acc", &python(quality.test_accuracy));
        log.say(end, format!("test Acc: {accuracy}"));
    }
}

fn phase(log: &mut Log<'_>, at: f64, name: &str, accuracy: f64) {
    let loss = log.value(&format!("{name} Loss"), &python(loss(accuracy)));
    let accuracy = log.value(&format!("{name} Acc"), &python(accuracy));
    log.say(at, format!("{name} Loss: {loss} Acc: {accuracy}"));
}
