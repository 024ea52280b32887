//! The contents of the operator's watches.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use kube::ResourceExt as _;
use kube::runtime::reflector::ObjectRef;
use store::{StoredSelection, Stores};
use tokio::sync::watch;

/// The stores of the watches; none while nothing is watched. The sender marks the value as changed after each change of a
/// selection, and sends new stores when new watches start.
pub type Shown = watch::Receiver<Stores>;

/// All selections by namespace and name, after each watch has its initial list. Marks `shown` as seen, so that only later changes count as new.
pub(crate) async fn all(shown: &mut Shown) -> Vec<Arc<StoredSelection>> {
    let stores = ready(shown).await;
    let sorted: BTreeMap<_, _> = stores.all().map(|one| ((one.namespace(), one.name_any()), one)).collect();
    sorted.into_values().collect()
}

/// The selection of that name, if it exists, after each watch has its initial list.
pub(crate) async fn one(shown: &mut Shown, namespace: &str, name: &str) -> Option<Arc<StoredSelection>> {
    let key = ObjectRef::new(name).within(namespace);
    ready(shown).await.get(&key)
}

/// The uids of all selections.
pub(crate) fn uids(shown: &Shown) -> HashSet<String> {
    shown.borrow().all().filter_map(|selection| selection.uid()).collect()
}

async fn ready(shown: &mut Shown) -> Stores {
    loop {
        let stores = shown.borrow_and_update().clone();
        if stores.listed().await && !stores.is_empty() {
            return stores;
        }
        // Before the first watch, or between two: new stores follow. Without a sender, the process is about to exit.
        if shown.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
