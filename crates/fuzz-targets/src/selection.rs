//! The selection that most targets share, and the API server's opinion of it.

use api::{DerivedMetric, ModelSelectionSpec, ModelSelectionStatus};
use lint::{Linter, Unquoted};
use serde_json::{Value, json};

/// The region of the selection.
pub(crate) const REGION: &str = "us-west-2";
/// Its generation.
pub(crate) const GENERATION: i64 = 7;

/// A model of the hub and an own image, compared by a metric from the logs and one that is computed.
pub(crate) fn spec() -> ModelSelectionSpec {
    let mut spec = samples::spec();
    spec.derived_metrics =
        vec![DerivedMetric { name: "images".into(), expression: "dataset.testSize / trainingSeconds".into() }];
    spec.objectives[1].metric = "images".into();
    spec.datasets[0].test_size = Some(6000);
    spec.prices = [("ml.p3.2xlarge".to_owned(), "3.825".to_owned())].into();
    spec.retries = 1;
    spec
}

/// The selection as an object.
pub(crate) fn object(spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> Value {
    json!({
        "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection",
        "metadata": {"name": "selection", "namespace": "vision"}, "spec": spec, "status": status,
    })
}

thread_local!(static LINTER: Linter = Linter::new());

/// What the API server would say against an object; empty when it would take it.
pub(crate) fn faults(object: &Value) -> Vec<String> {
    LINTER.with(|linter| linter.check(object))
}

/// What the operator writes must be what the API server would take: else no reconcile could ever write again.
pub(crate) fn assert_accepted(spec: &ModelSelectionSpec, written: &ModelSelectionStatus) {
    assert_eq!(faults(&object(spec, written)), [""; 0], "the server refuses what is written");
}

/// The values that need quotes.
pub(crate) fn unquoted(object: &Value) -> Unquoted {
    LINTER.with(|linter| linter.unquoted(object))
}
