//! A cache of the tables of training jobs of existing selections: each is read once, since a table never changes.

use std::collections::HashMap;
use std::sync::Arc;

use api::{BestTrainingJob, ModelSelection, Trials};
use futures::{StreamExt as _, future, stream};
use kube::{Client, ResourceExt as _};
use parking_lot::Mutex;

use crate::stores::{self, StoresSubscription};
use platform::api_server::message;

/// Maximum number of concurrent reads of tables.
const CONCURRENT_READS: usize = 8;

/// A table: the uid of its selection, and the name of its first `ConfigMap`.
type Key = (String, String);

/// The cached tables.
pub(crate) struct TrialMemory {
    client: Client,
    tables: Mutex<HashMap<Key, Arc<[BestTrainingJob]>>>,
}

impl TrialMemory {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, tables: Mutex::default() }
    }

    /// All training jobs of the runs whose table can be read, by the name of the tuning job.
    pub(crate) async fn of(
        &self,
        subscription: &StoresSubscription,
        selection: &ModelSelection,
    ) -> HashMap<String, Arc<[BestTrainingJob]>> {
        let uid = selection.uid().unwrap_or_default();
        let runs = selection.status.iter().flat_map(|status| &status.runs);
        let named: Vec<_> = runs.filter_map(|run| Some((run.tuning_job_name.clone()?, run.trials.as_ref()?))).collect();
        let there = stores::uids(subscription);
        self.tables.lock().retain(|(owner, table), _| {
            let is_named = || named.iter().any(|(_, trials)| trials.config_map == *table);
            if *owner == uid { is_named() } else { there.contains(owner) }
        });
        let tables: Vec<_> =
            named.into_iter().map(|(job, trials)| self.table(selection, &uid, job, trials.clone())).collect();
        stream::iter(tables).buffer_unordered(CONCURRENT_READS).filter_map(future::ready).collect().await
    }

    /// The table of a tuning job, with its name.
    async fn table(
        &self,
        selection: &ModelSelection,
        uid: &str,
        job: String,
        trials: Trials,
    ) -> Option<(String, Arc<[BestTrainingJob]>)> {
        let key = (uid.to_owned(), trials.config_map.clone());
        if let Some(table) = self.tables.lock().get(&key) {
            return Some((job, table.clone()));
        }
        let read = tables::read(&self.client, selection, &trials).await;
        let read =
            read.inspect_err(|error| tracing::warn!(error = message(error), table = key.1, "cannot read a table"));
        let table: Arc<[BestTrainingJob]> = read.ok()??.into_iter().map(billed).collect();
        self.tables.lock().insert(key, table.clone());
        Some((job, table))
    }
}

/// The parts of a table that the report uses: the billed time.
fn billed(job: BestTrainingJob) -> BestTrainingJob {
    BestTrainingJob {
        instance_type: job.instance_type,
        instance_count: job.instance_count,
        billable_seconds: job.billable_seconds,
        ..BestTrainingJob::default()
    }
}
