//! The log lines that each preset matches.

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
        "../../../../tests/fixtures/create-hpt-job.notebook.mobilenet-v2.tf-flowers.json"
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
    // The name of one metric must not match at the end of another one's.
    assert_eq!(read(&tensorflow, "train_accuracy", "- val_accuracy: 0.5"), None);
    assert_eq!(read(&tensorflow, "train_accuracy", "- top_5_accuracy: 0.5"), None);
}

/// The last log line of Hugging Face's Trainer.
const TRAINED: &str =
    "{'train_runtime': 9.1, 'train_samples_per_second': 40, 'train_loss': 0.25, 'eval_accuracy': 0.25}";

#[test]
fn other_kinds_have_presets_as_far_as_their_logs_are_known() {
    for (model, name, line) in [
        ("lightgbm-classification-model", "binary_logloss", "[1] valid_0's binary_logloss: 0.25"),
        ("lightgbm-regression-model", "rmse", "rmse: 0.25"),
        ("catboost-regression-model", "best_test", "bestTest = 0.25"),
        ("pytorch-tabtransformerclassification-model", "f1_score", "metrics={'f1': 0.25}"),
        ("tensorflow-tc-bert-en-uncased-L-12-H-768-A-12-2", "val_accuracy", "val_accuracy=0.25"),
        ("tensorflow-od1-ssd-resnet50-v1-fpn-640x640-coco17-tpu-8", "val_localization_loss", "Val_localization=0.25"),
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
    // SageMaker's own image, and scripts whose log is not documented.
    for model in ["xgboost-classification-model", "sklearn-classification-linear", "autogluon-regression-ensemble"] {
        assert_eq!(of_model(model), BTreeMap::new(), "{model}");
    }
}

#[test]
fn auto_depends_on_framework_and_task_and_is_the_default_without_own_definitions() {
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
