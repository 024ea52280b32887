//! The memory of tables: those that the fronts use, and those that are being read from SageMaker.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::gathering::Gathering;
use api::BestTrainingJob;
use decide::front;

/// The tables of each selection, by uid. All of them can be read again.
#[derive(Default)]
pub(super) struct Tables(Mutex<HashMap<String, OfSelection>>);

#[derive(Default)]
struct OfSelection {
    /// The generation that the tables were read for: an edit may need more of them.
    generation: Option<i64>,
    tables: front::Tables,
    gathering: HashMap<String, Gathering>,
}

impl Tables {
    /// The tables that are in memory for `generation`.
    pub(super) fn tables(&self, uid: &str, generation: Option<i64>) -> front::Tables {
        self.of(uid, generation, |of| of.tables.clone())
    }

    pub(super) fn put(&self, uid: &str, generation: Option<i64>, job: &str, table: Vec<BestTrainingJob>) {
        self.of(uid, generation, |of| of.tables.insert(job.to_owned(), table.into()));
    }

    /// Takes out the results of a table that is being gathered.
    pub(super) fn take(&self, uid: &str, job: &str) -> Gathering {
        self.0.lock().get_mut(uid).and_then(|of| of.gathering.remove(job)).unwrap_or_default()
    }

    /// Puts it back, for the next pass.
    pub(super) fn put_back(&self, uid: &str, job: &str, gathering: Gathering) {
        self.0.lock().entry(uid.to_owned()).or_default().gathering.insert(job.to_owned(), gathering);
    }

    /// Forgets a selection that is gone or complete.
    pub(super) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    fn of<T>(&self, uid: &str, generation: Option<i64>, with: impl FnOnce(&mut OfSelection) -> T) -> T {
        let mut all = self.0.lock();
        let of = all.entry(uid.to_owned()).or_default();
        if of.generation != generation {
            of.tables.clear();
            of.generation = generation;
        }
        with(of)
    }
}
