//! A file of the bundle.

use serde_json::Value;

/// A file of the bundle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    /// Its path in the bundle.
    pub(super) path: String,
    /// Its content.
    pub(super) content: Content,
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// An object, written as YAML.
    Object(Value),
    /// Lines of text.
    Text(String),
}

impl Document {
    /// An object.
    pub(super) fn object(path: impl Into<String>, object: Value) -> Self {
        Self { path: path.into(), content: Content::Object(object) }
    }

    /// Lines of text.
    pub(super) fn text(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), content: Content::Text(text) }
    }

    /// The bytes of the file.
    pub(super) fn bytes(&self) -> std::io::Result<Vec<u8>> {
        match &self.content {
            Content::Object(object) => {
                serde_saphyr::to_string(object).map(String::into_bytes).map_err(std::io::Error::other)
            }
            Content::Text(text) => Ok(text.clone().into_bytes()),
        }
    }
}
