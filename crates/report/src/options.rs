//! The inputs of a page besides the objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use api::BestTrainingJob;
use jiff::Timestamp;
use serde::Serialize;

/// Data that the objects do not contain.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The time at which the page is generated, shown in its footer. With `None`, equal objects give identical bytes.
    pub generated: Option<Timestamp>,
    /// End times of runs, by the name of the tuning job. With them the page shows the best values and the hypervolume over
    /// time.
    pub ended: BTreeMap<String, Timestamp>,
    /// All training jobs of runs, by the name of the tuning job, as `spec.collect: All` stores them. With them, time
    /// and cost include the whole search, not only the best training job.
    pub trials: HashMap<String, Arc<[BestTrainingJob]>>,
    /// The addresses of a live page; `None` for a file.
    pub live: Option<Live>,
}

/// The addresses of a live page: paths on its own server.
#[derive(Clone, Debug, Serialize)]
pub struct Live {
    /// The stream of server-sent events. Each event named `model` carries [`crate::Model::json`].
    pub events: String,
    /// The page that lists all selections, for the link "All selections".
    pub home: String,
}
