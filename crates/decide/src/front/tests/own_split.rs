//! Objectives that were measured on different data.

use super::both;
use crate::front::{Tables, fronts};
use api::RunStatus;

#[test]
fn only_objectives_measured_on_an_own_split_get_a_warning() {
    let mut spec = samples::spec();
    let measured = |mut run: RunStatus, own_split: bool| {
        let best = run.best.as_mut().unwrap();
        best.metrics[0].name = "val_accuracy".into();
        RunStatus { own_split, ..run }
    };
    spec.objectives[0].metric = "val_accuracy".into();
    let warnings_with = |own_split: bool| {
        let mut runs = [measured(both("a", "0.9", "1"), own_split), measured(both("b", "0.8", "2"), false)];
        fronts(&spec, &mut runs, &Tables::new()).remove(0).warnings
    };
    let warnings = warnings_with(true);
    assert_eq!((warnings.len(), warnings[0].metric.as_str()), (1, "val_accuracy"));
    assert!(warnings[0].message.contains("for a: their scripts do not use the channel 'validation'"), "{warnings:?}");
    assert_eq!(warnings_with(false), []);
}
