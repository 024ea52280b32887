//! Buckets and objects that clients have created: the script of a training job, the default bucket of an SDK. In memory
//! only.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Moment;

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub content: Arc<[u8]>,
    /// Its `Content-Type`.
    pub kind: String,
    /// When it was written.
    pub modified: Moment,
}

/// All buckets.
#[derive(Debug, Default)]
pub struct Objects {
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
}

impl Objects {
    /// Creates a bucket; does nothing if it exists.
    pub fn create(&mut self, bucket: &str) {
        self.buckets.entry(bucket.to_owned()).or_default();
    }

    /// Whether the bucket exists.
    pub fn has(&self, bucket: &str) -> bool {
        self.buckets.contains_key(bucket)
    }

    /// Names of all buckets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.buckets.keys().map(String::as_str)
    }

    /// Writes an object. Returns false if the bucket does not exist.
    pub fn put(&mut self, bucket: &str, key: &str, object: Object) -> bool {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return false };
        bucket.insert(key.to_owned(), object);
        true
    }

    /// An object.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        self.buckets.get(bucket)?.get(key).cloned()
    }

    /// Removes an object, if it is there.
    pub fn delete(&mut self, bucket: &str, key: &str) {
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.remove(key);
        }
    }

    /// Keys and objects under a prefix; `None` if the bucket does not exist.
    pub fn list(&self, bucket: &str, prefix: &str) -> Option<Vec<(String, Object)>> {
        let objects = self.buckets.get(bucket)?.iter().filter(|(key, _)| key.starts_with(prefix));
        Some(objects.map(|(key, object)| (key.clone(), object.clone())).collect())
    }
}
