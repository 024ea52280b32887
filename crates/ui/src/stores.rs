//! The contents of the operator's watches.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use kube::ResourceExt as _;
use kube::runtime::reflector::ObjectRef;
use store::{StoredSelection, Stores};
use tokio::sync::watch;

/// The stores of the watches; none while nothing is watched. The sender marks the value as changed after each change of
/// a selection, and sends new stores when new watches start.
pub type StoresSubscription = watch::Receiver<Stores>;

/// All selections by namespace and name, after each watch has its initial list. Marks the current value as seen, so
/// that only later changes count as new.
pub(crate) async fn all(subscription: &mut StoresSubscription) -> Vec<Arc<StoredSelection>> {
    let stores = ready(subscription).await;
    let sorted: BTreeMap<_, _> = stores.all().map(|one| ((one.namespace(), one.name_any()), one)).collect();
    sorted.into_values().collect()
}

/// The selection of that name, if it exists, after each watch has its initial list.
pub(crate) async fn one(
    subscription: &mut StoresSubscription,
    namespace: &str,
    name: &str,
) -> Option<Arc<StoredSelection>> {
    let key = ObjectRef::new(name).within(namespace);
    ready(subscription).await.get(&key)
}

/// The uids of all selections.
pub(crate) fn uids(subscription: &StoresSubscription) -> HashSet<String> {
    subscription.borrow().all().filter_map(|selection| selection.uid()).collect()
}

async fn ready(subscription: &mut StoresSubscription) -> Stores {
    loop {
        let stores = subscription.borrow_and_update().clone();
        if stores.listed().await && !stores.is_empty() {
            return stores;
        }
        // Before the first watch, or between two: new stores follow. Without a sender, the process is about to exit.
        if subscription.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
