//! The contents of the operator's watches.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use api::ModelSelection;
use futures::future::join_all;
use kube::ResourceExt as _;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::watch;

/// The stores of the watches: one for each namespace, or one for all; none while nothing is watched. The sender marks
/// the value as changed after each change of a selection, and sends new stores when new watches start.
pub type Shown = watch::Receiver<Vec<Store<ModelSelection>>>;

/// All selections by namespace and name, after each watch has its initial list. Marks `shown` as seen, so that
/// only later changes count as new.
pub(crate) async fn all(shown: &mut Shown) -> Vec<Arc<ModelSelection>> {
    let stores = ready(shown).await;
    let selections = stores.iter().flat_map(Store::state);
    let sorted: BTreeMap<_, _> = selections.map(|one| ((one.namespace(), one.name_any()), one)).collect();
    sorted.into_values().collect()
}

/// The selection of that name, if it exists, after each watch has its initial list.
pub(crate) async fn one(shown: &mut Shown, namespace: &str, name: &str) -> Option<Arc<ModelSelection>> {
    let key = ObjectRef::new(name).within(namespace);
    ready(shown).await.iter().find_map(|store| store.get(&key))
}

/// The uids of all selections.
pub(crate) fn uids(shown: &Shown) -> HashSet<String> {
    shown.borrow().iter().flat_map(Store::state).filter_map(|selection| selection.uid()).collect()
}

async fn ready(shown: &mut Shown) -> Vec<Store<ModelSelection>> {
    loop {
        let stores = shown.borrow_and_update().clone();
        let listed = join_all(stores.iter().map(Store::wait_until_ready)).await;
        if !stores.is_empty() && listed.iter().all(Result::is_ok) {
            return stores;
        }
        // Before the first watch, or between two: new stores follow. Without a sender, the process is about to exit.
        if shown.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
