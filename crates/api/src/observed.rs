//! Results that were measured elsewhere.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{CHANNEL_NAME, OBJECT_NAME};

/// Results from elsewhere: of the model in production, from a vendor's page, from another system. At least one of metrics,
/// metricsFrom and datasets. Changing them recomputes the fronts and makes no job.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.metrics) || has(self.metricsFrom) || has(self.datasets)")
        .message("`observed` must have `metrics` or `datasets`, or `metricsFrom`"),
)]
pub struct Observed {
    /// metrics are the values on every dataset, by the names of objectives, constraints and derivedMetrics or of the
    /// metrics that these are worked out from: decimals in quotes, such as {test_accuracy: "0.87"}. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
    /// metricsFrom are values that ConfigMaps of the selection's namespace hold; of the same name, these win over metrics.
    /// They are read again within ten minutes of a change. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics_from: Vec<MetricFrom>,
    /// datasets are the values on single datasets; of the same name, these win over metrics and metricsFrom. On a dataset
    /// without any value the candidate takes no part. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<ObservedDataset>,
}

/// Results from elsewhere on one dataset: metrics, metricsFrom or both.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("minProperties" = 2))]
pub struct ObservedDataset {
    /// name of one of spec.datasets. Required.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// metrics are the values on it, by name. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
    /// metricsFrom are values on it that ConfigMaps hold; of the same name, these win over metrics. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics_from: Vec<MetricFrom>,
}

/// A value that a ConfigMap holds.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MetricFrom {
    /// name of the metric. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// configMapKeyRef is where the value is: a decimal number such as 0.87. Required.
    pub config_map_key_ref: ConfigMapKey,
}

/// A key of a ConfigMap in the namespace of the selection.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
pub struct ConfigMapKey {
    /// name of the ConfigMap. Required.
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub name: String,
    /// key in the data of the ConfigMap. Required.
    #[schemars(length(min = 1, max = 253), regex(pattern = CHANNEL_NAME))]
    pub key: String,
}

/// Where a value from elsewhere stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObservedValue<'a> {
    /// In the manifest.
    Here(&'a str),
    /// In a `ConfigMap`.
    In(&'a ConfigMapKey),
}

impl Observed {
    /// The values on `dataset`, by name. Empty where the candidate takes no part.
    pub fn on(&self, dataset: &str) -> BTreeMap<&str, ObservedValue<'_>> {
        let of_it = self.datasets.iter().filter(|of_one| of_one.name == dataset);
        let of_it = of_it.flat_map(|of_one| values(&of_one.metrics, &of_one.metrics_from));
        // The later of a name wins.
        values(&self.metrics, &self.metrics_from).chain(of_it).collect()
    }

    /// The values that are in `ConfigMap`s, for whichever dataset.
    pub fn references(&self) -> impl Iterator<Item = &ConfigMapKey> {
        let of_datasets = self.datasets.iter().flat_map(|of_one| &of_one.metrics_from);
        self.metrics_from.iter().chain(of_datasets).map(|from| &from.config_map_key_ref)
    }
}

fn values<'a>(
    metrics: &'a BTreeMap<String, String>,
    metrics_from: &'a [MetricFrom],
) -> impl Iterator<Item = (&'a str, ObservedValue<'a>)> {
    let here = metrics.iter().map(|(name, value)| (name.as_str(), ObservedValue::Here(value)));
    here.chain(metrics_from.iter().map(|from| (from.name.as_str(), ObservedValue::In(&from.config_map_key_ref))))
}
