//! The contents of the `ConfigMap`s that `observed.metricsFrom` refers to.

use std::collections::{BTreeMap, BTreeSet};

use api::{ConfigMapKey, ExclusionReason, ModelSelectionSpec, Observed, decimal, parse_decimal};

/// The data of each `ConfigMap`, or why it cannot be read.
#[derive(Clone, Debug, Default)]
pub struct References(BTreeMap<String, Result<BTreeMap<String, String>, String>>);

impl References {
    /// The names of the `ConfigMap`s that candidates of `spec` refer to.
    pub fn wanted(spec: &ModelSelectionSpec) -> BTreeSet<&str> {
        let observed = spec.candidates.iter().filter_map(|candidate| candidate.observed.as_ref());
        observed.flat_map(Observed::references).map(|reference| reference.name.as_str()).collect()
    }

    /// Records the data of a `ConfigMap`, or why it cannot be read.
    pub fn note(&mut self, name: &str, data: Result<BTreeMap<String, String>, String>) {
        self.0.insert(name.to_owned(), data);
    }

    /// The number at a key, as text, or why there is none. The message does not show other contents of the key: readers
    /// of the status need not be allowed to read the `ConfigMap`.
    pub(super) fn value(&self, ConfigMapKey { name, key }: &ConfigMapKey) -> Result<String, (ExclusionReason, String)> {
        let missing = |why: String| (ExclusionReason::MetricMissing, why);
        let data = match self.0.get(name) {
            None => Err(missing(format!("ConfigMap '{name}' was not read yet"))),
            Some(data) => data.as_ref().map_err(|why| missing(format!("ConfigMap '{name}' {why}"))),
        }?;
        let text = data.get(key).ok_or_else(|| {
            let remedy = match data.len() {
                0 => "it has no data".to_owned(),
                _ => format!("it has {}", crate::suggest::some(data.keys().map(String::as_str))),
            };
            missing(format!("ConfigMap '{name}' has no key '{key}'; {remedy}"))
        })?;
        parse_decimal(text.trim()).and_then(decimal).ok_or_else(|| {
            let why = format!("key '{key}' of ConfigMap '{name}' must hold a decimal number, such as 0.87");
            (ExclusionReason::MetricNotFinite, why)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_number_is_reported_without_its_contents() {
        let mut references = References::default();
        let data = [("accuracy", "0.870\n"), ("latency", "secret"), ("limit", "1e999")];
        let data = data.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        references.note("production", Ok(data));
        references.note("empty", Ok(BTreeMap::new()));
        references.note("forbidden", Err("cannot be read: forbidden".to_owned()));
        for (name, key, expected) in [
            ("production", "accuracy", Ok("0.87")),
            ("production", "latency", Err("key 'latency' of ConfigMap 'production' must hold a decimal number")),
            ("production", "limit", Err("key 'limit' of ConfigMap 'production' must hold a decimal number")),
            (
                "production",
                "acuracy",
                Err("ConfigMap 'production' has no key 'acuracy'; it has accuracy, latency, limit"),
            ),
            ("empty", "accuracy", Err("ConfigMap 'empty' has no key 'accuracy'; it has no data")),
            ("forbidden", "accuracy", Err("ConfigMap 'forbidden' cannot be read: forbidden")),
            ("other", "accuracy", Err("ConfigMap 'other' was not read yet")),
        ] {
            let key = ConfigMapKey { name: name.to_owned(), key: key.to_owned() };
            match (references.value(&key), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value, expected),
                (Err((_, why)), Err(expected)) => {
                    assert!(why.starts_with(expected), "{why}");
                    assert!(!why.contains("secret"), "{why}");
                }
                (found, expected) => panic!("{found:?}, not {expected:?}"),
            }
        }
    }
}
