//! Values computed from a selection's spec and results, cached between reconciles, so that the cost of a reconcile
//! depends on what has changed and not on the size of the selection. Each value can be computed again.

use std::collections::HashMap;
use std::sync::Arc;

use kube::ResourceExt as _;
use parking_lot::Mutex;

use api::{ModelSelection, RunStatus};
use decide::derived::{Expressions, Memo};
use decide::plan::Fingerprints;
use sagemaker::JobRequest;

/// The values of one generation of a selection.
#[derive(Default)]
pub(super) struct Cache {
    generation: Option<i64>,
    /// The expressions of the spec.
    pub(super) expressions: Expressions,
    /// The fingerprints of its definitions.
    pub(super) fingerprints: Fingerprints,
    /// The requests of the runs that wait for a permit.
    pub(super) requests: Requests,
    /// The values of the derived metrics. They are kept across generations: each records the inputs that it was
    /// computed from.
    pub(super) derived: Memo,
}

/// The caches of all selections, by uid. A reconcile takes its cache out and puts it back; a reconcile that fails drops
/// it.
#[derive(Default)]
pub(super) struct Caches(Mutex<HashMap<String, Cache>>);

impl Caches {
    /// Takes out the cache of a selection, without the values that belong to an older generation.
    pub(super) fn take(&self, selection: &ModelSelection) -> Cache {
        let before = self.0.lock().remove(&selection.uid().unwrap_or_default()).unwrap_or_default();
        let generation = selection.metadata.generation;
        if before.generation.is_some() && before.generation == generation {
            return before;
        }
        let expressions = Expressions::read(&selection.spec.derived_metrics);
        Cache { generation, expressions, derived: before.derived, ..Cache::default() }
    }

    pub(super) fn put_back(&self, uid: &str, cache: Cache) {
        self.0.lock().insert(uid.to_owned(), cache);
    }

    pub(super) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

/// The requests of runs that wait for a permit, by candidate and dataset.
#[derive(Default)]
pub(super) struct Requests(HashMap<(String, String), Cached>);

/// A request, with the definition and attempt that it was made for.
struct Cached {
    definition: Option<String>,
    attempt: i32,
    request: Arc<JobRequest>,
}

impl Requests {
    /// The request of the run, if it was made for the same definition and attempt.
    pub(super) fn of(&self, run: &RunStatus) -> Option<Arc<JobRequest>> {
        let cached = self.0.get(&key(run))?;
        (cached.definition == run.definition && cached.attempt == run.attempt).then(|| cached.request.clone())
    }

    pub(super) fn insert(&mut self, run: &RunStatus, request: Arc<JobRequest>) {
        self.0.insert(key(run), Cached { definition: run.definition.clone(), attempt: run.attempt, request });
    }

    /// Drops the request of a run whose job is created.
    pub(super) fn remove(&mut self, run: &RunStatus) {
        self.0.remove(&key(run));
    }
}

fn key(run: &RunStatus) -> (String, String) {
    (run.candidate.clone(), run.dataset.clone())
}
