//! Results that were measured elsewhere.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{CHANNEL_NAME, OBJECT_NAME};

/// Results that were measured elsewhere: those of the model in production, of a vendor's page, of another system. At
/// least one of metrics, metricsFrom and datasets. Changing them recomputes the fronts and creates no job.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.metrics) || has(self.metricsFrom) || has(self.datasets)")
        .message("`observed` must have `metrics` or `datasets`, or `metricsFrom`"),
)]
pub struct Observed {
    /// metrics are the values for every dataset, named like objectives, constraints and derivedMetrics or like the
    /// metrics from which these are computed: decimals in quotes, such as {test_accuracy: "0.87"}. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
    /// metricsFrom are values in ConfigMaps of the selection's namespace; they override metrics with the same name. The
    /// operator reads them again within ten minutes of a change. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics_from: Vec<MetricFrom>,
    /// datasets are values for single datasets; they override metrics and metricsFrom with the same name. The candidate
    /// is left out of the fronts of datasets for which it has no value. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<ObservedDataset>,
}

/// Results that were measured elsewhere on one dataset: metrics, metricsFrom or both.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("minProperties" = 2))]
pub struct ObservedDataset {
    /// name of the dataset, one of spec.datasets. Required.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// metrics are the values on this dataset, by name. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::observed_metrics_schema")]
    pub metrics: BTreeMap<String, String>,
    /// metricsFrom are values on this dataset in ConfigMaps; they override metrics with the same name. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics_from: Vec<MetricFrom>,
}

/// A value in a ConfigMap.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MetricFrom {
    /// name of the metric. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// configMapKeyRef is the location of the value: a decimal number such as 0.87. Required.
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

/// Where an observed value is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObservedValue<'a> {
    /// In the manifest.
    Here(&'a str),
    /// In a `ConfigMap`.
    In(&'a ConfigMapKey),
}

impl Observed {
    /// The values on `dataset`, by name. Empty if the candidate has none.
    pub fn on(&self, dataset: &str) -> BTreeMap<&str, ObservedValue<'_>> {
        let of_it = self.datasets.iter().filter(|of_one| of_one.name == dataset);
        let of_it = of_it.flat_map(|of_one| values(&of_one.metrics, &of_one.metrics_from));
        // Of values with the same name, the last one wins.
        values(&self.metrics, &self.metrics_from).chain(of_it).collect()
    }

    /// The values that are in `ConfigMap`s, for any dataset.
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
