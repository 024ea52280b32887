//! The models that were read, cached for all selections; see [`super::ttl_cache`].

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::error::CatalogError;
use super::model::Model;
use super::nearest_ids::{Nearest, nearest};
use super::source::{Source, SourceKind};
use super::ttl_cache::{Cached, Fetched, TtlCache, get_or_fetch};
use api::Reason;
use decide::model_version::{Version, newest_matching};
use decide::problem::Problem;
use platform::clock;
use sagemaker::{Class, ListedModel, Region, TuningError};

/// The cached models. Cheap to clone.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    source: Source,
    listings: TtlCache<Arc<[ListedModel]>>,
    models: TtlCache<Arc<Model>>,
    versions: TtlCache<String>,
}

impl Catalog {
    /// An empty catalogue.
    pub fn new(source: SourceKind) -> Self {
        let source = Source::new(source);
        Self(Arc::new(Inner {
            source,
            listings: TtlCache::default(),
            models: TtlCache::default(),
            versions: TtlCache::default(),
        }))
    }

    /// All models of the region, by id, each in its newest version, as they were at `not_before` or later.
    pub async fn listing(
        &self,
        region: &Region,
        not_before: Timestamp,
        until: Instant,
    ) -> Result<Arc<[ListedModel]>, CatalogError> {
        let entry = self.0.listings.entry([region.name(), "", ""], clock::steady());
        let (known, region) = (self.0.clone(), region.clone());
        let fresh = move |cached: &Cached<_>, now| cached.started >= not_before && cached.is_fresh(now);
        get_or_fetch(entry, fresh, until, async move {
            known.source.list(&region).await.map(Into::into).map_err(CatalogError::Fault)
        })
        .await
    }

    /// The version of `model_id` that matches `wanted` (`*`, a prefix or exact). A fault that the caller has met at
    /// `tried` is not returned again.
    pub async fn version(
        &self,
        region: &Region,
        model_id: &str,
        wanted: &str,
        tried: Timestamp,
        until: Instant,
    ) -> Result<String, CatalogError> {
        let entry = self.0.versions.entry([region.name(), model_id, wanted], clock::steady());
        let (catalog, region) = (self.clone(), region.clone());
        let (model_id, wanted) = (model_id.to_owned(), wanted.to_owned());
        get_or_fetch(entry, move |cached, now| cached.is_fresh_after(tried, now), until, async move {
            catalog.fetch_version(&region, &model_id, &wanted).await
        })
        .await
    }

    /// The description of one version of a model, which never changes. A fault that the caller has met at `tried` is
    /// not returned again.
    pub async fn model(
        &self,
        region: &Region,
        model_id: &str,
        version: &str,
        tried: Timestamp,
        until: Instant,
    ) -> Result<Arc<Model>, CatalogError> {
        let entry = self.0.models.entry([region.name(), model_id, version], clock::steady());
        let (catalog, region) = (self.clone(), region.clone());
        let (model_id, version) = (model_id.to_owned(), version.to_owned());
        let fresh = move |cached: &Cached<_>, now| cached.value.is_ok() || cached.is_fresh_after(tried, now);
        get_or_fetch(entry, fresh, until, async move { catalog.fetch_model(&region, &model_id, &version).await }).await
    }

    /// Whether [`Self::model`] would return without calling the source.
    pub fn knows(&self, region: &Region, model_id: &str, version: &str) -> bool {
        let entry = self.0.models.entry([region.name(), model_id, version], clock::steady());
        entry.read(|cached| cached.value.is_ok().then_some(())).is_some()
    }

    async fn fetch_version(&self, region: &Region, model_id: &str, wanted: &str) -> Fetched<String> {
        if wanted == "*" {
            if let Some(listed) = self.listed(region, model_id) {
                return Ok(listed.version);
            }
            // One call returns the newest version and its description.
            let started = clock::steady();
            let (version, model) = match self.0.source.describe(region, model_id, None).await {
                Ok(answer) => answer,
                Err(error) => return Err(self.not_found(region, model_id, error).await),
            };
            let cached = Cached { started, ended: clock::steady(), value: readable(model_id, &version, model) };
            let entry = self.0.models.entry([region.name(), model_id, &version], clock::steady());
            entry.store(cached);
            return Ok(version);
        }
        let versions = match self.0.source.versions(region, model_id).await {
            Ok(versions) => versions,
            Err(error) => return Err(self.not_found(region, model_id, error).await),
        };
        let newest = newest_matching(wanted, versions.iter().map(String::as_str));
        newest.map(str::to_owned).ok_or_else(|| {
            let mut known = versions.clone();
            known.sort_by_key(|version| Version::of(version));
            let known = known.join(", ");
            let message = format!("model '{model_id}' has no version '{wanted}' (`jumpStart.version`); it has {known}");
            CatalogError::Problem(Problem::new(Reason::UnknownVersion, message))
        })
    }

    async fn fetch_model(&self, region: &Region, model_id: &str, version: &str) -> Fetched<Arc<Model>> {
        match self.0.source.describe(region, model_id, Some(version)).await {
            Ok((_, model)) => readable(model_id, version, model),
            Err(error) if error.class == Class::NotFound => {
                // Determines what is missing: the model, or only this version of it.
                match self.0.source.describe(region, model_id, None).await {
                    Ok((newest, _)) => {
                        let message = format!(
                            "model '{model_id}' has no version '{version}' (`jumpStart.version`); the newest is \
                             '{newest}', or write '*'"
                        );
                        Err(CatalogError::Problem(Problem::new(Reason::UnknownVersion, message)))
                    }
                    Err(error) => Err(self.not_found(region, model_id, error).await),
                }
            }
            Err(error) => Err(CatalogError::Fault(error)),
        }
    }

    /// The model in the last listing, if that is still fresh. Only callers that need the listing wait for a new one: a
    /// description has the version as well.
    fn listed(&self, region: &Region, model_id: &str) -> Option<ListedModel> {
        let entry = self.0.listings.entry([region.name(), "", ""], clock::steady());
        entry.read(|cached| {
            let models = cached.value.as_ref().ok().filter(|_| cached.is_fresh(clock::steady()))?;
            let found = models.binary_search_by(|listed| listed.model_id.as_str().cmp(model_id)).ok()?;
            Some(models[found].clone())
        })
    }

    /// The error for a model that the source does not know. It suggests the nearest ids of the listing.
    async fn not_found(&self, region: &Region, model_id: &str, error: TuningError) -> CatalogError {
        if error.class != Class::NotFound {
            return CatalogError::Fault(error);
        }
        // A long deadline is fine here: this already runs in a task of its own.
        let until = clock::after(Duration::from_secs(60));
        let listing = Box::pin(self.listing(region, Timestamp::MIN, until)).await.ok();
        let listed = listing.as_deref().unwrap_or_default();
        if listed.iter().any(|listed| listed.model_id == model_id) {
            let message = format!(
                "JumpStart lists the model '{model_id}' (`jumpStart.modelID`) in {}, but cannot describe it; choose \
                 another model",
                region.name()
            );
            return CatalogError::Problem(Problem::new(Reason::UnknownModel, message));
        }
        let Nearest { ids, probable } = nearest(model_id, listed.iter().map(|listed| listed.model_id.as_str()));
        let ids = format!("'{}'", ids.join("' or '"));
        let remedy = match listed.len() {
            0 => "correct it (the JumpStart console and the SageMaker documentation list the ids)".to_owned(),
            _ if probable => format!("did you mean {ids}?"),
            all => format!("none of its {all} model ids is similar; the nearest is {ids}"),
        };
        let region = region.name();
        let message = format!("JumpStart has no model '{model_id}' (`jumpStart.modelID`) in {region}; {remedy}");
        CatalogError::Problem(Problem::new(Reason::UnknownModel, message))
    }
}

fn readable(model_id: &str, version: &str, model: Option<Model>) -> Fetched<Arc<Model>> {
    model.map(Arc::new).ok_or_else(|| {
        let message = format!("the description of model '{model_id}' {version} cannot be read; choose another version");
        CatalogError::Problem(Problem::new(Reason::ModelNotTrainable, message))
    })
}
