//! The container that serves the model, as in `CreateModel`.

use std::collections::BTreeMap;

use api::Hosting;
use serde_json::{Value, json};

/// A container, equal to the one that the vendor's SDK sends from `deploy()` for the same training job; the tests
/// compare every member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The image.
    pub image: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// The model.
    pub data: ModelData,
    /// Whether it runs without network access.
    pub network_isolation: bool,
    /// The script to pack into the archive before it is served, and the archive of the training job.
    pub packed: Option<Packed>,
}

/// The location of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelData {
    /// In an archive.
    Archive(String),
    /// In a folder, uncompressed; the URI ends with a slash.
    Folder(String),
}

/// The parts of the archive that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The script.
    pub script: String,
    /// The archive of the training job.
    pub archive: String,
}

/// Suffixes of the archives of training jobs. Any other URI is a folder; SageMaker gives no other indication.
const ARCHIVE: &str = ".tar.gz";

impl Container {
    /// The container for the output of a training job at `artifact`.
    pub fn new(hosting: Hosting, artifact: &str) -> Self {
        let Hosting { image, mut environment, script_s3_uri, network_isolation, .. } = hosting;
        let is_archive = artifact.ends_with(ARCHIVE);
        let (data, packed) = match script_s3_uri {
            None if is_archive => (ModelData::Archive(artifact.to_owned()), None),
            Some(script) if is_archive => {
                let packed = Packed { script, archive: artifact.to_owned() };
                (ModelData::Archive(served(artifact)), Some(packed))
            }
            script => {
                // A folder needs no packed script: the container fetches it.
                environment.extend(script.map(|script| ("SAGEMAKER_SUBMIT_DIRECTORY".to_owned(), script)));
                (ModelData::Folder(format!("{}/", artifact.trim_end_matches('/'))), None)
            }
        };
        Self { image: image.unwrap_or_default(), environment, data, network_isolation, packed }
    }

    /// The container as in `CreateModel`.
    pub fn definition(&self) -> Value {
        let mut definition = json!({"Image": self.image, "Environment": self.environment});
        match &self.data {
            ModelData::Archive(uri) => definition["ModelDataUrl"] = json!(uri),
            ModelData::Folder(uri) => {
                let source = json!({"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"});
                definition["ModelDataSource"] = json!({"S3DataSource": source});
            }
        }
        definition
    }
}

/// The URI of the archive with the script: next to that of the training job.
fn served(archive: &str) -> String {
    let (folder, file) = archive.rsplit_once('/').unwrap_or(("", archive));
    format!("{folder}/served/{file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_an_archive_with_or_without_a_script_or_a_folder() {
        let hosting = |script: Option<&str>| Hosting {
            image: Some("image".into()),
            script_s3_uri: script.map(str::to_owned),
            ..Hosting::default()
        };
        let data = |script, artifact| Container::new(hosting(script), artifact).definition();
        assert_eq!(data(None, "s3://b/j/output/model.tar.gz")["ModelDataUrl"], "s3://b/j/output/model.tar.gz");
        let packed = Container::new(hosting(Some("s3://b/script.tar.gz")), "s3://b/j/output/model.tar.gz");
        assert_eq!(packed.definition()["ModelDataUrl"], "s3://b/j/output/served/model.tar.gz");
        assert_eq!(packed.packed.unwrap().archive, "s3://b/j/output/model.tar.gz");
        let folder = data(Some("s3://b/script.tar.gz"), "s3://b/j/output/model");
        assert_eq!(folder["ModelDataSource"]["S3DataSource"]["S3Uri"], "s3://b/j/output/model/");
        assert_eq!(folder["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"], "s3://b/script.tar.gz");
    }
}
