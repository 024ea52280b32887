//! The stores of all watches.

use std::collections::HashMap;
use std::sync::Arc;

use api::ModelSelection;
use futures::future::join_all;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Resource, ResourceExt as _};
use parking_lot::Mutex;

use crate::StoredSelection;

/// What the watches have shown: a store for each watched namespace, or one for all namespaces. And what this process
/// has written since: the watches lag behind.
#[derive(Clone, Default)]
pub struct Stores {
    watched: Vec<Store<StoredSelection>>,
    written: Arc<Mutex<HashMap<String, Arc<ModelSelection>>>>,
}

impl Stores {
    /// The stores of these watches.
    pub fn new(watched: Vec<Store<StoredSelection>>) -> Self {
        Self { watched, written: Arc::default() }
    }

    /// Whether there is no watch.
    pub fn is_empty(&self) -> bool {
        self.watched.is_empty()
    }

    /// Waits until each watch has delivered its first list. Returns false if one of them has ended.
    pub async fn listed(&self) -> bool {
        join_all(self.watched.iter().map(Store::wait_until_ready)).await.iter().all(Result::is_ok)
    }

    /// The selection of that namespace and name, as the watches show it.
    pub fn get(&self, object: &ObjectRef<ModelSelection>) -> Option<Arc<StoredSelection>> {
        let object = object.clone().into_kind_unchecked(());
        self.watched.iter().find_map(|store| store.get(&object))
    }

    /// All selections as the watches show them, in no order.
    pub fn all(&self) -> impl Iterator<Item = Arc<StoredSelection>> {
        self.watched.iter().flat_map(Store::state)
    }

    /// The newest known version of each selection that the watches do not show as complete.
    pub fn incomplete(&self) -> impl Iterator<Item = Arc<ModelSelection>> {
        self.all().filter_map(|stored| stored.if_incomplete()).map(|seen| self.written_since(seen))
    }

    /// The newest known version of a selection. A decision based on an older one would create jobs again, which is safe
    /// but costs calls.
    pub fn newest(&self, seen: &Arc<ModelSelection>) -> Arc<ModelSelection> {
        let known = self.written_since(seen.clone());
        let watched = self
            .get(&ObjectRef::from_obj(&**seen))
            .filter(|watched| watched.meta().uid == known.metadata.uid && version(&**watched) > version(&*known));
        watched.map_or(known, |watched| watched.selection())
    }

    /// What this process has written after that version of a selection, or that version.
    fn written_since(&self, seen: Arc<ModelSelection>) -> Arc<ModelSelection> {
        let written = self.written.lock().get(&seen.uid().unwrap_or_default()).cloned();
        written.filter(|written| version(&**written) > version(&*seen)).unwrap_or(seen)
    }

    /// Records what the API server returned for a write.
    pub fn note_written(&self, selection: ModelSelection) {
        let mut written = self.written.lock();
        // Versions that the watch already shows need no second copy.
        written.retain(|_, ours| {
            let seen = self.get(&ObjectRef::from_obj(&**ours));
            seen.is_none_or(|seen| version(&*seen) < version(&**ours))
        });
        if let Some(uid) = selection.uid() {
            written.insert(uid, Arc::new(selection));
        }
    }

    /// Forgets what was written of a deleted selection.
    pub fn forget(&self, uid: &str) {
        self.written.lock().remove(uid);
    }
}

/// Resource versions of one object are increasing numbers.
pub fn version(selection: &impl Resource) -> u64 {
    selection.meta().resource_version.as_ref().and_then(|version| version.parse().ok()).unwrap_or_default()
}
