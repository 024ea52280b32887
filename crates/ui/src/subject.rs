//! The subject of a page, and the parts of it that a caller may see.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::ModelSelection;
use kube::{Resource as _, ResourceExt as _};
use report::{Listed, Live, Model, Options};
use store::StoredSelection;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::paths::{self, HOME};
use crate::refusal::Refusal;
use crate::reviews::Permission;
use crate::state::Ui;
use crate::stores;

/// How long a request waits for the watches of an operator that has just started.
const FIRST_LIST_TIMEOUT: Duration = Duration::from_secs(5);

/// The subject of a page.
#[derive(Clone)]
pub(crate) enum Subject {
    /// All selections that the caller may list.
    List,
    /// One selection.
    One { namespace: String, name: String },
}

impl Subject {
    /// The selections of the page, if the caller may see them.
    pub(crate) async fn selections(&self, ui: &mut Ui, caller: &Caller) -> Result<Vec<Arc<StoredSelection>>, Refusal> {
        match self {
            Self::List => {
                let all =
                    timeout(FIRST_LIST_TIMEOUT, stores::all(&mut ui.stores)).await.map_err(|_| Refusal::NotYet)?;
                visible(ui, caller, all).await
            }
            Self::One { namespace, name } => {
                // Checked first: a caller without permission must not learn whether the selection exists.
                ui.access.may(caller, &Permission::get(namespace, name)).await?;
                let one = timeout(FIRST_LIST_TIMEOUT, stores::one(&mut ui.stores, namespace, name));
                match one.await.map_err(|_| Refusal::NotYet)? {
                    Some(selection) => Ok(vec![selection]),
                    None => Err(self.gone()),
                }
            }
        }
    }

    /// The error for a selection that does not exist.
    fn gone(&self) -> Refusal {
        match self {
            Self::List => Refusal::NoPage,
            Self::One { namespace, name } => {
                Refusal::NoSelection { namespace: api::message(namespace, 63), name: api::message(name, 63) }
            }
        }
    }

    /// The page, as HTML.
    pub(crate) async fn page(&self, ui: &mut Ui, caller: &Caller) -> Result<String, Refusal> {
        let selections = self.selections(ui, caller).await?;
        let whole = self.whole(&selections);
        let options = self.options(ui, caller, &whole).await;
        Ok(match self {
            Self::List => drawn(move || report::overview(&listed(&selections), &options)).await,
            Self::One { .. } => drawn(move || report::report(&whole, &options)).await,
        })
    }

    /// The model of the page for these selections, which the caller may see, as JSON.
    pub(crate) async fn model(&self, ui: &Ui, caller: &Caller, selections: Vec<Arc<StoredSelection>>) -> String {
        let whole = self.whole(&selections);
        let options = self.options(ui, caller, &whole).await;
        match self {
            Self::List => drawn(move || Model::overview(&listed(&selections), &options).json()).await,
            Self::One { .. } => drawn(move || Model::new(&whole, &options).json()).await,
        }
    }

    /// The whole selections, which a list does not need.
    fn whole(&self, selections: &[Arc<StoredSelection>]) -> Vec<Arc<ModelSelection>> {
        match self {
            Self::List => Vec::new(),
            Self::One { .. } => selections.iter().map(|one| one.selection()).collect(),
        }
    }

    async fn options(&self, ui: &Ui, caller: &Caller, selections: &[Arc<ModelSelection>]) -> Options {
        let mut options =
            Options { live: Some(Live { events: self.events(), home: HOME.to_owned() }), ..Options::default() };
        if let (Self::One { namespace, .. }, [selection]) = (self, selections)
            && selection.status.iter().flat_map(|status| &status.runs).any(|run| run.trials.is_some())
            && ui.access.may(caller, &Permission::tables(namespace)).await.is_ok()
        {
            options.trials = ui.trials.of(&ui.stores, selection).await;
        }
        options
    }

    /// The path of the stream of events.
    fn events(&self) -> String {
        match self {
            Self::List => format!("{HOME}/events"),
            Self::One { namespace, name } => format!("{}/events", paths::of_report(namespace, name)),
        }
    }
}

/// Renders on a separate thread, so that no reconcile waits: with three objectives and 500 runs, the hypervolume over
/// time takes a large part of a second.
async fn drawn(draw: impl FnOnce() -> String + Send + 'static) -> String {
    tokio::task::spawn_blocking(draw).await.unwrap_or_default()
}

fn listed(selections: &[Arc<StoredSelection>]) -> Vec<Listed<'_>> {
    selections.iter().map(|one| Listed { metadata: one.meta(), status: one.outline() }).collect()
}

/// The selections of `all` that the caller may list.
async fn visible(
    ui: &Ui,
    caller: &Caller,
    all: Vec<Arc<StoredSelection>>,
) -> Result<Vec<Arc<StoredSelection>>, Refusal> {
    let everywhere = match ui.access.may(caller, &Permission::list("")).await {
        Ok(()) => return Ok(all),
        Err(refusal @ Refusal::Forbidden { .. }) => refusal,
        Err(other) => return Err(other),
    };
    let namespaces: BTreeSet<String> = all.iter().filter_map(|selection| selection.namespace()).collect();
    let mut allowed = BTreeSet::new();
    for namespace in namespaces {
        match ui.access.may(caller, &Permission::list(&namespace)).await {
            Ok(()) => drop(allowed.insert(namespace)),
            Err(Refusal::Forbidden { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    if allowed.is_empty() {
        return Err(everywhere);
    }
    let visible = |one: &Arc<StoredSelection>| one.namespace().is_some_and(|namespace| allowed.contains(&namespace));
    Ok(all.into_iter().filter(visible).collect())
}
