//! A model of the hub: its versions, and how each of them differs from the template of the documents.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::hub::document;

/// A version, compared as numbers: 4.0.6 comes before 4.0.17. Malformed versions come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `MAJOR.MINOR.PATCH`.
    Numbers(u32, u32, u32),
    /// Any other text, which only the emulator's own API can put here.
    Odd(String),
}

impl Version {
    /// Reads `MAJOR.MINOR.PATCH`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => Some(Self::Numbers(major, minor, patch)),
            _ => None,
        }
    }

    /// An older version, chosen so that comparing as text gives the wrong result.
    #[must_use]
    pub fn older(&self) -> Self {
        match *self {
            Self::Numbers(major, minor, patch) if patch > 9 => Self::Numbers(major, minor, 6),
            Self::Numbers(major, minor, _) => Self::Numbers(major, minor.saturating_sub(1), 10),
            Self::Odd(_) => Self::Numbers(0, 0, 1),
        }
    }

    /// A text that sorts like the version.
    pub fn sort_key(&self) -> String {
        match self {
            Self::Numbers(major, minor, patch) => format!("{major:04}.{minor:04}.{patch:04}"),
            Self::Odd(text) => format!("~{text}"),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Numbers(major, minor, patch) => write!(f, "{major}.{minor}.{patch}"),
            Self::Odd(text) => f.write_str(text),
        }
    }
}

/// The properties of one version of a model.
#[derive(Clone, Debug)]
pub struct Edition {
    /// `SupportStatus`.
    pub support: Support,
    /// `CreationTime`.
    pub created: f64,
    /// Members of the document that differ from the template; null removes a member.
    pub overrides: Map<String, Value>,
    /// The complete document, used instead of the template.
    pub raw: Option<String>,
}

/// `SupportStatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Support {
    #[default]
    Supported,
    Deprecated,
    Restricted,
}

impl Support {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supported => "Supported",
            Self::Deprecated => "Deprecated",
            Self::Restricted => "Restricted",
        }
    }
}

impl Edition {
    /// An edition without deviations from the template.
    pub fn plain(created: f64) -> Self {
        Self { support: Support::Supported, created, overrides: Map::new(), raw: None }
    }
}

/// One model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Id.
    pub id: String,
    /// The source of the weights.
    pub url: String,
    /// Versions, oldest first.
    pub editions: BTreeMap<Version, Edition>,
}

impl Model {
    /// The versions that exist at a time, oldest first.
    pub fn editions_at(&self, seconds: f64) -> impl DoubleEndedIterator<Item = (&Version, &Edition)> {
        self.editions.iter().filter(move |(_, edition)| edition.created <= seconds)
    }

    /// The document of a version in a region: a JSON object, unless it was replaced by another text.
    pub fn document(&self, edition: &Edition, region: &str) -> Result<Map<String, Value>, String> {
        if let Some(raw) = &edition.raw {
            return serde_json::from_str(raw).map_err(|_| raw.clone());
        }
        let mut document = match serde_json::to_value(document::Document::of(&self.id, &self.url, region)) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        for (member, value) in &edition.overrides {
            match value {
                Value::Null => document.remove(member),
                Value::String(text) => document.insert(member.clone(), text.replace("{region}", region).into()),
                other => document.insert(member.clone(), other.clone()),
            };
        }
        Ok(document)
    }

    /// The same as text, as the hub returns it.
    pub fn document_text(&self, edition: &Edition, region: &str) -> String {
        match &edition.raw {
            Some(raw) => raw.clone(),
            None => self.document(edition, region).map_or_else(|raw| raw, |members| Value::Object(members).to_string()),
        }
    }
}

/// `POST /_emulator/hub`: adds or replaces one version of a model.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// The model.
    pub id: String,
    /// The version.
    pub version: String,
    #[serde(default, rename = "supportStatus")]
    support: Support,
    /// Accepts any id and any version, even malformed ones.
    #[serde(default)]
    unchecked: bool,
    /// Virtual seconds until the hub contains it.
    #[serde(default, rename = "afterSeconds")]
    after_seconds: f64,
    /// A string is used as the document's text; any other JSON is serialized as the document.
    document: Option<Value>,
    /// Members of the document.
    #[serde(flatten)]
    overrides: Map<String, Value>,
}

impl Entry {
    /// Validates the entry: returns the model's id, the version and its properties.
    pub fn read(self, created: f64) -> Result<(String, Version, Edition), String> {
        let Self { id, version, support, unchecked, after_seconds, document, overrides } = self;
        let letters = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !unchecked && (!letters || id.len() > 63 || id.starts_with('-') || id.ends_with('-') || id.is_empty()) {
            return Err(format!("{id}: an id has 1 to 63 letters, digits and inner dashes"));
        }
        let version = match Version::parse(&version) {
            Some(version) => version,
            None if unchecked => Version::Odd(version),
            None => return Err(format!("{version}: a version is of the form 1.2.3")),
        };
        // Members of documents start with a capital, so anything else is a misspelled field of this entry.
        if let Some(wrong) = overrides.keys().find(|key| !key.starts_with(|first: char| first.is_ascii_uppercase())) {
            return Err(format!("unknown field {wrong}; members of the document begin with a capital"));
        }
        let raw = document.map(|document| match document {
            Value::String(text) => text,
            other => other.to_string(),
        });
        Ok((id, version, Edition { support, created: created + after_seconds, overrides, raw }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("4.0.6") < version("4.0.17"));
        for (text, older) in [("4.0.17", "4.0.6"), ("2.0.17", "2.0.6"), ("3.1.7", "3.0.10")] {
            assert_eq!(version(text).older().to_string(), older);
            assert!(version(text).older() < version(text) && older > text || older < text);
        }
        assert_eq!(Version::parse("4.0"), None);
    }

    #[test]
    fn entries_are_validated() {
        let read = |value: Value| serde_json::from_value::<Entry>(value).unwrap().read(1.0);
        for (wrong, why) in [
            (json!({"id": "a b", "version": "1.0.0"}), "an id has"),
            (json!({"id": "", "version": "1.0.0"}), "an id has"),
            (json!({"id": "a", "version": "1"}), "of the form"),
            (json!({"id": "a", "version": "1.0.0", "colour": "red"}), "unknown field colour"),
        ] {
            assert!(read(wrong.clone()).unwrap_err().contains(why), "{wrong}");
        }
        let (id, version, edition) =
            read(json!({"id": "a", "version": "1.0.0", "document": {"A": 1}, "supportStatus": "Restricted"})).unwrap();
        assert_eq!((id.as_str(), version, edition.raw.as_deref()), ("a", Version::Numbers(1, 0, 0), Some("{\"A\":1}")));
        assert_eq!(edition.support, Support::Restricted);
    }

    #[test]
    fn overrides_replace_add_and_remove_members() {
        let (id, version, edition) = Entry {
            id: "tensorflow-ic-x".into(),
            version: "1.0.0".into(),
            support: Support::Supported,
            unchecked: false,
            after_seconds: 0.0,
            document: None,
            overrides: json!({"TrainingVolumeSize": 7, "Url": null, "HostingEulaUri": "s3://b-{region}/e"})
                .as_object()
                .unwrap()
                .clone(),
        }
        .read(1.0)
        .unwrap();
        let model = Model { id, url: "u".into(), editions: BTreeMap::from([(version.clone(), edition)]) };
        let document = model.document(&model.editions[&version], "eu-west-1").unwrap();
        assert_eq!(
            (&document["TrainingVolumeSize"], &document["HostingEulaUri"]),
            (&json!(7), &json!("s3://b-eu-west-1/e"))
        );
        assert!(!document.contains_key("Url") && document.contains_key("Hyperparameters"));
    }
}
