//! Selections with a status, without an operator: what the plugin shows of them is the same at any time.

use api::ModelSelection;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::Place;

impl Place {
    /// A selection with a status, if one is given.
    pub(crate) async fn put(&self, name: &str, status: &Value) {
        let object = ModelSelection::new(name, samples::spec());
        self.api().create(&PostParams::default(), &object).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        if !status.is_null() {
            self.write_status(name, status).await;
        }
    }

    /// Writes the status of a selection, as the operator does.
    pub(crate) async fn write_status(&self, name: &str, status: &Value) {
        let patch = json!({
            "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection", "metadata": {"name": name}, "status": status,
        });
        let parameters = PatchParams::apply("modelselection-operator").force();
        self.api()
            .patch_status(name, &parameters, &Patch::Apply(&patch))
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
