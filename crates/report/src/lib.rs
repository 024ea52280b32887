//! One HTML page that shows the results of selections: Pareto fronts, runs, time and cost.
//!
//! The page is a *model* (JSON, see [`Model`]) and a front-end (`assets/`, plain JavaScript and CSS) that draws it. The
//! same front-end serves two uses:
//!
//! - **A file.** [`report`] returns a whole HTML document that needs no network: what `kubectl msel plot -o FILE.html`
//!   writes.
//! - **Live.** The operator's `/ui` serves [`report`] with [`Options::live`] and sends [`Model::json`] as server-sent
//!   events; the page replaces its model with each one and keeps what the reader has chosen. [`overview`] is the page
//!   that lists all selections, live in the same way. README.md of this crate has the interface in full.
//!
//! Everything here is a pure function of the objects and the options: no clock, no I/O.

mod console;
mod family;
mod front;
mod history;
mod manifest;
mod model;
mod options;
mod page;
mod run;
mod verdict;

use std::borrow::Borrow;

use api::ModelSelection;

pub use model::{Listed, Model};
pub use options::{Live, Options};
pub use page::{notice, policy};

/// A complete HTML document about `selections`. For several selections it starts with a list.
pub fn report(selections: &[impl Borrow<ModelSelection>], options: &Options) -> String {
    page::page(&Model::new(selections, options))
}

/// A complete HTML document that lists `selections`, each with a link to `{home}/{namespace}/{name}`, where `home` is
/// that of [`Options::live`].
pub fn overview(selections: &[Listed<'_>], options: &Options) -> String {
    page::page(&Model::overview(selections, options))
}
