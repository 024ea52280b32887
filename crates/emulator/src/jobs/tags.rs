//! Tags of a resource over time: later tags only reach training jobs that are launched afterwards.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::error::ApiError;
use crate::request::Tag;

/// Most tags of a resource.
const MOST: usize = 50;

/// Changes of the tags of a resource, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagLog(Vec<Change>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Change {
    at: Moment,
    set: Vec<Tag>,
    unset: Vec<String>,
}

impl TagLog {
    /// A resource created with these tags.
    pub fn new(at: Moment, tags: Vec<Tag>) -> Self {
        Self(vec![Change { at, set: tags, unset: Vec::new() }])
    }

    /// Adds or overwrites tags.
    pub fn set(&mut self, at: Moment, tags: Vec<Tag>) {
        self.0.push(Change { at, set: tags, unset: Vec::new() });
    }

    /// Removes tags.
    pub fn unset(&mut self, at: Moment, keys: Vec<String>) {
        self.0.push(Change { at, set: Vec::new(), unset: keys });
    }

    /// The tags at a moment, in the order in which they were added.
    pub fn at(&self, moment: Moment) -> Vec<Tag> {
        let mut tags = Vec::new();
        for change in self.0.iter().filter(|change| change.at <= moment) {
            change.over(&mut tags);
        }
        tags
    }

    /// The changes of this log applied to other tags: a training job's own changes to those it got at launch.
    pub fn over(&self, mut tags: Vec<Tag>) -> Vec<Tag> {
        for change in &self.0 {
            change.over(&mut tags);
        }
        tags
    }
}

impl Change {
    fn over(&self, tags: &mut Vec<Tag>) {
        tags.retain(|tag| !self.unset.contains(&tag.key) && !self.set.iter().any(|new| new.key == tag.key));
        tags.extend(self.set.iter().cloned());
    }
}

/// Validates the tags of a request, in addition to the rules of the service model.
pub fn check(given: &[Tag]) -> Result<(), ApiError> {
    for (i, tag) in given.iter().enumerate() {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(ApiError::validation(format!(
                "Tag keys starting with 'aws:' are reserved for system use: {}",
                tag.key
            )));
        }
        if given.iter().skip(i + 1).any(|other| other.key == tag.key) {
            return Err(ApiError::validation(format!(
                "Duplicate tag keys found. Please note that tag keys must be unique: {}",
                tag.key
            )));
        }
    }
    Ok(())
}

/// Checks the number of tags of a resource.
pub fn check_number(tags: &[Tag]) -> Result<(), ApiError> {
    if tags.len() <= MOST {
        return Ok(());
    }
    Err(ApiError::limit(format!("The number of tags has reached the limit of {MOST} per resource.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    #[test]
    fn tags_change_over_time() {
        let at = Moment::from_millis;
        let mut log = TagLog::new(at(0), vec![tag("a", "1"), tag("b", "2")]);
        log.set(at(10), vec![tag("a", "3"), tag("c", "4")]);
        log.unset(at(20), vec!["b".into()]);
        assert_eq!(log.at(at(5)), [tag("a", "1"), tag("b", "2")]);
        assert_eq!(log.at(at(15)), [tag("b", "2"), tag("a", "3"), tag("c", "4")]);
        assert_eq!(log.at(at(20)), [tag("a", "3"), tag("c", "4")]);
        let mut own = TagLog::default();
        own.set(at(30), vec![tag("d", "5")]);
        assert_eq!(own.over(log.at(at(5))), [tag("a", "1"), tag("b", "2"), tag("d", "5")]);
    }

    #[test]
    fn reserved_and_double_keys_are_refused() {
        assert!(check(&[tag("aws:x", "")]).is_err());
        assert!(check(&[tag("a", ""), tag("a", "")]).is_err());
        assert!(check(&[tag("aws-jumpstart-training-model-uri", ""), tag("a", "")]).is_ok());
    }
}
