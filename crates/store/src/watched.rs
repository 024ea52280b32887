//! An object as it arrives.

use api::{ModelSelection, ModelSelectionSpec, ModelSelectionStatus};
use kube::Resource;
use kube::core::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
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
    /// The rest, or what is known of it if it cannot be read.
    content: Result<Content, Box<Unread>>,
}

/// An object that this release cannot read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// Why the rest cannot be read.
    pub error: String,
    /// The spec, which this release knows in part.
    pub spec: Value,
    /// The status, likewise; null if there is none.
    pub status: Value,
}

type Content = (ModelSelectionSpec, Option<ModelSelectionStatus>);

#[derive(Clone, Debug)]
struct Unread {
    error: String,
    spec: Value,
    status: Value,
}

#[derive(Deserialize)]
struct Parts {
    metadata: ObjectMeta,
    spec: Box<RawValue>,
    status: Option<Box<RawValue>>,
}

impl From<Parts> for Watched {
    fn from(Parts { metadata, spec, status }: Parts) -> Self {
        let content = read(&spec, status.as_deref()).map_err(|error| {
            let value = |part: &RawValue| serde_json::from_str(part.get()).unwrap_or_default();
            Box::new(Unread { error, spec: value(&spec), status: status.as_deref().map(value).unwrap_or_default() })
        });
        Self { metadata, content }
    }
}

fn read(spec: &RawValue, status: Option<&RawValue>) -> Result<Content, String> {
    Ok((parse("spec", spec)?, status.map(|status| parse("status", status)).transpose()?))
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
            Err(unread) => {
                let Unread { error, spec, status } = *unread;
                Err(Box::new(Unreadable { metadata, error, spec, status }))
            }
        }
    }
}
