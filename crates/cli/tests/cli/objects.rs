//! Selections with a status, and tables, without an operator: what the plugin shows of them is the same at any time.

use api::ModelSelection;
use decide::table_pages::{COMMON, LINES, page_name};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
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

    /// The pages of a table of training jobs called `table`, as the operator writes them.
    pub(crate) async fn put_table(&self, pages: &[&[Value]]) {
        let tables: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        for (number, lines) in pages.iter().enumerate() {
            let name = page_name("table", number);
            let lines = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
            let page = json!({"metadata": {"name": name}, "data": {LINES: lines, COMMON: r#"{"epochs":"5"}"#}});
            let page = serde_json::from_value(page).unwrap_or_else(|e| panic!("{name}: {e}"));
            tables.create(&PostParams::default(), &page).await.unwrap_or_else(|e| panic!("{name}: {e}"));
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
