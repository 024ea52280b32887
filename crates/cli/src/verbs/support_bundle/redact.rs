//! Removes the secrets from a bundle: pure.
//!
//! A value is a secret by its name, by its format, or because it equals a value that is secret by its name. So the
//! password of a manifest is also removed from the message of an Event.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::document::{Content, Document};
use super::secrets::{REDACTED, is_known_variable, is_secret, without_forms};

/// Shorter values are too common to be searched for elsewhere.
const LEAST_LENGTH: usize = 6;
/// Digits of an account id.
const ACCOUNT: usize = 12;

/// What was removed, and where.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub(super) struct Redaction {
    file: String,
    /// The field, or the line number.
    place: String,
    why: String,
}

/// The documents without secrets, and the list of removed values. With `account_ids`, the ids of AWS accounts are also
/// replaced: each by the same word everywhere.
pub(super) fn redact(documents: Vec<Document>, account_ids: bool) -> (Vec<Document>, Vec<Redaction>) {
    let mut named = ByName::default();
    let documents: Vec<Document> = documents.into_iter().map(|document| named.document(document)).collect();
    let mut texts =
        Texts { secrets: named.longest_first(), accounts: account_ids.then(BTreeMap::new), found: named.found };
    let documents = documents.into_iter().map(|document| texts.document(document)).collect();
    (documents, texts.found)
}

/// The first pass: secrets by name.
#[derive(Default)]
struct ByName {
    secrets: BTreeSet<String>,
    found: Vec<Redaction>,
}

impl ByName {
    fn document(&mut self, mut document: Document) -> Document {
        if let Content::Object(object) = &mut document.content {
            self.value(&document.path, "", object);
        }
        document
    }

    fn value(&mut self, file: &str, path: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let variable = fields.get("name").and_then(Value::as_str).map(str::to_owned);
                for (name, value) in fields {
                    let path = format!("{path}.{name}");
                    // An entry of `env`, and any other name-value pair.
                    let variable = variable.as_deref().filter(|_| name == "value");
                    match (name.as_str(), variable) {
                        (_, Some(variable)) if is_secret(variable) => self.secret(file, &path, variable, value),
                        (_, Some(variable)) if is_variable(&path) && !is_known_variable(variable) => {
                            self.take(file, &path, &format!("variable {variable}, which may be a secret"), value);
                        }
                        ("fieldsV1", _) => self.take(file, &path, "lists of managers have values", value),
                        (name, _) if is_copy(name) => self.take(file, &path, "a copy of the whole object", value),
                        (name, _) if is_secret(name) => self.secret(file, &path, name, value),
                        _ => self.value(file, &path, value),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(file, &format!("{path}[{index}]"), item);
                }
            }
            _ => {}
        }
    }

    /// Removes a secret, and remembers it.
    fn secret(&mut self, file: &str, path: &str, name: &str, value: &mut Value) {
        self.remember(value);
        self.take(file, path, &format!("value of {name}"), value);
    }

    /// Removes all of a value.
    fn take(&mut self, file: &str, path: &str, why: &str, value: &mut Value) {
        let is_empty = value.is_null() || value.is_boolean() || value == "" || value == REDACTED;
        if !is_empty {
            *value = Value::String(REDACTED.to_owned());
            self.found.push(Redaction { file: file.to_owned(), place: path.to_owned(), why: why.to_owned() });
        }
    }

    fn remember(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= LEAST_LENGTH && text != REDACTED => {
                self.secrets.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.remember(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.remember(field)),
            _ => {}
        }
    }

    /// A secret may be a part of another. In JSON within a string it is escaped.
    fn longest_first(&self) -> Vec<String> {
        let escaped = |secret: &String| {
            let quoted = serde_json::to_string(secret).ok()?;
            Some(quoted[1..quoted.len() - 1].to_owned())
        };
        let mut secrets: Vec<String> = self.secrets.iter().filter_map(escaped).chain(self.secrets.clone()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        secrets
    }
}

/// Whether a path is the value of an environment variable of a container.
fn is_variable(path: &str) -> bool {
    path.rsplit_once("].value")
        .is_some_and(|(before, _)| before.rsplit('.').next().is_some_and(|part| part.starts_with("env[")))
}

/// Annotations in which clients store the applied object.
fn is_copy(name: &str) -> bool {
    name.contains("last-applied") || name.ends_with("/applied")
}

/// The second pass: secrets by format, and those of the first pass.
struct Texts {
    secrets: Vec<String>,
    /// The replacement for each account; `None` keeps account ids.
    accounts: Option<BTreeMap<String, String>>,
    found: Vec<Redaction>,
}

impl Texts {
    fn document(&mut self, document: Document) -> Document {
        let Document { path, content } = document;
        let content = match content {
            Content::Object(object) => Content::Object(self.value(&path, "", object)),
            Content::Text(text) => Content::Text(self.text(&path, "", &text)),
        };
        Document { path, content }
    }

    fn value(&mut self, file: &str, path: &str, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(file, path, &text)),
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                items.map(|(index, item)| self.value(file, &format!("{path}[{index}]"), item)).collect()
            }
            Value::Object(fields) => {
                let mut kept = serde_json::Map::new();
                for (name, value) in fields {
                    let name = self.text(file, path, &name);
                    let value = self.value(file, &format!("{path}.{name}"), value);
                    kept.insert(name, value);
                }
                Value::Object(kept)
            }
            other => other,
        }
    }

    fn text(&mut self, file: &str, place: &str, text: &str) -> String {
        let (mut kept, mut why) = without_forms(text);
        for secret in &self.secrets {
            if kept.contains(secret) {
                kept = kept.replace(secret, REDACTED);
                why.push("a value that is secret elsewhere");
            }
        }
        let found = why.into_iter().map(|why| Redaction {
            file: file.to_owned(),
            place: place.to_owned(),
            why: why.to_owned(),
        });
        self.found.extend(found);
        match &mut self.accounts {
            Some(accounts) => without_accounts(&kept, accounts),
            None => kept,
        }
    }
}

/// The text with a replacement for each run of twelve digits.
fn without_accounts(text: &str, accounts: &mut BTreeMap<String, String>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| start + length);
        kept.push_str(&rest[..start]);
        let digits = &rest[start..end];
        if digits.len() == ACCOUNT {
            let number = accounts.len() + 1;
            kept.push_str(accounts.entry(digits.to_owned()).or_insert_with(|| format!("account-{number}")));
        } else {
            kept.push_str(digits);
        }
        rest = &rest[end..];
    }
    kept + rest
}

#[cfg(test)]
mod tests;
