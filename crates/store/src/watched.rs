//! An object as it arrives.

use api::{ModelSelection, ModelSelectionSpec, ModelSelectionStatus};
use kube::Resource;
use kube::core::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A selection of the API server, read by itself: one that this release cannot read must not hide the others of a list.
///
/// `kube::core::DeserializeGuard` does the same by way of a tree of values, which it copies: too much work for statuses
/// of up to a megabyte.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = "ModelSelection")]
#[serde(from = "Parts")]
pub struct Watched {
    /// The metadata, which can always be read.
    pub metadata: ObjectMeta,
    /// The rest, or why it cannot be read.
    content: Result<Content, String>,
}

/// An object that this release cannot read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// Why the rest cannot be read.
    pub error: String,
}

type Content = (ModelSelectionSpec, Option<ModelSelectionStatus>);

#[derive(Deserialize)]
struct Parts {
    metadata: ObjectMeta,
    spec: Box<RawValue>,
    status: Option<Box<RawValue>>,
}

impl From<Parts> for Watched {
    fn from(Parts { metadata, spec, status }: Parts) -> Self {
        let content = parse("spec", &spec).and_then(|spec| {
            let status = status.map(|status| parse("status", &status)).transpose()?;
            Ok((spec, status))
        });
        Self { metadata, content }
    }
}

fn parse<T: DeserializeOwned>(part: &str, text: &RawValue) -> Result<T, String> {
    serde_json::from_str(text.get()).map_err(|error| {
        // Lines and columns of a text that nobody sees say nothing.
        let error = error.to_string();
        format!("{part}: {}", error.rsplit_once(" at line ").map_or(&*error, |(what, _)| what))
    })
}

impl Watched {
    /// The selection.
    ///
    /// # Errors
    /// A newer release wrote a value that this one does not know.
    pub fn read(self) -> Result<ModelSelection, Box<Unreadable>> {
        let Self { metadata, content } = self;
        match content {
            Ok((spec, status)) => Ok(ModelSelection { metadata, spec, status }),
            Err(error) => Err(Box::new(Unreadable { metadata, error })),
        }
    }
}
