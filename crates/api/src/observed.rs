//! Results that were measured elsewhere.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Results from elsewhere: of the model in production, from a vendor's page, from another system. At least one of metrics
/// and datasets. Changing them recomputes the fronts and makes no job.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.metrics) || has(self.datasets)")
        .message("`observed` must have `metrics` or `datasets`"),
)]
pub struct Observed {
    /// metrics are the values on every dataset, by the names of objectives, constraints and derivedMetrics or of the
    /// metrics that these are worked out from: decimals in quotes, such as {test_accuracy: "0.87"}. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
    /// datasets are the values on single datasets; of the same name, these win over metrics. On a dataset without any value
    /// the candidate takes no part. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<ObservedDataset>,
}

/// Results from elsewhere on one dataset.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ObservedDataset {
    /// name of one of spec.datasets. Required.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// metrics are the values on it, by name. Required.
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
}

impl Observed {
    /// The values on `dataset`, by name. Empty where the candidate takes no part.
    pub fn on(&self, dataset: &str) -> BTreeMap<&str, &str> {
        let of_it = self.datasets.iter().filter(|of_one| of_one.name == dataset).flat_map(|of_one| &of_one.metrics);
        // The later of a name wins.
        self.metrics.iter().chain(of_it).map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}
