//! The properties of each model: the table that determines the results.
//!
//! A table is a list of rows; a row applies to a model if its `match` is the `JumpStart` id, or a glob that matches the
//! id or the training image. All rows that apply are merged, later ones override field by field, over defaults derived
//! from the name. So one line `{"match": "*", "failFirst": 1}` changes one property of every model.

use serde::{Deserialize, Serialize};

use crate::random;

/// The table used unless another is given.
const DEFAULT: &str = include_str!("models.json");
/// Failure message of a training job if its row has none; the form is the service's (fixture
/// `describe-training-job.failed`).
pub const OUT_OF_MEMORY: &str = "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ResourceExhaustedError: OOM when allocating tensor\"";

/// Largest number in a row that is not a percentage.
const MOST: f64 = 1e9;

/// One row of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// A `JumpStart` model id, or a glob (`*`) over the id or the training image.
    #[serde(rename = "match")]
    pub matches: String,
    /// Test accuracy in percent with default hyperparameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Test top-5 accuracy in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top5: Option<f64>,
    /// Test throughput.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<f64>,
    /// Seconds of training per epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_per_epoch: Option<f64>,
    /// Parameters in millions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters_millions: Option<f64>,
    /// Not measured, but invented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_up: Option<bool>,
    /// The first N training jobs of each tuning job fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_first: Option<u32>,
    /// Every training job fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_always: Option<bool>,
    /// The failure message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// No `Test ...` lines although there is a `test` channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omit_test_metrics: Option<bool>,
    /// Metrics of the script (`val_accuracy`, `Test accuracy`, ...) whose value is `nan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nan_metrics: Option<Vec<String>>,
    /// Number of classes of the dataset; above 5 the script logs top-5 accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<u32>,
    /// The script whose log format is used; by default, the name of the model or the image decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// Additional log lines at the end, with the placeholders `{accuracy}`, `{val_accuracy}`, `{val_loss}`,
    /// `{test_accuracy}`, `{throughput}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_lines: Option<Vec<String>>,
}

/// The log format of a training script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Script {
    /// Keras, like `JumpStart`'s script for TensorFlow.
    #[default]
    TensorFlow,
    /// Like `JumpStart`'s script for `PyTorch`.
    PyTorch,
    /// Text classification.
    TextClassification,
    /// Object detection.
    ObjectDetection,
    /// `LightGBM`.
    Tabular,
    /// `CatBoost`.
    CatBoost,
}

impl Script {
    /// The script of a model or an image, judging by its name.
    fn of(name: &str) -> Self {
        if name.starts_with("lightgbm-") {
            Self::Tabular
        } else if name.starts_with("catboost-") {
            Self::CatBoost
        } else if name.contains("-tc-") || name.contains("-spc-") {
            Self::TextClassification
        } else if name.contains("-od-") || name.contains("-od1-") {
            Self::ObjectDetection
        } else if name.contains("pytorch") {
            Self::PyTorch
        } else {
            Self::TensorFlow
        }
    }
}

impl Row {
    /// Whether its values can be used; otherwise a message that names the field.
    pub fn check(&self) -> Result<(), String> {
        let percent = 0.0..=100.0;
        for (field, value, allowed) in [
            ("accuracy", self.accuracy, &percent),
            ("top5", self.top5, &percent),
            ("throughput", self.throughput, &(f64::MIN_POSITIVE..=MOST)),
            ("secondsPerEpoch", self.seconds_per_epoch, &(0.0..=MOST)),
            ("parametersMillions", self.parameters_millions, &(0.0..=MOST)),
        ] {
            if let Some(value) = value.filter(|value| !allowed.contains(value)) {
                let (low, high) = (if *allowed.start() > 0.0 { "above 0" } else { "from 0" }, allowed.end());
                return Err(format!("{field} must be a number {low} up to {high}; it is {value}."));
            }
        }
        Ok(())
    }

    fn applies(&self, id: Option<&str>, image: &str) -> bool {
        id.is_some_and(|id| glob(&self.matches, id)) || glob(&self.matches, image)
    }
}

/// Everything that determines the results of a training job: the merged rows of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Behaviour {
    /// `JumpStart` id, or the image.
    pub name: String,
    /// Percent.
    pub accuracy: f64,
    /// Percent.
    pub top5: f64,
    /// Per second.
    pub throughput: f64,
    /// Seconds.
    pub seconds_per_epoch: f64,
    /// Millions.
    pub parameters_millions: f64,
    /// See [`Row`].
    pub fail_first: u32,
    /// See [`Row`].
    pub fail_always: bool,
    /// See [`Row`].
    pub failure_reason: String,
    /// See [`Row`].
    pub omit_test_metrics: bool,
    /// See [`Row`].
    pub nan_metrics: Vec<String>,
    /// See [`Row`].
    pub classes: u32,
    /// See [`Row`].
    #[serde(default)]
    pub script: Script,
    /// See [`Row`].
    pub extra_lines: Vec<String>,
}

impl Behaviour {
    /// Plausible values for a model without measurements, derived from its name: larger is better and slower.
    fn guessed(name: &str) -> Self {
        let size = random::unit(&["size", name]);
        let spread = |what: &str| random::unit(&[what, name]) - 0.5;
        let accuracy = rounded(55.0 + 38.0 * size + 4.0 * spread("accuracy"), 1);
        Self {
            name: name.to_owned(),
            accuracy,
            top5: rounded(accuracy + (100.0 - accuracy) * 0.75, 1),
            throughput: rounded(50.0 * (0.02_f64).powf(size) * (1.0 + 0.2 * spread("throughput")), 1),
            seconds_per_epoch: rounded(15.0 * (60.0_f64).powf(size) * (1.0 + 0.2 * spread("epoch")), 1),
            parameters_millions: rounded(0.5 * (300.0_f64).powf(size) * (1.0 + 0.2 * spread("parameters")), 1),
            fail_first: 0,
            fail_always: false,
            failure_reason: OUT_OF_MEMORY.to_owned(),
            omit_test_metrics: false,
            nan_metrics: Vec::new(),
            classes: 256,
            script: Script::of(name),
            extra_lines: Vec::new(),
        }
    }

    fn overlay(&mut self, row: &Row) {
        let Row {
            matches: _,
            made_up: _,
            accuracy,
            top5,
            throughput,
            seconds_per_epoch,
            parameters_millions,
            fail_first,
            fail_always,
            failure_reason,
            omit_test_metrics,
            nan_metrics,
            classes,
            script,
            extra_lines,
        } = row;
        set(&mut self.accuracy, accuracy.as_ref());
        set(&mut self.top5, top5.as_ref());
        set(&mut self.throughput, throughput.as_ref());
        set(&mut self.seconds_per_epoch, seconds_per_epoch.as_ref());
        set(&mut self.parameters_millions, parameters_millions.as_ref());
        set(&mut self.fail_first, fail_first.as_ref());
        set(&mut self.fail_always, fail_always.as_ref());
        set(&mut self.failure_reason, failure_reason.as_ref());
        set(&mut self.omit_test_metrics, omit_test_metrics.as_ref());
        set(&mut self.nan_metrics, nan_metrics.as_ref());
        set(&mut self.classes, classes.as_ref());
        set(&mut self.script, script.as_ref());
        set(&mut self.extra_lines, extra_lines.as_ref());
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// The rows, in the order in which they are merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// The rows.
    pub models: Vec<Row>,
    /// Generated models of other tasks that the hub has in addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_models: Option<usize>,
    /// A few models of other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_tasks: Option<bool>,
}

impl Table {
    /// Reads a table; `--models FILE` has this form.
    pub fn parse(json: &str) -> Result<Self, String> {
        let table: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        table.models.iter().try_for_each(|row| row.check().map_err(|error| format!("{}: {error}", row.matches)))?;
        Ok(table)
    }

    /// The embedded table.
    pub fn embedded() -> Self {
        Self::parse(DEFAULT).unwrap_or_default()
    }

    /// The properties of a model.
    pub fn behaviour(&self, id: Option<&str>, image: &str) -> Behaviour {
        let mut behaviour = Behaviour::guessed(id.unwrap_or(image));
        for row in self.models.iter().filter(|row| row.applies(id, image)) {
            behaviour.overlay(row);
        }
        behaviour
    }

    /// `JumpStart` ids that the table names in full.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|row| row.matches.as_str()).filter(|id| !id.contains(['*', '/', ':']))
    }
}

/// Whether a text matches a pattern in which `*` stands for any characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("*mobilenet*", "tensorflow-ic-imagenet-mobilenet-v1", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("*/resnet:3", "1234.dkr.ecr.us-west-2.amazonaws.com/resnet:3", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn the_embedded_table_has_the_published_rows() {
        let table = Table::parse(DEFAULT).unwrap();
        assert_eq!(table.models.iter().filter(|row| row.made_up == Some(false)).count(), 21);
        let swin = table.behaviour(Some("tensorflow-ic-swin-large-patch4-window12-384"), "i");
        assert_eq!((swin.accuracy, swin.top5, swin.throughput), (96.4, 99.5, 0.3));
        assert_eq!((swin.seconds_per_epoch, swin.parameters_millions), (2278.6, 195.6));
    }

    #[test]
    fn every_made_up_model_is_dominated_by_a_published_one() {
        let table = Table::embedded();
        let (made_up, published): (Vec<_>, Vec<_>) = table.models.iter().partition(|row| row.made_up == Some(true));
        assert!(made_up.len() >= 10);
        for row in made_up {
            let dominated =
                published.iter().any(|other| other.accuracy > row.accuracy && other.throughput > row.throughput);
            assert!(dominated, "{}", row.matches);
        }
    }

    #[test]
    fn a_row_of_impossible_values_names_the_field() {
        for (json, expected) in [
            (r#"{"match": "*", "secondsPerEpoch": -1}"#, "secondsPerEpoch must be a number from 0"),
            (r#"{"match": "*", "secondsPerEpoch": 1e300}"#, "secondsPerEpoch"),
            (r#"{"match": "*", "throughput": 0}"#, "throughput must be a number above 0"),
            (r#"{"match": "*", "accuracy": 101}"#, "accuracy"),
            (r#"{"match": "*", "secondsPerEpoch": 0, "accuracy": 100}"#, ""),
        ] {
            let found = serde_json::from_str::<Row>(json).unwrap().check().err().unwrap_or_default();
            assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty(), "{json}: {found}");
        }
        let nan = Row { seconds_per_epoch: Some(f64::NAN), ..Row::default() };
        assert!(nan.check().is_err());
        assert!(Table::parse(r#"{"models": [{"match": "x", "top5": -2}]}"#).unwrap_err().starts_with("x: top5"));
    }

    #[test]
    fn later_rows_win_field_by_field() {
        let mut table = Table::embedded();
        table.models.push(Row { matches: "*mobilenet-v3-large-100*".into(), fail_first: Some(1), ..Row::default() });
        let changed = table.behaviour(Some("tensorflow-ic-imagenet-mobilenet-v3-large-100-224"), "i");
        assert_eq!((changed.fail_first, changed.accuracy), (1, 84.9));
    }

    #[test]
    fn unknown_models_are_plausible_and_always_the_same() {
        let table = Table::embedded();
        for i in 0..200 {
            let name = format!("image-{i}");
            let guess = table.behaviour(None, &name);
            assert_eq!(guess, table.behaviour(None, &name));
            assert!(
                (50.0..96.0).contains(&guess.accuracy) && guess.top5 > guess.accuracy && guess.top5 < 100.0,
                "{guess:?}"
            );
            assert!(
                guess.throughput > 0.5 && guess.seconds_per_epoch > 10.0 && guess.parameters_millions > 0.3,
                "{guess:?}"
            );
        }
    }
}
