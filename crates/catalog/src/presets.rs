//! Metric definitions for the scripts of JumpStart, so that users need not write them.
//!
//! Each of them also reads numbers with an exponent: with the `([0-9\.]+)` of the vendor's notebook, 5.3e-05 would be
//! read as 5.3.

use std::collections::BTreeMap;

use api::{MetricPreset, Training};
use decide::fingerprint::Source;

/// A number as Python prints it. `nan` and `inf` do not match: SageMaker then has no value, which is correct.
const NUMBER: &str = "([0-9.]+(?:[eE][-+]?[0-9]+)?)";

/// The metrics of training, validation and test, by Keras's names.
const KERAS: [&str; 7] = ["accuracy", "loss", "top_5_accuracy", "precision", "recall", "auc", "prc"];

/// The other metrics in the log of the TensorFlow script: name, and the text before the number.
const TENSORFLOW: [(&str, &str); 8] = [
    ("num_params", "Number of parameters"),
    ("num_trainable_params", "Number of trainable parameters"),
    ("num_non_trainable_params", "Number of non-trainable parameters"),
    ("train_duration", "Total training duration"),
    ("train_epoch_duration", "Average training duration per epoch"),
    ("test_evaluation_latency", "Test evaluation latency"),
    ("test_latency_per_sample", "Average test latency per sample"),
    ("test_throughput", "Average test throughput"),
];

/// The metrics in the log of `LightGBM`'s script, each as `name: value`.
const LIGHTGBM: [&str; 13] = [
    "auc",
    "auc_mu",
    "average_precision",
    "binary_error",
    "binary_logloss",
    "cross_entropy",
    "fair",
    "huber",
    "l1",
    "l2",
    "multi_error",
    "multi_logloss",
    "rmse",
];

/// Name and regex of each metric that the preset adds to a run of `source`.
pub(super) fn preset(training: &Training, source: &Source) -> BTreeMap<String, String> {
    let own = !training.metric_definitions.is_empty();
    let preset = training.metric_preset.unwrap_or(if own { MetricPreset::None } else { MetricPreset::Auto });
    match preset {
        MetricPreset::None => BTreeMap::new(),
        MetricPreset::Auto => match source {
            Source::JumpStart { model_id, .. } => of_model(model_id),
            Source::Image { .. } | Source::Algorithm { .. } | Source::TuningJob { .. } => BTreeMap::new(),
        },
        MetricPreset::TensorFlowImageClassification => tensorflow_image_classification(),
        MetricPreset::PyTorchImageClassification => pytorch_image_classification(),
    }
}

/// The channel on which the scripts measure a metric of a preset, if the channel is optional.
pub(super) fn measured_on(metric: &str) -> Option<&'static str> {
    metric.starts_with("test_").then_some("test")
}

/// The metrics that Hugging Face's Trainer logs, as a Python dictionary: name, and the key in it.
const TRAINER: [(&str, &str); 6] = [
    ("train_loss", "'(?:train_)?loss'"),
    ("train_runtime", "'train_runtime'"),
    ("train_samples_per_second", "'train_samples_per_second'"),
    ("eval_loss", "'eval_loss'"),
    ("eval_runtime", "'eval_runtime'"),
    ("eval_samples_per_second", "'eval_samples_per_second'"),
];

/// The preset by framework and task, which are the first two parts of a model's id. Other models have only the
/// definitions in their description. Sources: the tuning page of each algorithm in SageMaker's developer guide, and the
/// models' own definitions, as the tests of the vendor's SDK 2.257.7 have them.
fn of_model(model_id: &str) -> BTreeMap<String, String> {
    let mut parts = model_id.split('-');
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("tensorflow", "ic") => tensorflow_image_classification(),
        ("pytorch", "ic") => pytorch_image_classification(),
        ("tensorflow", "od1") => of_lines(&[("val_localization_loss", "Val_localization=")]),
        ("tensorflow", "tc") => of_lines(&[("val_accuracy", "val_accuracy="), ("val_accuracy", "val_accuracy: ")]),
        ("lightgbm", "classification" | "regression") => {
            LIGHTGBM.iter().map(|name| ((*name).to_owned(), format!("{name}: {NUMBER}"))).collect()
        }
        // The metric of the search, whichever it is: the log does not name it.
        ("catboost", "classification" | "regression") => of_lines(&[("best_test", "bestTest = ")]),
        ("pytorch", task) if task.starts_with("tabtransformer") => of_lines(&[
            ("r2", r"metrics=\{'r2': "),
            ("f1_score", r"metrics=\{'f1': "),
            ("accuracy_score", r"metrics=\{'accuracy': "),
        ]),
        ("mxnet", "semseg") => of_lines(&[("val_loss", "validation loss=")]),
        ("meta", "textgeneration") => of_lines(&[
            ("eval_loss", r"eval_epoch_loss=tensor\("),
            ("eval_perplexity", r"eval_ppl=tensor\("),
            ("train_loss", "train_epoch_loss="),
        ]),
        ("meta", "textgenerationneuron") => of_lines(&[("train_loss", "reduced_train_loss=")]),
        ("huggingface", "spc") => trainer(&["accuracy"]),
        ("huggingface", "llm" | "text2text" | "textgeneration" | "textgeneration1" | "textgeneration2") => trainer(&[]),
        _ => BTreeMap::new(),
    }
}

/// Metrics of a script that uses Hugging Face's Trainer, with the metrics that it evaluates besides the loss.
fn trainer(evaluated: &[&str]) -> BTreeMap<String, String> {
    let evaluated = evaluated.iter().map(|name| (format!("eval_{name}"), format!("'eval_{name}'")));
    let all = TRAINER.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).chain(evaluated);
    all.map(|(name, key)| (name, format!("{key}: {NUMBER}"))).collect()
}

/// Metrics by name and the text before the number; several texts for the same name are alternatives.
fn of_lines(lines: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    lines.iter().for_each(|(name, text)| texts.entry((*name).to_owned()).or_default().push(text));
    texts.into_iter().map(|(name, texts)| (name, format!("(?:{}){NUMBER}", texts.join("|")))).collect()
}

fn tensorflow_image_classification() -> BTreeMap<String, String> {
    let of_keras = KERAS.iter().flat_map(|metric| {
        [("train", ""), ("val", "val_"), ("test", "Test ")]
            .map(|(part, text)| (format!("{part}_{metric}"), format!("- {text}{metric}: {NUMBER}")))
    });
    let of_script = TENSORFLOW.iter().map(|(name, text)| ((*name).to_owned(), format!("- {text}: {NUMBER}")));
    of_keras.chain(of_script).collect()
}

/// The same names as in TensorFlow, so that both frameworks can be compared. Scripts of versions 3 log `val_accuracy:
/// 0.9`, which the models' own definitions match; older ones log `val Acc: 0.9` or `val Loss: 0.3 Acc: 0.9`. The
/// regexes match all of them.
fn pytorch_image_classification() -> BTreeMap<String, String> {
    let of_part = |part: &str| {
        [
            (format!("{part}_accuracy"), format!("(?:{part}_accuracy:|{part} (?:Loss: [^ ]+ )?Acc:) {NUMBER}")),
            (format!("{part}_loss"), format!("(?:{part}_loss:|{part} Loss:) {NUMBER}")),
        ]
    };
    ["train", "val"].into_iter().flat_map(of_part).collect()
}

#[cfg(test)]
mod tests;
