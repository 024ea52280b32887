//! The read-only view of a standby: it watches the selections as the leader does, and does not act.

use futures::stream::{StreamExt as _, select_all};
use futures::{TryStreamExt as _, future};
use kube::Client;
use kube::runtime::{WatchStreamExt as _, reflector};

use super::readable;
use super::settings::StoresPublisher;
use super::watch::{scopes, to_stored_event, watched};
use store::Stores;

/// Publishes the selections until it is dropped. The leader does so itself, from its own watches.
pub async fn stand_by(client: &Client, namespaces: &[String], publisher: &StoresPublisher) {
    let (stores, watches): (Vec<_>, Vec<_>) = scopes(namespaces)
        .iter()
        .map(|namespace| {
            let (store, writer) = reflector::store();
            let selections = watched(client, namespace.as_deref())
                .try_filter_map(|event| future::ready(Ok(readable::readable_for_display(event))))
                .modify(|selection| {
                    selection.metadata.managed_fields = None;
                    selection.metadata.annotations = None;
                })
                .map_ok(to_stored_event)
                .reflect(writer);
            (store, selections.boxed())
        })
        .unzip();
    publisher.send_replace(Stores::new(stores));
    let changes = select_all(watches).for_each(|event| {
        match event {
            Ok(_) => publisher.send_modify(|_| {}),
            Err(error) => tracing::debug!(%error, "the watch of a standby failed; it is restarted"),
        }
        future::ready(())
    });
    changes.await;
}
