//! Metric definitions for the scripts of JumpStart, so that nobody has to write them down.
//!
//! Each reads numbers with an exponent too: with the `([0-9\.]+)` of the vendor's notebook, 5.3e-05 is read as 5.3.

use std::collections::BTreeMap;

use api::{MetricPreset, Training};
use decide::definition::Source;

/// A number as Python prints it. `nan` and `inf` are none: SageMaker then has no value, which is the truth.
const NUMBER: &str = "([0-9.]+(?:[eE][-+]?[0-9]+)?)";

/// What is measured in training, in validation and in the test, by Keras's names.
const KERAS: [&str; 7] = ["accuracy", "loss", "top_5_accuracy", "precision", "recall", "auc", "prc"];

/// What the TensorFlow script says of the model and of the time it took: name, and the text before the number.
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

/// What `LightGBM`'s script logs, each as `name: value`.
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

/// The channel that the scripts measure a metric of a preset on, where that may be missing.
pub(super) fn measured_on(metric: &str) -> Option<&'static str> {
    metric.starts_with("test_").then_some("test")
}

/// What the Trainer of Hugging Face logs, as a Python dictionary: name, and the key in it.
const TRAINER: [(&str, &str); 6] = [
    ("train_loss", "'(?:train_)?loss'"),
    ("train_runtime", "'train_runtime'"),
    ("train_samples_per_second", "'train_samples_per_second'"),
    ("eval_loss", "'eval_loss'"),
    ("eval_runtime", "'eval_runtime'"),
    ("eval_samples_per_second", "'eval_samples_per_second'"),
];

/// By framework and task, which are the first two parts of a model's id. Models of other kinds have the definitions of
/// their own description only. Sources: the tuning page of each algorithm in SageMaker's developer guide, and the models'
/// own definitions, as the tests of the vendor's SDK 2.257.7 have them.
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
        // The metric of the search, whichever it is: the log has no name for it.
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

/// Metrics of a script that uses the Trainer of Hugging Face, with what it evaluates besides the loss.
fn trainer(evaluated: &[&str]) -> BTreeMap<String, String> {
    let evaluated = evaluated.iter().map(|name| (format!("eval_{name}"), format!("'eval_{name}'")));
    let all = TRAINER.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).chain(evaluated);
    all.map(|(name, key)| (name, format!("{key}: {NUMBER}"))).collect()
}

/// Metrics by name and the text before the number; of the same name, either text.
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

/// By the same names, so that both frameworks can be compared. Scripts of versions 3 log `val_accuracy: 0.9`, as the models'
/// own definitions read it; older ones `val Acc: 0.9` or `val Loss: 0.3 Acc: 0.9`. All are read.
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
mod tests {
    use super::*;
    use regex::Regex;
    use samples::spec;

    fn read(preset: &BTreeMap<String, String>, name: &str, line: &str) -> Option<String> {
        let found = Regex::new(&preset[name]).unwrap().captures(line)?;
        Some(found[1].to_owned())
    }

    #[test]
    fn tensorflow_has_the_metrics_of_the_notebook() {
        let recorded: serde_json::Value = serde_json::from_str(include_str!(
            "../../../tests/fixtures/create-hpt-job.notebook.mobilenet-v2.tf-flowers.json"
        ))
        .unwrap();
        let recorded = recorded["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"].clone();
        let recorded = recorded.as_array().unwrap().iter().map(|metric| {
            let text = |key: &str| metric[key].as_str().unwrap().to_owned();
            (text("Name"), text("Regex").replace(r"([0-9\.]+)", NUMBER))
        });
        let recorded: BTreeMap<String, String> = recorded.collect();
        assert_eq!((tensorflow_image_classification(), recorded.len()), (recorded, 29));
    }

    #[test]
    fn every_definition_reads_what_the_script_logs() {
        let tensorflow = tensorflow_image_classification();
        let keras = |text: &str, number: &str| {
            KERAS.iter().fold(String::new(), |line, metric| line + &format!(" - {text}{metric}: {number}"))
        };
        for number in ["0.9437", "5.3e-05", "1", "87112345", "1.5E+3", "12."] {
            let epoch = format!("230/230 - 12s{}{}", keras("", number), keras("val_", number));
            for metric in KERAS {
                for (name, line) in [
                    (format!("train_{metric}"), &epoch),
                    (format!("val_{metric}"), &epoch),
                    (format!("test_{metric}"), &format!("- Test {metric}: {number}")),
                ] {
                    assert_eq!(read(&tensorflow, &name, line).as_deref(), Some(number), "{name}");
                }
            }
            for (name, text) in TENSORFLOW {
                assert_eq!(read(&tensorflow, name, &format!("- {text}: {number} seconds")).as_deref(), Some(number));
            }
            let pytorch = pytorch_image_classification();
            for (name, line) in [
                ("val_accuracy", format!("val_accuracy: {number}")),
                ("val_loss", format!("epoch 3 val_loss: {number}, val_accuracy: 0.5")),
                ("train_accuracy", format!("train_accuracy: {number}")),
                ("val_accuracy", format!("val Acc: {number}")),
                ("val_accuracy", format!("val Loss: 0.25 Acc: {number}")),
                ("train_accuracy", format!("train Loss: nan Acc: {number}")),
                ("val_loss", format!("val Loss: {number} Acc: 0.5")),
                ("train_loss", format!("train Loss: {number}")),
            ] {
                assert_eq!(read(&pytorch, name, &line).as_deref(), Some(number), "{name}: {line}");
            }
            assert_eq!(read(&pytorch, "val_accuracy", &format!("train Loss: 0.25 Acc: {number}")), None);
        }
        for (name, text) in [("val_loss", "- val_loss: "), ("test_throughput", "- Average test throughput: ")] {
            for number in ["nan", "inf", "-inf"] {
                assert_eq!(read(&tensorflow, name, &format!("{text}{number}")), None);
            }
        }
        // A metric's name is not the end of another's.
        assert_eq!(read(&tensorflow, "train_accuracy", "- val_accuracy: 0.5"), None);
        assert_eq!(read(&tensorflow, "train_accuracy", "- top_5_accuracy: 0.5"), None);
    }

    /// The last line of the Trainer of Hugging Face.
    const TRAINED: &str =
        "{'train_runtime': 9.1, 'train_samples_per_second': 40, 'train_loss': 0.25, 'eval_accuracy': 0.25}";

    #[test]
    fn other_kinds_have_what_is_known_of_their_logs() {
        for (model, name, line) in [
            ("lightgbm-classification-model", "binary_logloss", "[1] valid_0's binary_logloss: 0.25"),
            ("lightgbm-regression-model", "rmse", "rmse: 0.25"),
            ("catboost-regression-model", "best_test", "bestTest = 0.25"),
            ("pytorch-tabtransformerclassification-model", "f1_score", "metrics={'f1': 0.25}"),
            ("tensorflow-tc-bert-en-uncased-L-12-H-768-A-12-2", "val_accuracy", "val_accuracy=0.25"),
            (
                "tensorflow-od1-ssd-resnet50-v1-fpn-640x640-coco17-tpu-8",
                "val_localization_loss",
                "Val_localization=0.25",
            ),
            ("mxnet-semseg-fcn-resnet50-ade", "val_loss", "Epoch 3, validation loss=0.25"),
            ("huggingface-spc-bert-base-cased", "eval_accuracy", TRAINED),
            ("huggingface-spc-bert-base-cased", "eval_samples_per_second", "'eval_samples_per_second': 0.25"),
            ("huggingface-llm-falcon-7b-bf16", "eval_loss", "{'eval_loss': 0.25, 'eval_runtime': 3.2}"),
            ("huggingface-llm-gemma-2b-instruct", "train_loss", "{'loss': 0.25, 'learning_rate': 5e-05}"),
            ("huggingface-text2text-flan-t5-base", "train_loss", TRAINED),
            ("meta-textgeneration-llama-2-7b", "eval_loss", "epoch 1: eval_epoch_loss=tensor(0.25, device='cuda:0')"),
            ("meta-textgeneration-llama-2-7b", "eval_perplexity", "eval_ppl=tensor(0.25, device='cuda:0')"),
            ("meta-textgenerationneuron-llama-2-7b", "train_loss", "reduced_train_loss=0.25"),
        ] {
            assert_eq!(read(&of_model(model), name, line).as_deref(), Some("0.25"), "{model} {name}");
        }
        // The loss of training is not that of evaluation.
        assert_eq!(read(&of_model("huggingface-llm-falcon-7b-bf16"), "train_loss", "{'eval_loss': 0.25}"), None);
        // SageMaker's own image, and scripts of which nobody has written down the log.
        for model in ["xgboost-classification-model", "sklearn-classification-linear", "autogluon-regression-ensemble"]
        {
            assert_eq!(of_model(model), BTreeMap::new(), "{model}");
        }
    }

    #[test]
    fn auto_goes_by_framework_and_task_and_is_the_default_without_own_definitions() {
        let mut training = spec().training;
        let jump_start = |id: &str| Source::JumpStart { model_id: id.to_owned(), version: "1.0.0".to_owned() };
        let image = Source::Image { image: "i".to_owned(), input_mode: api::InputMode::File };
        let sizes = |training: &Training| {
            let ids = ["tensorflow-ic-bit", "pytorch-ic-mobilenet-v2", "tensorflow-od-ssd", "lightgbm"];
            let mut sizes: Vec<usize> = ids.iter().map(|id| preset(training, &jump_start(id)).len()).collect();
            sizes.push(preset(training, &image).len());
            sizes
        };
        assert_eq!(sizes(&training), [0; 5]);
        training.metric_preset = Some(MetricPreset::Auto);
        assert_eq!(sizes(&training), [29, 4, 0, 0, 0]);
        training.metric_definitions.clear();
        training.metric_preset = None;
        assert_eq!(sizes(&training), [29, 4, 0, 0, 0]);
        training.metric_preset = Some(MetricPreset::PyTorchImageClassification);
        assert_eq!(sizes(&training), [4; 5]);
        training.metric_preset = Some(MetricPreset::None);
        assert_eq!(sizes(&training), [0; 5]);
    }
}
