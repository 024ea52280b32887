//! The stores of all watches.

use std::sync::Arc;

use api::ModelSelection;
use futures::future::join_all;
use kube::runtime::reflector::{ObjectRef, Store};

use crate::StoredSelection;

/// What the watches have shown: a store for each watched namespace, or one for all namespaces.
#[derive(Clone, Default)]
pub struct Stores(Vec<Store<StoredSelection>>);

impl Stores {
    /// The stores of these watches.
    pub fn new(stores: Vec<Store<StoredSelection>>) -> Self {
        Self(stores)
    }

    /// Whether there is no watch.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The selection of that namespace and name.
    pub fn get(&self, object: &ObjectRef<ModelSelection>) -> Option<Arc<StoredSelection>> {
        let object = object.clone().into_kind_unchecked(());
        self.0.iter().find_map(|store| store.get(&object))
    }

    /// All selections, in no order.
    pub fn all(&self) -> impl Iterator<Item = Arc<StoredSelection>> {
        self.0.iter().flat_map(Store::state)
    }

    /// Waits until each watch has delivered its first list. Returns false if one of them has ended.
    pub async fn listed(&self) -> bool {
        join_all(self.0.iter().map(Store::wait_until_ready)).await.iter().all(Result::is_ok)
    }
}
