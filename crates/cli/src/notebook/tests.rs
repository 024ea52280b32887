use std::fmt::Write as _;

use super::*;
use crate::draft::checked::yaml;

/// The findings in a notebook, and the resulting manifest.
fn read_fixture(name: &str) -> String {
    let file = format!("{}/tests/notebooks/{name}.ipynb", env!("CARGO_MANIFEST_DIR"));
    let mut draft = Checked::new();
    let Reading { taken, not_taken } = read(&std::fs::read_to_string(file).unwrap(), &mut draft).unwrap();
    let mut text = String::new();
    for (title, lines) in [("taken:", taken), ("not taken:", not_taken)] {
        writeln!(text, "{title}\n  {}", lines.join("\n  ")).unwrap();
    }
    text + "---\n" + &yaml(draft.draft()).unwrap()
}

#[test]
fn models_in_a_loop() {
    insta::assert_snapshot!(read_fixture("jumpstart-estimator"));
}

#[test]
fn uris_that_are_looked_up_in_a_function() {
    insta::assert_snapshot!(read_fixture("retrieved-uris"));
}

#[test]
fn a_request_with_an_image_of_ones_own() {
    insta::assert_snapshot!(read_fixture("boto3-request"));
}

#[test]
fn a_request_that_the_sdk_has_made_for_a_model() {
    insta::assert_snapshot!(read_fixture("jumpstart-request"));
}

#[test]
fn what_only_the_notebook_knows_is_named() {
    insta::assert_snapshot!(read_fixture("little-is-known"));
}

#[test]
fn what_is_no_notebook_or_starts_nothing_is_refused() {
    let refused = |text: &str| read(text, &mut Checked::new()).unwrap_err();
    assert!(refused("{}").contains("not a Jupyter notebook of format 4"), "{}", refused("{}"));
    let file = format!("{}/tests/notebooks/no-job.ipynb", env!("CARGO_MANIFEST_DIR"));
    let none = refused(&std::fs::read_to_string(file).unwrap());
    assert!(none.starts_with("no cell calls HyperparameterTuner"), "{none}");
}

/// A notebook with one cell.
fn notebook(source: &str) -> String {
    serde_json::json!({"cells": [{"cell_type": "code", "source": source}]}).to_string()
}

#[test]
fn a_notebook_that_grows_without_bounds_ends() {
    let start = "JumpStartEstimator(model_id='tensorflow-ic-bit-m-r101x1')";
    for source in [
        format!("x = 'a'\nfor i in {:?}:\n    x = [x, x]\n{start}", vec![0; 100]),
        format!("def f(n):\n    f(n)\n    f(n)\nf(1)\n{start}"),
        format!("x = {}1{}\n{start}", "(".repeat(20_000), ")".repeat(20_000)),
    ] {
        let read = read(&notebook(&source), &mut Checked::new()).unwrap();
        assert!(read.taken.contains(&"model: tensorflow-ic-bit-m-r101x1".to_owned()), "{read:?}");
    }
}
