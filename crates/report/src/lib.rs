//! One HTML page that shows what a selection has found: the Pareto front, the runs, what they took and cost.
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
mod history;
mod manifest;
mod model;
mod page;
mod run;
mod verdict;

use std::collections::BTreeMap;

use api::ModelSelection;
use jiff::Timestamp;
use serde::Serialize;

pub use model::Model;

/// What the objects do not say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// When the page is made, to be shown; `None` leaves it out, so that equal objects give equal bytes.
    pub generated: Option<Timestamp>,
    /// When runs ended, by the name of the tuning job, where the caller knows. With it the page shows how the best values
    /// and the hypervolume have grown.
    pub ended: BTreeMap<String, Timestamp>,
    /// Where the page gets newer models from; `None` for a file.
    pub live: Option<Live>,
}

/// The addresses of a live page, paths on the server that serves it.
#[derive(Clone, Debug, Serialize)]
pub struct Live {
    /// The stream of server-sent events. Each event named `model` carries [`Model::json`].
    pub events: String,
    /// The page that lists all selections; it is what the link "All selections" opens.
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
