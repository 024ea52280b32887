//! What was read about models, kept for all selections.
//!
//! A question that is not answered yet is asked once, in a task of its own: who wants to know waits for a while, and
//! looks again later. So a slow source holds up no reconcile, and an answer that came late is not lost.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::model::Model;
use super::nearest::{Nearest, nearest};
use super::resolve::Problem;
use super::source::{Listed, Source, SourceKind, Version};
use crate::api::Reason;
use crate::decide::plan::version_matches;
use crate::runtime::clock;
use crate::tuning::{Class, Region, TuningError};

/// How long a listing, a newest version, or the absence of a model is believed. A version of a model never changes.
pub(super) const BELIEVED: SignedDuration = SignedDuration::from_mins(10);
/// How long a fault is told to others before the source is asked again.
const FAULT_TOLD: SignedDuration = SignedDuration::from_secs(5);

/// Why a model could not be read.
#[derive(Clone, Debug)]
pub enum CatalogError {
    /// A person must change something.
    Problem(Problem),
    /// The source could not be asked.
    Fault(TuningError),
    /// It has been asked and has not answered yet.
    Pending,
}

type Answer<T> = Result<T, CatalogError>;
type Slot<T> = Arc<tokio::sync::Mutex<Option<Known<T>>>>;
/// What was answered, and when it was asked.
struct Known<T> {
    asked: Timestamp,
    answered: Timestamp,
    answer: Answer<T>,
}

/// By region, model and version.
type Slots<T> = Mutex<HashMap<[String; 3], Slot<T>>>;

/// The models that were asked for. Cheap to clone.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    source: Source,
    listings: Slots<Arc<[Listed]>>,
    models: Slots<Arc<Model>>,
    versions: Slots<String>,
}

impl Catalog {
    /// A catalogue that knows nothing yet.
    pub fn new(source: SourceKind) -> Self {
        let source = Source::new(source);
        Self(Arc::new(Inner {
            source,
            listings: Slots::default(),
            models: Slots::default(),
            versions: Slots::default(),
        }))
    }

    /// All models of the region, by id, each in its newest version, as they were at `not_before` or later.
    pub async fn listing(
        &self,
        region: &Region,
        not_before: Timestamp,
        until: Instant,
    ) -> Result<Arc<[Listed]>, CatalogError> {
        let slot = slot(&self.0.listings, [region.name(), "", ""]);
        let (known, region) = (self.0.clone(), region.clone());
        let fresh = move |known: &Known<Arc<[Listed]>>| known.asked >= not_before && fresh(known, false);
        ask(
            slot,
            fresh,
            until,
            async move { known.source.list(&region).await.map(Into::into).map_err(CatalogError::Fault) },
        )
        .await
    }

    /// The version of `model_id` that `wanted` (`*`, a prefix or exact) stands for.
    pub async fn version(
        &self,
        region: &Region,
        model_id: &str,
        wanted: &str,
        until: Instant,
    ) -> Result<String, CatalogError> {
        let slot = slot(&self.0.versions, [region.name(), model_id, wanted]);
        let (catalog, region) = (self.clone(), region.clone());
        let (model_id, wanted) = (model_id.to_owned(), wanted.to_owned());
        ask(
            slot,
            |known| fresh(known, false),
            until,
            async move { catalog.ask_version(&region, &model_id, &wanted).await },
        )
        .await
    }

    /// The description of one version of a model.
    pub async fn model(
        &self,
        region: &Region,
        model_id: &str,
        version: &str,
        until: Instant,
    ) -> Result<Arc<Model>, CatalogError> {
        let slot = slot(&self.0.models, [region.name(), model_id, version]);
        let (catalog, region) = (self.clone(), region.clone());
        let (model_id, version) = (model_id.to_owned(), version.to_owned());
        ask(
            slot,
            |known| fresh(known, true),
            until,
            async move { catalog.ask_model(&region, &model_id, &version).await },
        )
        .await
    }

    /// Whether [`Self::model`] would answer without asking the source.
    pub fn knows(&self, region: &Region, model_id: &str, version: &str) -> bool {
        let slot = slot(&self.0.models, [region.name(), model_id, version]);
        slot.try_lock().is_ok_and(|slot| slot.as_ref().is_some_and(|known| known.answer.is_ok()))
    }

    async fn ask_version(&self, region: &Region, model_id: &str, wanted: &str) -> Answer<String> {
        if wanted == "*" {
            if let Some(listed) = self.listed(region, model_id).await {
                return Ok(listed.version);
            }
            // One call gives the newest version and its description.
            let asked = clock::now();
            let (version, model) = match self.0.source.describe(region, model_id, None).await {
                Ok(answer) => answer,
                Err(error) => return Err(self.not_found(region, model_id, error).await),
            };
            let known = Known { asked, answered: clock::now(), answer: readable(model_id, &version, model) };
            *slot(&self.0.models, [region.name(), model_id, &version]).lock().await = Some(known);
            return Ok(version);
        }
        let versions = match self.0.source.versions(region, model_id).await {
            Ok(versions) => versions,
            Err(error) => return Err(self.not_found(region, model_id, error).await),
        };
        let newest = versions.iter().filter(|v| version_matches(wanted, v)).max_by_key(|version| Version::of(version));
        newest.cloned().ok_or_else(|| {
            let mut known = versions.clone();
            known.sort_by_key(|version| Version::of(version));
            let known = known.join(", ");
            let message = format!("model '{model_id}' has no version '{wanted}' (`jumpStart.version`); it has {known}");
            CatalogError::Problem((Reason::UnknownVersion, message))
        })
    }

    async fn ask_model(&self, region: &Region, model_id: &str, version: &str) -> Answer<Arc<Model>> {
        match self.0.source.describe(region, model_id, Some(version)).await {
            Ok((_, model)) => readable(model_id, version, model),
            Err(error) if error.class == Class::NotFound => {
                // What is missing: the model, or only this version of it.
                match self.0.source.describe(region, model_id, None).await {
                    Ok((newest, _)) => {
                        let message = format!(
                            "model '{model_id}' has no version '{version}' (`jumpStart.version`); the newest is \
                             '{newest}', or write '*'"
                        );
                        Err(CatalogError::Problem((Reason::UnknownVersion, message)))
                    }
                    Err(error) => Err(self.not_found(region, model_id, error).await),
                }
            }
            Err(error) => Err(CatalogError::Fault(error)),
        }
    }

    /// The model in the last listing, as long as that is believed.
    async fn listed(&self, region: &Region, model_id: &str) -> Option<Listed> {
        let slot = slot(&self.0.listings, [region.name(), "", ""]);
        let slot = slot.lock().await;
        let models = slot.as_ref().filter(|known| fresh(known, false))?.answer.as_ref().ok()?;
        let found = models.binary_search_by(|listed| listed.model_id.as_str().cmp(model_id)).ok()?;
        Some(models[found].clone())
    }

    /// What to say when the source does not know a model. The nearest ids are those of the listing.
    async fn not_found(&self, region: &Region, model_id: &str, error: TuningError) -> CatalogError {
        if error.class != Class::NotFound {
            return CatalogError::Fault(error);
        }
        // Patience does not matter here: this is a task of its own already.
        let until = clock::after(Duration::from_secs(60));
        let listing = Box::pin(self.listing(region, Timestamp::MIN, until)).await.ok();
        let listed = listing.as_deref().unwrap_or_default();
        let Nearest { ids, probable } = nearest(model_id, listed.iter().map(|listed| listed.model_id.as_str()));
        let ids = format!("'{}'", ids.join("' or '"));
        let remedy = match listed.len() {
            0 => "correct it (the JumpStart console and the SageMaker documentation list the ids)".to_owned(),
            _ if probable => format!("did you mean {ids}?"),
            all => format!("nothing is much like it among the {all} models that it has; the nearest is {ids}"),
        };
        let region = region.name();
        let message = format!("JumpStart has no model '{model_id}' (`jumpStart.modelID`) in {region}; {remedy}");
        CatalogError::Problem((Reason::UnknownModel, message))
    }
}

/// Answers from the slot if what it holds is `fresh`, or asks, and waits until `until` for the answer.
async fn ask<T: Clone + Send + 'static>(
    slot: Slot<T>,
    fresh: impl Fn(&Known<T>) -> bool,
    until: Instant,
    question: impl Future<Output = Answer<T>> + Send + 'static,
) -> Answer<T> {
    // One task asks; others who want to know find the slot locked, and wait for its answer.
    if let Ok(mut known) = slot.clone().try_lock_owned()
        && !known.as_ref().is_some_and(&fresh)
    {
        if until <= clock::after(Duration::ZERO) {
            return Err(CatalogError::Pending);
        }
        tokio::spawn(async move {
            let asked = clock::now();
            let answer = question.await;
            *known = Some(Known { asked, answered: clock::now(), answer });
        });
    }
    match timeout_at(until, slot.lock()).await {
        Ok(known) => {
            known.as_ref().filter(|known| fresh(known)).map_or(Err(CatalogError::Pending), |k| k.answer.clone())
        }
        Err(_) => Err(CatalogError::Pending),
    }
}

fn fresh<T>(known: &Known<T>, lasting: bool) -> bool {
    let (since, believed) = match &known.answer {
        Ok(_) if lasting => return true,
        Ok(_) | Err(CatalogError::Problem(_)) => (known.asked, BELIEVED),
        // From the answer on: a call may fail only after a long time, and those who wait are to hear of it.
        Err(CatalogError::Fault(_) | CatalogError::Pending) => (known.answered, FAULT_TOLD),
    };
    clock::now().duration_since(since) < believed
}

fn slot<T>(slots: &Slots<T>, key: [&str; 3]) -> Slot<T> {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    slots.entry(key.map(str::to_owned)).or_default().clone()
}

fn readable(model_id: &str, version: &str, model: Option<Model>) -> Answer<Arc<Model>> {
    model.map(Arc::new).ok_or_else(|| {
        let message = format!("the description of model '{model_id}' {version} cannot be read; choose another version");
        CatalogError::Problem((Reason::ModelNotTrainable, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_by_number() {
        let mut versions = ["4.0.9", "4.0.10", "10.0.0", "4.0.2"].map(Version::of);
        versions.sort();
        assert_eq!(versions, ["4.0.2", "4.0.9", "4.0.10", "10.0.0"].map(Version::of));
    }

    #[tokio::test]
    async fn a_question_is_asked_once_and_a_late_answer_is_kept() {
        let slot: Slot<u8> = Slot::default();
        let soon = clock::after(Duration::from_millis(20));
        let (answer, answered) = tokio::sync::oneshot::channel();
        let late = async move { Ok(answered.await.unwrap_or_default()) };
        assert!(matches!(ask(slot.clone(), |_| true, soon, late).await, Err(CatalogError::Pending)));
        let never = async { panic!("asked twice") };
        let waiting = tokio::spawn(ask(slot.clone(), |_| true, soon + Duration::from_secs(60), never));
        answer.send(7).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
    }
}
