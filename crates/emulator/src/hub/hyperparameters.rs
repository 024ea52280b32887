//! The hyperparameters in documents of the hub: their types, defaults and bounds.

use serde::Serialize;

/// One hyperparameter of a document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hyperparameter {
    name: &'static str,
    r#type: &'static str,
    default: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<serde_json::Value>,
    scope: &'static str,
}

fn text(name: &'static str, default: &str, options: &[&'static str]) -> Hyperparameter {
    let options = Some(options.to_vec()).filter(|options| !options.is_empty());
    Hyperparameter { name, r#type: "text", default: default.into(), options, min: None, max: None, scope: "algorithm" }
}

fn flag(name: &'static str, default: &str) -> Hyperparameter {
    text(name, default, &["False", "True"])
}

fn int(name: &'static str, default: i32, min: i32, max: Option<i32>) -> Hyperparameter {
    Hyperparameter {
        name,
        r#type: "int",
        default: default.into(),
        options: None,
        min: Some(min.into()),
        max: max.map(Into::into),
        scope: "algorithm",
    }
}

fn float(name: &'static str, default: f64, min: impl Into<serde_json::Value>, max: i32) -> Hyperparameter {
    Hyperparameter {
        name,
        r#type: "float",
        default: default.into(),
        options: None,
        min: Some(min.into()),
        max: Some(max.into()),
        scope: "algorithm",
    }
}

fn container() -> [Hyperparameter; 3] {
    let fixed = |name, default: &str| Hyperparameter { scope: "container", ..text(name, default, &[]) };
    [
        fixed("sagemaker_submit_directory", "/opt/ml/input/data/code/sourcedir.tar.gz"),
        fixed("sagemaker_program", "transfer_learning.py"),
        fixed("sagemaker_container_log_level", "20"),
    ]
}

/// Image classification on TensorFlow.
pub fn tensorflow() -> Vec<Hyperparameter> {
    let mut all = vec![
        flag("train_only_top_layer", "True"),
        int("epochs", 5, 1, Some(1000)),
        int("batch_size", 32, 1, Some(1024)),
        text("optimizer", "adam", &["adam", "sgd", "nesterov", "rmsprop", "adagrad", "adadelta"]),
        float("learning_rate", 0.001, 0, 1),
        float("beta_1", 0.9, 0, 1),
        float("beta_2", 0.999, 0, 1),
        float("momentum", 0.9, 0, 1),
        float("epsilon", 1e-7, 0, 1),
        float("rho", 0.95, 0, 1),
        float("initial_accumulator_value", 0.1, 0, 1),
        text("reinitialize_top_layer", "Auto", &["Auto", "True", "False"]),
        flag("early_stopping", "False"),
        int("early_stopping_patience", 5, 1, Some(1000)),
        float("early_stopping_min_delta", 0.0, 0, 1),
        float("dropout_rate", 0.2, 0, 1),
        float("regularizers_l2", 0.0001, 0, 1),
        float("label_smoothing", 0.1, 0, 1),
        text(
            "image_resize_interpolation",
            "bilinear",
            &["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"],
        ),
        flag("augmentation", "False"),
        text(
            "augmentation_random_flip",
            "horizontal_and_vertical",
            &["horizontal_and_vertical", "horizontal", "vertical", "None"],
        ),
        float("augmentation_random_rotation", 0.2, -1, 1),
        float("augmentation_random_zoom", 0.1, -1, 1),
        flag("binary_mode", "False"),
        text("eval_metric", "accuracy", &["accuracy", "precision", "recall", "auc", "prc"]),
        float("validation_split_ratio", 0.2, 0, 1),
        int("random_seed", 123, 0, None),
    ];
    all.extend(container());
    all
}

/// Image classification on `PyTorch`, as in the specification 3.0.25 of `pytorch-ic-mobilenet-v2`.
pub fn torch() -> Vec<Hyperparameter> {
    let mut all = vec![
        text("train_only_top_layer", "True", &["True", "False"]),
        int("epochs", 5, 1, Some(1000)),
        float("learning_rate", 0.001, 1e-8, 1),
        int("batch_size", 4, 1, Some(1024)),
        text("reinitialize_top_layer", "Auto", &["Auto", "True", "False"]),
    ];
    all.extend(container());
    all
}

/// Boosted trees; the names are those of the developer guide, the defaults are invented.
pub fn trees() -> Vec<Hyperparameter> {
    let mut all = vec![
        int("num_boost_round", 500, 1, None),
        float("learning_rate", 0.009, 0, 1),
        int("num_leaves", 67, 2, None),
        int("max_depth", 11, 1, None),
        text("metric", "auto", &[]),
    ];
    all.extend(container());
    all
}

/// `XGBoost` as one of `SageMaker`'s built-in algorithms.
pub fn xgboost() -> Vec<Hyperparameter> {
    let mut all = vec![
        int("num_round", 100, 1, None),
        float("eta", 0.3, 0, 1),
        int("max_depth", 6, 0, None),
        float("min_child_weight", 1.0, 0, 120),
        float("subsample", 1.0, 0, 1),
        text("eval_metric", "auc", &[]),
    ];
    all.extend(container());
    all
}

/// Everything else.
pub fn other() -> Vec<Hyperparameter> {
    let mut all = vec![
        int("epochs", 3, 1, Some(1000)),
        int("batch_size", 8, 1, Some(1024)),
        float("learning_rate", 0.00002, 0, 1),
        int("seed", 10, 0, None),
    ];
    all.extend(container());
    all
}
