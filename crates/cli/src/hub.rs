//! Descriptions of models: SageMaker's hub, and a folder that caches them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::JumpStart;
use catalog::{Catalog, CatalogError, Model, SourceKind, from_content};
use decide::model_version::version_matches;
use decide::plan::ResolvedVersion;
use decide::problem::Problem;
use jiff::Timestamp;
use platform::clock;
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use sagemaker::{Account, HubContent, Region, SageMaker, TuningError};
use serde::{Deserialize, Serialize};

/// The timeout for one model.
const PATIENCE: Duration = Duration::from_secs(60);

/// The hub of a region.
pub(crate) struct Hub {
    /// The cache of this region.
    folder: PathBuf,
    /// SageMaker, unless the plugin works offline.
    online: Option<(Catalog, Region)>,
}

/// A cached description.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: String,
    deprecated: bool,
    document: String,
}

impl Hub {
    /// The hub of a region, from the cache only.
    pub(crate) fn offline(folder: &Path, region: &str) -> Self {
        Self { folder: folder.join(region), online: None }
    }

    /// The hub of a region of SageMaker, with the AWS environment's configuration, or at `endpoint`. The default
    /// region is that of the environment.
    ///
    /// # Errors
    /// If no region is known.
    pub(crate) async fn online(folder: &Path, region: &str, endpoint: Option<String>) -> Result<Self, String> {
        let account = Account::load(Some(region).filter(|region| !region.is_empty())).await;
        let leadership = Leadership::default();
        leadership.always();
        let sagemaker = SageMaker::new(account, endpoint, Arc::new(Metrics::default()), leadership);
        let region = sagemaker.default_region().ok_or(NO_REGION)?;
        let online = Some((Catalog::new(SourceKind::Hub), sagemaker.region(region)));
        Ok(Self { folder: folder.join(region), online })
    }

    /// The region, if SageMaker is used.
    pub(crate) fn region(&self) -> Option<&str> {
        self.online.as_ref().map(|(_, region)| region.name())
    }

    /// The version of a model that the manifest asks for.
    pub(crate) async fn version(&self, model: &JumpStart) -> ResolvedVersion {
        let wanted = model.version.as_deref().unwrap_or("*");
        match &self.online {
            Some((catalog, region)) => {
                let until = clock::after(PATIENCE);
                catalog.version(region, &model.model_id, wanted, Timestamp::MIN, until).await.map_err(problem)
            }
            None => self.kept_version(&model.model_id, wanted),
        }
    }

    /// The newest matching version in the folder.
    fn kept_version(&self, model_id: &str, wanted: &str) -> ResolvedVersion {
        let files = std::fs::read_dir(self.folder.join(model_id)).into_iter().flatten().flatten();
        let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned()));
        let fitting = names.filter(|version| version_matches(wanted, version));
        // Compares numbers: 4.0.10 is newer than 4.0.9.
        let numbers =
            |version: &String| -> Vec<u64> { version.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
        fitting.max_by_key(numbers).ok_or_else(|| self.absent(model_id, wanted))
    }

    /// A version of a model. The response is cached: a version never changes.
    pub(crate) async fn model(&self, model_id: &str, version: &str) -> Result<Model, Problem> {
        let file = self.file(model_id, version);
        let text = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let kept = text.and_then(|text| serde_json::from_slice::<Kept>(&text).ok());
        let content = match (kept, &self.online) {
            (Some(Kept { version, deprecated, document }), _) => HubContent { version, document, deprecated },
            (None, None) => return Err(self.absent(model_id, version)),
            (None, Some((_, region))) => {
                let content = region.hub_content(model_id, Some(version)).await.map_err(|error| refused(&error))?;
                file.iter().for_each(|file| keep(file, &content));
                content
            }
        };
        from_content(&content).ok_or_else(|| {
            let message = format!("the description of model '{model_id}' {version} cannot be read");
            Problem::new(api::Reason::ModelNotTrainable, message)
        })
    }

    /// The cache path of a version of a model; `None` for names that could lead out of the folder.
    fn file(&self, model_id: &str, version: &str) -> Option<PathBuf> {
        let plain = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let named = plain(model_id) && plain(version);
        named.then(|| self.folder.join(model_id).join(format!("{version}.json")))
    }

    fn absent(&self, model_id: &str, version: &str) -> Problem {
        let message = format!(
            "model '{model_id}' {version} is not in {}; plan the manifest once without --offline",
            self.folder.display()
        );
        Problem::new(api::Reason::UnknownModel, message)
    }
}

/// The error message if the region is unknown.
pub(crate) const NO_REGION: &str = "the manifest has no `region`: give that of the operator by --region";

/// Caches a description. If the folder is not writable, the only effect is one more call the next time.
fn keep(file: &Path, content: &HubContent) {
    let HubContent { version, document, deprecated } = content.clone();
    let kept = serde_json::to_vec(&Kept { version, deprecated, document });
    let folder = file.parent().map(std::fs::create_dir_all);
    if let (Ok(kept), Some(Ok(()))) = (kept, folder) {
        let _ = std::fs::write(file, kept);
    }
}

fn problem(error: CatalogError) -> Problem {
    match error {
        CatalogError::Problem(problem) => problem,
        CatalogError::Fault(fault) => refused(&fault),
        CatalogError::Pending => Problem::new(
            api::Reason::Progressing,
            format!("SageMaker has not answered within {} s", PATIENCE.as_secs()),
        ),
    }
}

fn refused(fault: &TuningError) -> Problem {
    Problem::new(fault.class.reason(), fault.explain())
}
