//! What every reconcile shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, ResourceExt as _};

use super::Settings;
use super::attempts::Attempts;
use super::slots::Slots;
use crate::api::{FIELD_MANAGER, ModelSelection};
use crate::catalog::Catalog;
use crate::observe::{Observer, Wake};
use crate::runtime::metrics::Metrics;
use crate::tuning::SageMaker;

pub(super) struct Context {
    pub(super) client: Client,
    pub(super) recorder: Recorder,
    pub(super) sagemaker: SageMaker,
    pub(super) catalog: Catalog,
    pub(super) observer: Observer,
    pub(super) slots: Slots,
    pub(super) attempts: Attempts,
    pub(super) metrics: Arc<Metrics>,
    pub(super) store: Store<ModelSelection>,
    pub(super) wake: Wake,
    pub(super) settings: Settings,
    earlier_lives: Mutex<HashMap<String, Jobs>>,
    written: Mutex<HashMap<String, Arc<ModelSelection>>>,
}

/// The tags of tuning jobs, newest first.
pub(super) type Jobs = Arc<[Vec<(String, String)>]>;

impl Context {
    pub(super) fn new(
        client: Client,
        sagemaker: SageMaker,
        observer: Observer,
        metrics: Arc<Metrics>,
        store: Store<ModelSelection>,
        wake: Wake,
        settings: Settings,
    ) -> Self {
        let reporter = Reporter { controller: FIELD_MANAGER.to_owned(), instance: std::env::var("POD_NAME").ok() };
        Self {
            recorder: Recorder::new(client.clone(), reporter),
            client,
            sagemaker,
            catalog: Catalog::default(),
            observer,
            slots: Slots::new(settings.max_tuning_jobs),
            attempts: Attempts::default(),
            metrics,
            store,
            wake,
            settings,
            earlier_lives: Mutex::default(),
            written: Mutex::default(),
        }
    }

    /// The newer of what the watch has shown and what was written last. The watch lags behind our own writes: deciding on
    /// the older one would create jobs again, which is safe, but costs calls.
    pub(super) fn newest(&self, seen: Arc<ModelSelection>) -> Arc<ModelSelection> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(uid) = seen.uid() else { return seen };
        match written.get(&uid) {
            Some(ours) if version(ours) > version(&seen) => ours.clone(),
            Some(_) => {
                written.remove(&uid);
                seen
            }
            None => seen,
        }
    }

    /// What was written last, if that is newer than `selection`.
    pub(super) fn last_written(&self, selection: &ModelSelection) -> Option<ModelSelection> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = written.get(&selection.uid()?)?;
        (version(ours) > version(selection)).then(|| (**ours).clone())
    }

    /// Notes what the API server answered to a write.
    pub(super) fn note_written(&self, mut selection: ModelSelection) {
        selection.metadata.managed_fields = None;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // What the watch has caught up with need not be kept twice.
        written.retain(|_, ours| {
            self.store.get(&ObjectRef::from_obj(&**ours)).is_none_or(|seen| version(&seen) < version(ours))
        });
        if let Some(uid) = selection.uid() {
            written.insert(uid, Arc::new(selection));
        }
    }

    /// The jobs of a selection's earlier life, if they were asked for.
    pub(super) fn earlier_life(&self, uid: &str) -> Option<Jobs> {
        self.earlier_lives.lock().unwrap_or_else(PoisonError::into_inner).get(uid).cloned()
    }

    /// Keeps the jobs of a selection's earlier life.
    pub(super) fn note_earlier_life(&self, uid: &str, jobs: Jobs) {
        self.earlier_lives.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), jobs);
    }

    /// Forgets all that is kept of a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        self.earlier_lives.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        self.attempts.forget(uid);
    }
}

/// Resource versions of one object are numbers that grow.
fn version(selection: &ModelSelection) -> u64 {
    selection.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}
