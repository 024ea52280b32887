//! State that all reconciles share.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::{Client, Resource as _, ResourceExt as _};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::cache::Caches;
use super::concurrency_limiter::{ByType, Permits, Turns};
use super::conflicting_writer::Writers;
use super::incarnation_memory::Incarnations;
use super::joint_search::JointSearches;
use super::retry_memory::Retries;
use super::settings::Settings;
use super::table_memory::Tables;
use super::unwritten::Unwritten;
use api::{ModelSelection, message};
use catalog::Catalog;
use decide::permits::Claim;
use observe::{Observer, Wake};
use platform::clock;
use platform::metrics::Metrics;
use sagemaker::SageMaker;
use store::{Stores, version};

/// The `reportingController` of Events, which Kubernetes wants as a qualified name.
const REPORTING_CONTROLLER: &str = "modelselection.dev/modelselection-operator";
/// Longest error text in the report about an unreadable object, in characters.
const ERROR_MAX: usize = 300;
/// Most objects that cannot be read in a report.
const UNREADABLE_LISTED: usize = 8;
/// How long to wait for the first lists of all watches.
const FIRST_LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// An object that this release cannot read.
#[derive(Clone)]
struct Unreadable {
    error: String,
    /// It was there before, and a new list has not shown it yet.
    is_doubtful: bool,
}

pub(super) struct Context {
    pub(super) client: Client,
    reporter: Reporter,
    pub(super) sagemaker: SageMaker,
    pub(super) catalog: Catalog,
    pub(super) observer: Observer,
    pub(super) permits: Arc<Permits>,
    pub(super) retries: Retries,
    pub(super) writers: Writers,
    pub(super) unwritten: Unwritten,
    pub(super) tables: Tables,
    pub(super) caches: Caches,
    pub(super) incarnations: Incarnations,
    pub(super) joint_searches: JointSearches,
    pub(super) metrics: Arc<Metrics>,
    /// All selections.
    pub(super) stores: Stores,
    pub(super) waker: Wake,
    pub(super) settings: Settings,
    cleaned_up: Mutex<HashSet<String>>,
    /// Selections that this release cannot read, by namespace and name, with the reason.
    unreadable: Mutex<BTreeMap<String, Unreadable>>,
    permits_counted: OnceCell<()>,
}

impl Context {
    /// Publishes Events.
    pub(super) fn recorder(&self) -> Recorder {
        Recorder::new(self.client.clone(), self.reporter.clone())
    }

    pub(super) fn new(
        client: Client,
        sagemaker: SageMaker,
        observer: Observer,
        metrics: Arc<Metrics>,
        stores: Stores,
        wake: Wake,
        settings: Settings,
    ) -> Self {
        let reporter =
            Reporter { controller: REPORTING_CONTROLLER.to_owned(), instance: std::env::var("POD_NAME").ok() };
        let joint_searches = JointSearches::new(stores.clone(), sagemaker.default_region());
        Self {
            reporter,
            client,
            sagemaker,
            catalog: Catalog::new(settings.catalog),
            observer,
            permits: Arc::new(Permits::new(settings.max_tuning_jobs)),
            retries: Retries::new(settings.consistency_window),
            writers: Writers::default(),
            unwritten: Unwritten::new(settings.pauses.max),
            tables: Tables::default(),
            caches: Caches::default(),
            incarnations: Incarnations::default(),
            joint_searches,
            metrics,
            stores,
            waker: wake,
            settings,
            cleaned_up: Mutex::default(),
            unreadable: Mutex::default(),
            permits_counted: OnceCell::new(),
        }
    }

    /// Counts, once, the permits that existing jobs hold: after each watch has delivered its first list, or one of them
    /// has taken too long.
    pub(super) async fn count_permits(&self) {
        let count = || async {
            if tokio::time::timeout(FIRST_LIST_TIMEOUT, self.stores.listed()).await.is_err() {
                tracing::warn!("not all namespaces can be watched; the tuning jobs in them are not counted");
            }
            self.permits.seed(&self.stores, self.sagemaker.default_region());
        };
        self.permits_counted.get_or_init(count).await;
    }

    /// After a failed pass: releases the permits that it reserved, and forgets the selection if it was deleted
    /// meanwhile.
    pub(super) fn release_after_failure(&self, selection: &Arc<ModelSelection>) {
        if self.has_gone(selection) {
            return self.forget(selection);
        }
        let (uid, newest) = (selection.uid().unwrap_or_default(), self.stores.newest(selection));
        let status = newest.status.clone().unwrap_or_default();
        let held = Claim::of(&newest.spec, &status, [].iter());
        self.wake_others(self.permits.settle(&uid, held, clock::steady()));
    }

    /// Wakes the selections whose turn it is to start jobs, and returns what the selection itself may start.
    pub(super) fn wake_others(&self, turns: Turns) -> ByType {
        wake_all(&self.waker, turns.others);
        turns.own
    }

    /// Wakes, after `pause`, the selections in `region` that then have their turn.
    pub(super) fn wake_after(&self, region: &str, pause: Duration) {
        let (permits, wake, region) = (self.permits.clone(), self.waker.clone(), region.to_owned());
        tokio::spawn(async move {
            clock::sleep(pause).await;
            wake_all(&wake, permits.due(&region, clock::steady()).others);
        });
    }

    /// Records what the watch shows. If another client wrote the status, the selection is woken so that a pass verifies
    /// it.
    pub(super) fn note_seen(&self, selection: &ModelSelection) {
        let Some(uid) = selection.uid() else { return };
        if let Some(soon) = self.writers.notice(&uid, version(selection), selection.status.as_ref(), clock::steady()) {
            let (wake, object) = (self.waker.clone(), ObjectRef::from_obj(selection));
            tokio::spawn(async move {
                clock::sleep(soon).await;
                // The receiver lives as long as the controller.
                let _ = wake.send(object);
            });
        }
    }

    /// Records that an object can be read, or is gone.
    pub(super) fn note_readable(&self, metadata: &ObjectMeta) {
        let mut unreadable = self.unreadable.lock();
        if unreadable.remove(&full_name(metadata)).is_some() {
            self.report_unreadable(&unreadable);
        }
    }

    /// Records that this release cannot read an object. The operator leaves it alone until it can.
    pub(super) fn note_unreadable(&self, metadata: &ObjectMeta, error: &str) {
        let mut unreadable = self.unreadable.lock();
        let error = message(error, ERROR_MAX);
        let now = Unreadable { error, is_doubtful: false };
        let before = unreadable.insert(full_name(metadata), now.clone());
        if before.is_none_or(|before| before.error != now.error) {
            self.report_unreadable(&unreadable);
        }
    }

    /// A new list of a namespace (or of all) begins, which shows what is still there.
    pub(super) fn doubt_unreadable(&self, namespace: Option<&str>) {
        let mut unreadable = self.unreadable.lock();
        let of_scope = unreadable.iter_mut().filter(|(name, _)| is_in(name, namespace));
        of_scope.for_each(|(_, unreadable)| unreadable.is_doubtful = true);
    }

    /// The list is complete: what it did not show is gone.
    pub(super) fn drop_doubtful(&self, namespace: Option<&str>) {
        let mut unreadable = self.unreadable.lock();
        let before = unreadable.len();
        unreadable.retain(|name, unreadable| !(unreadable.is_doubtful && is_in(name, namespace)));
        if unreadable.len() != before {
            self.report_unreadable(&unreadable);
        }
    }

    /// Whether this release cannot read what the object is now. What the watch had shown before is of no use.
    pub(super) fn is_unreadable(&self, selection: &ModelSelection) -> bool {
        self.unreadable.lock().contains_key(&full_name(&selection.metadata))
    }

    fn report_unreadable(&self, unreadable: &BTreeMap<String, Unreadable>) {
        let first = unreadable.iter().take(UNREADABLE_LISTED);
        let first = first.map(|(name, unreadable)| format!("{name}: {}", unreadable.error));
        let mut list = first.collect::<Vec<_>>().join("; ");
        if let more @ 1.. = unreadable.len().saturating_sub(UNREADABLE_LISTED) {
            list += &format!("; and {more} more");
        }
        let message =
            format!("this release cannot read {list}; use a release that can, or delete it and apply it again");
        self.settings.readiness.warn("unreadable selections", (!unreadable.is_empty()).then_some(message));
    }

    /// Records what the API server returned for a write.
    pub(super) fn note_written(&self, mut selection: ModelSelection) {
        selection.metadata.managed_fields = None;
        if let (Some(uid), Some(status)) = (selection.uid(), &selection.status) {
            self.writers.written(&uid, version(&selection), status);
        }
        self.unwritten.written(&selection.uid().unwrap_or_default());
        self.stores.note_written(selection);
    }

    /// Whether the watch does not show a selection any more.
    pub(super) fn has_gone(&self, selection: &Arc<ModelSelection>) -> bool {
        let object = ObjectRef::from_obj(&**selection);
        self.stores.get(&object).is_none_or(|seen| seen.meta().uid != selection.metadata.uid)
    }

    /// Whether the cleanup of a selection is complete.
    pub(super) fn is_cleaned_up(&self, uid: &str) -> bool {
        self.cleaned_up.lock().contains(uid)
    }

    /// Records that the cleanup of a selection is complete. The watch still shows the object for a while.
    pub(super) fn note_cleaned_up(&self, selection: &ModelSelection) {
        self.forget(selection);
        self.cleaned_up.lock().extend(selection.uid());
    }

    /// Forgets a deleted selection, and wakes those that can use its permits.
    pub(super) fn forget(&self, selection: &ModelSelection) {
        self.observer.forget(&ObjectRef::from_obj(selection));
        let Some(uid) = &selection.uid() else { return };
        self.wake_others(self.permits.remove(uid, clock::steady()));
        self.unwritten.forget(uid);
        self.stores.forget(uid);
        self.cleaned_up.lock().remove(uid);
        self.incarnations.forget(uid);
        self.retries.forget(uid);
        self.writers.forget(uid);
        self.tables.forget(uid);
        self.caches.forget(uid);
    }
}

fn wake_all(wake: &Wake, selections: Vec<ObjectRef<ModelSelection>>) {
    for selection in selections {
        // The receiver lives as long as the controller.
        let _ = wake.send(selection);
    }
}

/// Whether the full name is in the namespace; any is in all.
fn is_in(name: &str, namespace: Option<&str>) -> bool {
    namespace.is_none_or(|namespace| name.split_once('/').is_some_and(|(of_name, _)| of_name == namespace))
}

fn full_name(metadata: &ObjectMeta) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("{}/{}", name(&metadata.namespace), name(&metadata.name))
}
