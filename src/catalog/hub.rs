//! What was read from the hub, kept for all selections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::document::from_document;
use super::model::Model;
use super::resolve::Problem;
use crate::api::Reason;
use crate::decide::plan::version_matches;
use crate::runtime::clock;
use crate::tuning::{Class, Region, TuningError};

/// How long a newest version, or the absence of a model, is believed. A document of a version never changes.
const BELIEVED: SignedDuration = SignedDuration::from_mins(10);

/// Why a model could not be read.
#[derive(Clone, Debug)]
pub enum CatalogError {
    /// A person must change something.
    Problem(Problem),
    /// The hub could not be asked.
    Fault(TuningError),
}

type Slot<T> = Arc<tokio::sync::Mutex<Option<T>>>;
type Answer<T> = Result<T, Problem>;
/// What was answered for a region, a model and a version, and when.
type Answers<T> = Mutex<HashMap<[String; 3], Slot<(Timestamp, Answer<T>)>>>;

/// The models of the public hub that were asked for. One caller asks; others who want the same wait for its answer.
#[derive(Default)]
pub struct Catalog {
    models: Answers<Arc<Model>>,
    versions: Answers<String>,
}

impl Catalog {
    /// The version of `model_id` that `wanted` (`*`, a prefix or exact) stands for.
    pub async fn version(&self, region: &Region, model_id: &str, wanted: &str) -> Result<String, CatalogError> {
        let slot = slot(&self.versions, [region.name(), model_id, wanted]);
        let mut slot = slot.lock().await;
        if let Some((read, answer)) = &*slot
            && clock::now().duration_since(*read) < BELIEVED
        {
            return answer.clone().map_err(CatalogError::Problem);
        }
        let answer = match self.ask_version(region, model_id, wanted).await {
            Err(CatalogError::Fault(fault)) => return Err(CatalogError::Fault(fault)),
            Err(CatalogError::Problem(problem)) => Err(problem),
            Ok(version) => Ok(version),
        };
        *slot = Some((clock::now(), answer.clone()));
        answer.map_err(CatalogError::Problem)
    }

    /// The document of one version of a model.
    pub async fn model(&self, region: &Region, model_id: &str, version: &str) -> Result<Arc<Model>, CatalogError> {
        let slot = slot(&self.models, [region.name(), model_id, version]);
        let mut slot = slot.lock().await;
        if let Some((read, answer)) = &*slot
            && (answer.is_ok() || clock::now().duration_since(*read) < BELIEVED)
        {
            return answer.clone().map_err(CatalogError::Problem);
        }
        let answer = match region.hub_content(model_id, Some(version)).await {
            Ok(content) => read(model_id, version, &content.document),
            Err(error) if error.class == Class::NotFound => Err(self.missing(region, model_id, version).await?),
            Err(error) => return Err(CatalogError::Fault(error)),
        };
        *slot = Some((clock::now(), answer.clone()));
        answer.map_err(CatalogError::Problem)
    }

    /// Whether [`Self::model`] would answer without asking the hub.
    pub fn knows(&self, region: &Region, model_id: &str, version: &str) -> bool {
        let slot = slot(&self.models, [region.name(), model_id, version]);
        slot.try_lock().is_ok_and(|slot| slot.as_ref().is_some_and(|(_, answer)| answer.is_ok()))
    }

    async fn ask_version(&self, region: &Region, model_id: &str, wanted: &str) -> Result<String, CatalogError> {
        let unknown = |error: TuningError| match error.class {
            Class::NotFound => CatalogError::Problem(unknown_model(model_id, region.name())),
            _ => CatalogError::Fault(error),
        };
        if wanted == "*" {
            // One call gives the newest version and its document.
            let content = region.hub_content(model_id, None).await.map_err(unknown)?;
            let answer = read(model_id, &content.version, &content.document);
            *slot(&self.models, [region.name(), model_id, &content.version]).lock().await =
                Some((clock::now(), answer));
            return Ok(content.version);
        }
        let versions = region.hub_versions(model_id).await.map_err(unknown)?;
        let newest = versions.iter().filter(|version| version_matches(wanted, version)).max_by_key(|v| numbers(v));
        newest.cloned().ok_or_else(|| {
            let known = versions.join(", ");
            let message = format!("model '{model_id}' has no version '{wanted}' (`jumpStart.version`); it has {known}");
            CatalogError::Problem((Reason::UnknownVersion, message))
        })
    }

    /// What is missing: the model or only this version of it.
    async fn missing(&self, region: &Region, model_id: &str, version: &str) -> Result<Problem, CatalogError> {
        match region.hub_content(model_id, None).await {
            Ok(content) => Ok((
                Reason::UnknownVersion,
                format!(
                    "model '{model_id}' has no version '{version}' (`jumpStart.version`); the newest is '{}', or write '*'",
                    content.version
                ),
            )),
            Err(error) if error.class == Class::NotFound => Ok(unknown_model(model_id, region.name())),
            Err(error) => Err(CatalogError::Fault(error)),
        }
    }
}

fn slot<T>(map: &Mutex<HashMap<[String; 3], Slot<T>>>, key: [&str; 3]) -> Slot<T> {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    map.entry(key.map(str::to_owned)).or_default().clone()
}

fn read(model_id: &str, version: &str, document: &str) -> Answer<Arc<Model>> {
    from_document(document).map(Arc::new).ok_or_else(|| {
        (
            Reason::ModelNotTrainable,
            format!("the hub document of model '{model_id}' {version} cannot be read; choose another version"),
        )
    })
}

fn unknown_model(model_id: &str, region: &str) -> Problem {
    let message = format!(
        "the hub of {region} has no model '{model_id}'; correct `jumpStart.modelID` (the JumpStart console and the \
         SageMaker documentation list the ids)"
    );
    (Reason::UnknownModel, message)
}

/// By number, so that 4.0.10 is newer than 4.0.9.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}
