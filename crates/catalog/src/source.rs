//! The sources of model descriptions: SageMaker's hub, or JumpStart's metadata in S3. Both have the same interface.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::hub_document::from_content;
use super::model::Model;
use super::s3_spec::{Buckets, from_spec};
use super::ttl_cache::{TTL, within};
use api::bounds;
use decide::model_version::Version;
use platform::clock;
use sagemaker::{Class, ListedModel, Region, TuningError};

/// The list of all models and versions.
const MANIFEST: &str = "models_manifest.json";

/// The kinds of source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind {
    /// The API of SageMaker's public hub.
    #[default]
    Hub,
    /// The files in the bucket of `JumpStart`.
    S3,
}

/// A source of one kind, for all regions.
pub(super) struct Source {
    kind: SourceKind,
    /// The keys of the specs by region, model and version, from the last manifest, and when that was read. Locked
    /// during a read: the manifest is large, and one read serves all callers.
    manifests: Mutex<HashMap<String, (Timestamp, Arc<Specs>)>>,
}

type Specs = BTreeMap<String, BTreeMap<Version, Entry>>;

#[derive(Clone, Deserialize)]
struct Entry {
    model_id: String,
    version: String,
    spec_key: String,
}

impl Source {
    pub(super) fn new(kind: SourceKind) -> Self {
        Self { kind, manifests: Mutex::default() }
    }

    /// All models, each once, in its newest version, by id.
    pub(super) async fn list(&self, region: &Region) -> Result<Vec<ListedModel>, TuningError> {
        let mut models = match self.kind {
            SourceKind::Hub => region.hub_contents().await?,
            SourceKind::S3 => {
                let specs = self.manifest(region, SignedDuration::ZERO).await?;
                let newest = specs.values().filter_map(|versions| versions.values().next_back());
                newest
                    .map(|entry| ListedModel {
                        model_id: entry.model_id.clone(),
                        version: entry.version.clone(),
                        deprecated: None,
                    })
                    .collect()
            }
        };
        // A version that the status cannot hold would prevent the whole status from being written.
        models.retain(|listed| {
            listed.model_id.len() <= bounds::MODEL_ID && listed.version.len() <= bounds::MODEL_VERSION
        });
        newest(&mut models);
        Ok(models)
    }

    /// The versions of a model, in no particular order. `Class::NotFound` if the model does not exist.
    pub(super) async fn versions(&self, region: &Region, model_id: &str) -> Result<Vec<String>, TuningError> {
        match self.kind {
            SourceKind::Hub => region.hub_versions(model_id).await,
            SourceKind::S3 => {
                let specs = self.manifest(region, TTL).await?;
                let versions = specs.get(model_id).ok_or_else(|| unlisted(model_id))?;
                Ok(versions.values().map(|entry| entry.version.clone()).collect())
            }
        }
    }

    /// The description of a version of a model, or of its newest, with that version; `None` instead of a description
    /// that cannot be parsed. `Class::NotFound` if the model or version does not exist.
    pub(super) async fn describe(
        &self,
        region: &Region,
        model_id: &str,
        version: Option<&str>,
    ) -> Result<(String, Option<Model>), TuningError> {
        match self.kind {
            SourceKind::Hub => {
                let content = region.hub_content(model_id, version).await?;
                let model = from_content(&content);
                Ok((content.version, model))
            }
            SourceKind::S3 => {
                let known = find(&*self.manifest(region, TTL).await?, model_id, version);
                let entry = match known {
                    Some(entry) => entry,
                    // It may be newer than the cached manifest.
                    None => find(&*self.manifest(region, SignedDuration::from_secs(5)).await?, model_id, version)
                        .ok_or_else(|| unlisted(model_id))?,
                };
                let spec = region.jumpstart_file(&entry.spec_key).await?;
                let model = from_spec(&String::from_utf8_lossy(&spec), region.name(), &Buckets::of(region.name()));
                Ok((entry.version, model))
            }
        }
    }

    /// The manifest, at most `age` old.
    async fn manifest(&self, region: &Region, age: SignedDuration) -> Result<Arc<Specs>, TuningError> {
        let mut manifests = self.manifests.lock().await;
        if let Some((read, specs)) = manifests.get(region.name())
            && within(age, *read, clock::steady())
        {
            return Ok(specs.clone());
        }
        let asked = clock::steady();
        let text = region.jumpstart_file(MANIFEST).await?;
        // An entry that cannot be parsed must not hide the others.
        let entries: Vec<serde_json::Value> = serde_json::from_slice(&text).map_err(|error| TuningError {
            class: Class::Transient,
            operation: "s3:GetObject",
            code: None,
            message: format!("s3://{}/{MANIFEST} is not a list: {error}", region.jumpstart_bucket()),
        })?;
        let mut specs = Specs::new();
        for entry in entries.into_iter().filter_map(|entry| serde_json::from_value::<Entry>(entry).ok()) {
            specs.entry(entry.model_id.clone()).or_default().insert(Version::of(&entry.version), entry);
        }
        let specs = Arc::new(specs);
        manifests.insert(region.name().to_owned(), (asked, specs.clone()));
        Ok(specs)
    }
}

/// Sorts by id and keeps each model once, in its newest version. The pages of a listing overlap if a model is added or
/// removed while they are read.
fn newest(models: &mut Vec<ListedModel>) {
    models.sort_by_cached_key(|listed| (listed.model_id.clone(), Reverse(Version::of(&listed.version))));
    models.dedup_by(|later, first| later.model_id == first.model_id);
}

fn find(specs: &Specs, model_id: &str, version: Option<&str>) -> Option<Entry> {
    let versions = specs.get(model_id)?;
    match version {
        None => versions.values().next_back().cloned(),
        Some(version) => versions.values().find(|entry| entry.version == version).cloned(),
    }
}

fn unlisted(model_id: &str) -> TuningError {
    TuningError {
        class: Class::NotFound,
        operation: "s3:GetObject",
        code: None,
        message: format!("{MANIFEST} does not list '{model_id}' in that version"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_each_model_once_in_its_newest_version() {
        let listed = |(id, version): (&str, &str)| ListedModel {
            model_id: id.to_owned(),
            version: version.to_owned(),
            deprecated: Some(false),
        };
        let mut models =
            [("b", "1.0.0"), ("a", "4.0.9"), ("a", "4.0.10"), ("b", "1.0.0"), ("a", "4.0.2")].map(listed).to_vec();
        newest(&mut models);
        assert_eq!(models, [("a", "4.0.10"), ("b", "1.0.0")].map(listed));
    }
}
