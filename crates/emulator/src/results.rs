//! What a training job writes to its log, and what the service reads out of it.
//!
//! The log follows the `JumpStart` script for image classification on TensorFlow: one Keras line per epoch, the logs of the
//! best epoch, a summary, the evaluation on the test set. Nothing else decides a metric: a regex that does not match these
//! lines gives no metric, and one that stops at the exponent gives a wrong number, as on AWS.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;

use super::models::{Behaviour, Script};
use super::random;
use super::torch_log;
use super::wire::MetricDefinition;

/// Seconds from the end of training to the end of the evaluation on the test set.
pub const EVALUATION: f64 = 45.0;
/// Batches of the test set.
const TEST_BATCHES: f64 = 96.0;
/// Defaults of the hyperparameters that the response depends on, and how wide a deviation counts as large.
/// Source: specification 4.0.6 of `tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1`.
const DEFAULTS: [(&str, f64, f64); 11] = [
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
];

/// The same for the two hyperparameters that the `PyTorch` documents of the hub spell with dashes.
const TORCH_RATE: f64 = 0.05;
const TORCH_BATCH: f64 = 4.0;

/// One line, and when it is written: seconds after training began.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Seconds.
    pub at: f64,
    /// The text.
    pub text: String,
}

/// A value read from the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name of the definition.
    pub name: String,
    /// 32 bits, as in the service.
    pub value: f32,
    /// Seconds after training began.
    pub at: f64,
}

/// Number of epochs that the hyperparameters ask for; the service allows 20,000 at most.
pub fn epochs(hyperparameters: &BTreeMap<String, String>) -> u32 {
    let whole = plain(hyperparameters, "epochs").and_then(|epochs| epochs.parse::<u32>().ok());
    whole.filter(|n| *n >= 1).map_or(5, |n| n.min(20_000))
}

/// A hyperparameter without the quotes that script mode puts around values.
pub fn plain<'a>(hyperparameters: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let value = hyperparameters.get(name)?.trim();
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

fn number(hyperparameters: &BTreeMap<String, String>, name: &str) -> Option<f64> {
    plain(hyperparameters, name)?.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// How much accuracy (as a fraction) the hyperparameters cost. Nothing at the defaults, something anywhere else, and
/// smooth in between, so that a tuner has a slope to climb.
pub fn penalty(hyperparameters: &BTreeMap<String, String>) -> f64 {
    let saturating = |distance: f64| distance * distance / (1.0 + distance * distance);
    let rate = number(hyperparameters, "learning_rate").map(|rate| rate / 0.001);
    let torch = number(hyperparameters, "adam-learning-rate").map(|rate| rate / TORCH_RATE);
    let mut cost = 0.06 * saturating(torch.or(rate).unwrap_or(1.0).max(1e-9).log10());
    if let Some(size) = number(hyperparameters, "batch-size") {
        cost += 0.01 * saturating((size - TORCH_BATCH) / 16.0);
    }
    for (name, default, scale) in DEFAULTS {
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

/// All that decides a log.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The model.
    pub behaviour: &'a Behaviour,
    /// Static and tuned, as given.
    pub hyperparameters: &'a BTreeMap<String, String>,
    /// Whether there is a `test` channel.
    pub has_test: bool,
    /// Set for the algorithms of AWS, which report the objective in a line of their own.
    pub built_in_objective: Option<&'a str>,
}

/// The whole log of a training job that is not disturbed.
pub fn log(run: &Run<'_>) -> Vec<Line> {
    let behaviour = run.behaviour;
    let quality = Quality::of(run);
    let mut log = Log { lines: Vec::new(), nan: &behaviour.nan_metrics };

    match behaviour.script {
        Script::TensorFlow => keras_lines(&mut log, run, &quality),
        Script::PyTorch => torch_log::lines(&mut log, run, &quality),
    }
    let end = behaviour.seconds_per_epoch * f64::from(epochs(run.hyperparameters));
    if let Some(objective) = run.built_in_objective {
        log.say(end, format!("#quality_metric: host=algo-1, {objective} <score>=({})", quality.val_accuracy));
    }
    for template in &behaviour.extra_lines {
        log.say(end, quality.fill(template, behaviour));
    }
    log.lines
}

fn keras_lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality) {
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
        let logs = quality.keras(1.0 - 0.3 / f64::from(epoch * epoch) * f64::from(u32::from(epoch < epochs)));
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
    // Keras prints its own line here too, and `- accuracy: ...` matches it: the last "train" accuracy is that of the test set.
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

/// A float as Python prints it: always a point, and an exponent below 1e-4, which is where `([0-9\.]+)` goes wrong.
pub fn python(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{digits}e-{:0>2}", exponent.trim_start_matches('-'));
    }
    format!("{value:?}")
}

pub(super) struct Log<'a> {
    lines: Vec<Line>,
    nan: &'a [String],
}

impl Log<'_> {
    pub(super) fn say(&mut self, at: f64, text: String) {
        self.lines.push(Line { at, text });
    }

    fn item(&mut self, at: f64, name: &str, value: &str, unit: &str) {
        let value = self.value(name, value);
        self.say(at, format!("- {name}: {value}{unit}"));
    }

    /// How Keras prints its logs: four digits.
    fn keras(&self, logs: &[(String, f64)]) -> String {
        logs.iter().fold(String::new(), |mut line, (name, value)| {
            let _ = write!(line, " - {name}: {}", self.value(name, &format!("{value:.4}")));
            line
        })
    }

    pub(super) fn value(&self, name: &str, value: &str) -> String {
        if self.nan.iter().any(|nan| nan == name) { "nan".to_owned() } else { value.to_owned() }
    }
}

/// The numbers behind the lines.
pub(super) struct Quality {
    monitor: String,
    binary: bool,
    top5: Option<f64>,
    pub(super) test_accuracy: f64,
    pub(super) val_accuracy: f64,
}

impl Quality {
    fn of(run: &Run<'_>) -> Self {
        let hyperparameters = run.hyperparameters;
        let cost = penalty(hyperparameters);
        // Rounded because 96.4 / 100.0 is not what people read as 0.964.
        let fraction = |percent: f64| (percent * 1e4).round() / 1e6;
        let less = |best: f64| if cost > 0.0 { (best - cost).max(0.001) } else { best };
        let binary = plain(hyperparameters, "binary_mode") == Some("True");
        // The validation set is a little off the test set, by the same amount for every training job of a model.
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
    fn keras(&self, share: f64) -> Vec<(String, f64)> {
        let val = self.val_accuracy * share;
        let mut logs = self.set("", (val + 0.01).min(0.999), self.top5.map(|top5| top5 * share));
        logs.extend(self.set("val_", val, self.top5.map(|top5| top5 * share)));
        logs
    }

    fn test(&self) -> Vec<(String, f64)> {
        self.set("", self.test_accuracy, self.top5)
    }

    fn set(&self, prefix: &str, accuracy: f64, top5: Option<f64>) -> Vec<(String, f64)> {
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

    fn fill(&self, template: &str, behaviour: &Behaviour) -> String {
        template
            .replace("{accuracy}", &python((self.val_accuracy + 0.01).min(0.999)))
            .replace("{val_accuracy}", &python(self.val_accuracy))
            .replace("{val_loss}", &python(loss(self.val_accuracy)))
            .replace("{test_accuracy}", &python(self.test_accuracy))
            .replace("{throughput}", &python(behaviour.throughput))
    }
}

/// A loss that falls as accuracy rises.
pub(super) fn loss(accuracy: f64) -> f64 {
    -accuracy.clamp(1e-6, 0.999_999).ln() + 0.35
}

/// A definition with its regex ready.
#[derive(Clone, Debug)]
pub struct Reader {
    name: String,
    regex: Regex,
}

/// Compiled once for the process: every job of a selection has the same thirty definitions.
static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
/// Regexes kept at most; a flood of different ones starts anew.
const MOST_COMPILED: usize = 4096;

fn compiled(source: &str) -> Result<Regex, regex::Error> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(source) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(source)?;
    if known.len() >= MOST_COMPILED {
        known.clear();
    }
    known.insert(source.to_owned(), regex.clone());
    Ok(regex)
}

impl Reader {
    /// Compiles a definition; an error is the user's.
    pub fn new(definition: &MetricDefinition) -> Result<Self, regex::Error> {
        Ok(Self { name: definition.name.clone(), regex: compiled(&definition.regex)? })
    }

    /// The last value in the lines written by `until`, if any line matches and holds a number.
    pub fn read(&self, lines: &[Line], until: f64) -> Option<Metric> {
        lines.iter().rev().filter(|line| line.at <= until).find_map(|line| {
            let last = self
                .regex
                .captures_iter(&line.text)
                .filter_map(|found| found.get(1)?.as_str().parse::<f32>().ok())
                .last()?;
            Some(Metric { name: self.name.clone(), value: last, at: line.at })
        })
    }
}

#[cfg(test)]
#[path = "results_tests.rs"]
mod tests;
