//! The quality that a training job reaches: the numbers behind its log lines.

use std::collections::BTreeMap;

use crate::logs::models::{Behaviour, Script};
use crate::logs::run::{Run, number, plain};
use crate::logs::writer::python;
use crate::random;

/// Default, and size of a large deviation, of the hyperparameters that affect the results. Source: specification 4.0.6
/// of `tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1`.
const DEFAULTS: [(&str, f64, f64); 20] = [
    ("epochs", 5.0, 5.0),
    ("batch_size", 32.0, 64.0),
    ("beta_1", 0.9, 0.2),
    ("beta_2", 0.999, 0.05),
    ("momentum", 0.9, 0.2),
    ("epsilon", 1e-7, 1e-3),
    ("rho", 0.95, 0.2),
    ("initial_accumulator_value", 0.1, 0.2),
    ("dropout_rate", 0.2, 0.2),
    ("regularizers_l2", 0.0001, 0.01),
    ("label_smoothing", 0.1, 0.2),
    // Boosted trees; these are not measured.
    ("num_round", 100.0, 200.0),
    ("eta", 0.3, 0.3),
    ("max_depth", 6.0, 6.0),
    ("min_child_weight", 1.0, 10.0),
    ("subsample", 1.0, 0.5),
    ("gamma", 0.0, 5.0),
    ("alpha", 0.0, 10.0),
    ("num_boost_round", 500.0, 1000.0),
    ("num_leaves", 31.0, 60.0),
];

/// Source: specification 3.0.25 of `pytorch-ic-mobilenet-v2`.
const TORCH_BATCH: (&str, f64, f64) = ("batch_size", 4.0, 16.0);

/// The loss of accuracy (as a fraction) because of the hyperparameters: zero at the defaults, positive elsewhere, and
/// smooth in between, so that a tuner has a slope to climb.
pub fn penalty(hyperparameters: &BTreeMap<String, String>, script: Script) -> f64 {
    let saturating = |distance: f64| distance * distance / (1.0 + distance * distance);
    let rate = number(hyperparameters, "learning_rate").map(|rate| rate / 0.001);
    let mut cost = 0.06 * saturating(rate.unwrap_or(1.0).max(1e-9).log10());
    for known in DEFAULTS {
        let torch = script == Script::PyTorch && known.0 == TORCH_BATCH.0;
        let (name, default, scale) = if torch { TORCH_BATCH } else { known };
        if let Some(value) = number(hyperparameters, name) {
            cost += 0.01 * saturating((value - default) / scale);
        }
    }
    match plain(hyperparameters, "optimizer") {
        None | Some("adam") => {}
        Some(other) => cost += 0.005 + 0.01 * random::unit(&["optimizer", other]),
    }
    if plain(hyperparameters, "augmentation") == Some("True") {
        cost += 0.004;
    }
    cost
}

/// The share of the final quality that an epoch has reached.
pub fn share(epoch: u32, epochs: u32) -> f64 {
    if epoch < epochs { 1.0 - 0.3 / f64::from(epoch * epoch) } else { 1.0 }
}

/// The numbers behind the lines.
pub struct Quality {
    /// The metric that the script monitors.
    pub monitor: String,
    /// Whether there are only two classes.
    pub binary: bool,
    /// Top-5 accuracy.
    pub top5: Option<f64>,
    /// On the test set.
    pub test_accuracy: f64,
    /// On the validation set.
    pub val_accuracy: f64,
}

impl Quality {
    pub fn of(run: &Run<'_>) -> Self {
        let hyperparameters = run.hyperparameters;
        let cost = penalty(hyperparameters, run.behaviour.script);
        // Rounded, because 96.4 / 100.0 is not exactly the 0.964 that people read.
        let fraction = |percent: f64| (percent * 1e4).round() / 1e6;
        let less = |best: f64| if cost > 0.0 { (best - cost).max(0.001) } else { best };
        let binary = plain(hyperparameters, "binary_mode") == Some("True");
        // The accuracy on the validation set differs slightly from that on the test set, by the same amount for every
        // training job of a model.
        let offset = ((random::unit(&["validation", &run.behaviour.name]) - 0.5) * 80.0).round() / 1e4;
        let monitor = match plain(hyperparameters, "eval_metric") {
            Some(metric) if binary => format!("val_{metric}"),
            _ => "val_accuracy".to_owned(),
        };
        let top5 = (!binary && run.behaviour.classes > 5).then(|| less(fraction(run.behaviour.top5)));
        let best = fraction(run.behaviour.accuracy);
        Self {
            monitor,
            binary,
            top5,
            test_accuracy: less(best),
            val_accuracy: less(((best + offset) * 1e6).round() / 1e6).min(0.999),
        }
    }

    /// What Keras logs for an epoch, at a share of the final quality.
    pub fn keras(&self, share: f64) -> Vec<(String, f64)> {
        let val = self.val_accuracy * share;
        let mut logs = self.set("", (val + 0.01).min(0.999), self.top5.map(|top5| top5 * share));
        logs.extend(self.set("val_", val, self.top5.map(|top5| top5 * share)));
        logs
    }

    pub fn test(&self) -> Vec<(String, f64)> {
        self.set("", self.test_accuracy, self.top5)
    }

    pub fn set(&self, prefix: &str, accuracy: f64, top5: Option<f64>) -> Vec<(String, f64)> {
        let mut logs = vec![("loss", loss(accuracy)), ("accuracy", accuracy)];
        if self.binary {
            let near = |shift: f64| (accuracy + shift).clamp(0.001, 0.999);
            logs.extend([
                ("precision", near(-0.004)),
                ("recall", near(0.003)),
                ("auc", near(0.02)),
                ("prc", near(0.015)),
            ]);
        }
        logs.extend(top5.map(|top5| ("top_5_accuracy", top5)));
        logs.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect()
    }

    pub fn fill(&self, template: &str, behaviour: &Behaviour) -> String {
        template
            .replace("{accuracy}", &python((self.val_accuracy + 0.01).min(0.999)))
            .replace("{val_accuracy}", &python(self.val_accuracy))
            .replace("{val_loss}", &python(loss(self.val_accuracy)))
            .replace("{test_accuracy}", &python(self.test_accuracy))
            .replace("{throughput}", &python(behaviour.throughput))
    }
}

/// A loss that falls as accuracy rises.
pub fn loss(accuracy: f64) -> f64 {
    -accuracy.clamp(1e-6, 0.999_999).ln() + 0.35
}
