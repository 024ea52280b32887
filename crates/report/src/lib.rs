//! One HTML page that shows the results of selections: Pareto fronts, runs, time and cost.
//!
//! The page is a *model* (JSON, see [`Model`]) and a front-end (`assets/`, plain JavaScript and CSS) that draws it. The
//! same front-end serves two uses:
//!
//! - **A file.** [`report`] returns a whole HTML document that needs no network: what `kubectl msel report` writes.
//! - **Live.** The operator's `/ui` serves [`report`] with [`Options::live`] and sends [`Model::json`] as server-sent
//!   events; the page replaces its model with each one and keeps what the reader has chosen. [`overview`] is the page that
//!   lists all selections, live in the same way. README.md of this crate has the interface in full.
//!
//! Everything here is a pure function of the objects and the options: no clock, no I/O.

mod console;
mod family;
mod front;
mod history;
mod manifest;
mod model;
mod page;
mod run;
mod verdict;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use api::{BestTrainingJob, ModelSelection};
use jiff::Timestamp;
use serde::Serialize;

pub use model::Model;

/// Data that the objects do not contain.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The time at which the page is generated, shown in its footer. With `None`, equal objects give equal bytes.
    pub generated: Option<Timestamp>,
    /// End times of runs, by the name of the tuning job. With them the page shows the best values and the hypervolume over
    /// time.
    pub ended: BTreeMap<String, Timestamp>,
    /// All training jobs of runs, by the name of the tuning job, as `spec.collect: All` keeps them. With it time and cost
    /// include the whole search, not only the best training job.
    pub trials: HashMap<String, Arc<[BestTrainingJob]>>,
    /// The addresses of a live page; `None` for a file.
    pub live: Option<Live>,
}

/// The addresses of a live page: paths on its own server.
#[derive(Clone, Debug, Serialize)]
pub struct Live {
    /// The stream of server-sent events. Each event named `model` carries [`Model::json`].
    pub events: String,
    /// The page that lists all selections, for the link "All selections".
    pub home: String,
}

/// A whole HTML document about `selections`. For several it begins with a list of them.
pub fn report(selections: &[ModelSelection], options: &Options) -> String {
    page::page(&Model::new(selections, options))
}

/// A whole HTML document that lists `selections`, each with a link to `{home}/{namespace}/{name}` where `home` is that of
/// [`Options::live`].
pub fn overview(selections: &[ModelSelection], options: &Options) -> String {
    page::page(&Model::overview(selections, options))
}
