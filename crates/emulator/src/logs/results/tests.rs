#![expect(clippy::float_cmp, reason = "results have to be exact, to the bit")]

use std::collections::BTreeMap;

use super::*;
use crate::logs::metrics::Reader;
use crate::logs::models::Behaviour;
use crate::logs::models::Table;
use crate::logs::writer::python;
use crate::request::MetricDefinition;

fn hyperparameters(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn model(id: &str) -> Behaviour {
    Table::embedded().behaviour(Some(id), "image")
}

fn read(behaviour: &Behaviour, pairs: &[(&str, &str)], has_test: bool, regex: &str) -> Option<f32> {
    let given = hyperparameters(pairs);
    let lines =
        log(&Run { behaviour, hyperparameters: &given, has_test, reports: &Reports::Definitions, objective: None });
    let reader = Reader::new(&MetricDefinition { name: "m".into(), regex: regex.into() }).unwrap();
    reader.read(&lines, f64::INFINITY).map(|metric| metric.value)
}

const SWIN: &str = "tensorflow-ic-swin-large-patch4-window12-384";

#[test]
fn defaults_give_exactly_the_published_row() {
    let swin = model(SWIN);
    let quoted =
        [("learning_rate", "0.001"), ("epochs", "\"5\""), ("optimizer", "\"adam\""), ("early_stopping", "\"True\"")];
    for given in [&[][..], &quoted[..]] {
        assert_eq!(read(&swin, given, true, r"- Test accuracy: ([0-9\.]+)"), Some(0.964));
        assert_eq!(read(&swin, given, true, r"- Test top_5_accuracy: ([0-9\.]+)"), Some(0.995));
        assert_eq!(read(&swin, given, true, r"- Average test throughput: ([0-9\.]+)"), Some(0.3));
        assert_eq!(read(&swin, given, true, r"- Average training duration per epoch: ([0-9\.]+)"), Some(2278.6));
        assert_eq!(read(&swin, given, true, r"- Number of parameters: ([0-9\.]+)"), Some(195_600_000.0));
        assert_eq!(read(&swin, given, true, r"- Total training duration: ([0-9\.]+)"), Some(11393.0));
    }
}

#[test]
fn every_published_row_reads_back_exactly() {
    let table = Table::embedded();
    for row in table.models.iter().filter(|row| row.made_up == Some(false)) {
        let behaviour = model(&row.matches);
        let accuracy = read(&behaviour, &[], true, r"- Test accuracy: ([0-9\.]+)").unwrap();
        let expected: f32 = format!("{:.3}", row.accuracy.unwrap() / 100.0).parse().unwrap();
        assert_eq!(accuracy, expected, "{}", row.matches);
    }
}

#[test]
fn other_values_are_strictly_worse_and_throughput_is_unaffected() {
    let swin = model(SWIN);
    let accuracy = |given: &[(&str, &str)]| read(&swin, given, true, r"- Test accuracy: ([0-9\.]+)").unwrap();
    let validation = |given: &[(&str, &str)]| read(&swin, given, true, r"- val_accuracy: ([0-9\.]+)").unwrap();
    for given in [
        [("learning_rate", "0.0002")],
        [("learning_rate", "0.002")],
        [("learning_rate", "0.9")],
        [("optimizer", "sgd")],
        [("batch_size", "64")],
        [("epochs", "3")],
        [("dropout_rate", "\"0.3\"")],
        [("augmentation", "True")],
    ] {
        assert!(accuracy(&given) < accuracy(&[]), "{given:?}");
        assert!(validation(&given) < validation(&[]), "{given:?}");
        assert_eq!(read(&swin, &given, true, r"- Average test throughput: ([0-9\.]+)"), Some(0.3));
    }
    assert!(accuracy(&[("learning_rate", "0.0002")]) > accuracy(&[("learning_rate", "0.00001")]), "further is worse");
}

#[test]
fn metrics_are_absent_when_the_script_would_not_log_them() {
    let swin = model(SWIN);
    assert_eq!(read(&swin, &[], false, r"- Test accuracy: ([0-9\.]+)"), None);
    assert_eq!(read(&swin, &[], true, r"- val_precision: ([0-9\.]+)"), None);
    let binary = [("binary_mode", "\"True\"")];
    assert!(read(&swin, &binary, true, r"- val_precision: ([0-9\.]+)").is_some());
    assert_eq!(read(&swin, &binary, true, r"- val_top_5_accuracy: ([0-9\.]+)"), None);
    let five = Behaviour { classes: 5, ..swin.clone() };
    assert_eq!(read(&five, &[], true, r"- Test top_5_accuracy: ([0-9\.]+)"), None);
    let silent = Behaviour { omit_test_metrics: true, ..swin };
    assert_eq!(read(&silent, &[], true, r"- Test accuracy: ([0-9\.]+)"), None);
}

#[test]
fn a_regex_determines_the_value() {
    let swin = model(SWIN);
    assert_eq!(read(&swin, &[], true, r"validation accuracy: ([0-9\.]+)"), None);
    assert_eq!(read(&swin, &[], true, r"- Test accuracy: [0-9\.]+"), None, "no capture group, no value");
    assert!(read(&swin, &[], true, r"val_accuracy: ([0-9\.]+)").is_some(), "the default metric of JumpStart");
    let fast = Behaviour { throughput: 20_000.0, ..swin.clone() };
    let latency = |regex: &str| read(&fast, &[], true, regex).unwrap();
    assert_eq!(latency(r"- Average test latency per sample: ([0-9\.]+)"), 5.0, "the exponent is lost, as on AWS");
    assert_eq!(latency(r"- Average test latency per sample: ([0-9.]+(?:[eE][-+]?[0-9]+)?)"), 5e-5);
    let nan = Behaviour { nan_metrics: vec!["val_accuracy".into()], ..swin };
    assert_eq!(read(&nan, &[], true, r"- val_accuracy: ([0-9\.]+)"), None);
    assert!(read(&nan, &[], true, r"- val_accuracy: (\S+)").unwrap().is_nan());
}

#[test]
fn models_on_torch_have_a_log_format_of_their_own() {
    let torch = model("pytorch-ic-resnet50");
    let expected = |behaviour: &Behaviour, given: &[(&str, &str)], regex: &str| read(behaviour, given, true, regex);
    let best = expected(&torch, &[], r"val Acc: ([0-9\.]+)").unwrap();
    assert!(best > 0.3 && expected(&torch, &[], r"val Loss: ([0-9\.]+)").is_some());
    assert_eq!(expected(&torch, &[], r"train Loss: [0-9\.]+ Acc: ([0-9\.]+)").map(|train| train > best), Some(true));
    assert!(expected(&torch, &[], r"test Acc: ([0-9\.]+)").is_some());
    assert_eq!(expected(&torch, &[], r"val_accuracy: ([0-9\.]+)"), Some(best));
    for absent in [r"- Number of parameters: ([0-9\.]+)", r"- Test accuracy: ([0-9\.]+)"] {
        assert_eq!(expected(&torch, &[], absent), None, "{absent}");
    }
    let defaults = [("learning_rate", "0.001"), ("batch_size", "4")];
    assert_eq!(expected(&torch, &defaults, r"val Acc: ([0-9\.]+)"), Some(best));
    for off in [("learning_rate", "0.1"), ("batch_size", "64")] {
        assert!(expected(&torch, &[off], r"val Acc: ([0-9\.]+)").unwrap() < best, "{off:?}");
    }
    let own = Table::embedded().behaviour(None, "1234.dkr.ecr.us-west-2.amazonaws.com/my-pytorch:1");
    assert!(expected(&own, &[], r"val Acc: ([0-9\.]+)").is_some(), "the name of an image decides too");
    let configured = Behaviour { script: Script::TensorFlow, ..own };
    assert!(expected(&configured, &[], r"- val_accuracy: ([0-9\.]+)").is_some(), "unless a row says otherwise");
}

#[test]
fn metrics_appear_as_the_log_grows() {
    let swin = model(SWIN);
    let given = hyperparameters(&[]);
    let lines = log(&Run {
        behaviour: &swin,
        hyperparameters: &given,
        has_test: true,
        reports: &Reports::Definitions,
        objective: None,
    });
    let reader =
        Reader::new(&MetricDefinition { name: "m".into(), regex: r"- val_accuracy: ([0-9\.]+)".into() }).unwrap();
    assert_eq!(reader.read(&lines, 10.0), None);
    let first = reader.read(&lines, 2278.6).unwrap();
    let last = reader.read(&lines, f64::INFINITY).unwrap();
    assert!(first.value < last.value && first.at < last.at);
}

#[test]
fn floats_are_printed_like_in_python() {
    for (value, text) in
        [(0.3, "0.3"), (5e-5, "5e-05"), (1.25e-12, "1.25e-12"), (11393.0, "11393.0"), (0.0001, "0.0001"), (0.0, "0.0")]
    {
        assert_eq!(python(value), text);
    }
}

#[test]
fn epochs_are_read_quoted_or_not() {
    for (text, expected) in [("7", 7), ("\"7\"", 7), ("x", 5), ("0", 5)] {
        assert_eq!(epochs(&hyperparameters(&[("epochs", text)])), expected);
    }
    assert_eq!(epochs(&BTreeMap::new()), 5);
}
