//! A selection as a store keeps it.

use std::borrow::Cow;
use std::sync::Arc;

use api::{ModelSelection, Reason, RunState, RunStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Deserialize;

use crate::compressed::CompressedRuns;

/// A selection as a store keeps it. Nothing changes in a complete selection, and few look at it, so its runs are
/// compressed: they are most of its size.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "ModelSelection")]
pub struct StoredSelection {
    head: Arc<ModelSelection>,
    /// The runs, if the head has none.
    runs: Option<Arc<Runs>>,
}

#[derive(Debug)]
struct Runs {
    compressed: CompressedRuns,
    numbers: Vec<Number>,
}

/// How many runs have a state and a reason.
type Number = ((RunState, Option<Reason>), i64);

impl From<ModelSelection> for StoredSelection {
    fn from(mut selection: ModelSelection) -> Self {
        let complete = selection.status.as_mut().filter(|status| status.completion_time.is_some());
        let runs = complete.map(|status| {
            let runs = std::mem::take(&mut status.runs);
            Arc::new(Runs { compressed: CompressedRuns::of(&runs), numbers: numbers(&runs) })
        });
        Self { head: Arc::new(selection), runs }
    }
}

impl StoredSelection {
    /// The selection; without its runs, if it is complete.
    pub fn head(&self) -> &Arc<ModelSelection> {
        &self.head
    }

    /// The selection with its runs.
    pub fn whole(&self) -> Arc<ModelSelection> {
        let Some(runs) = &self.runs else { return self.head.clone() };
        let mut selection = ModelSelection::clone(&self.head);
        selection.status.get_or_insert_default().runs = runs.compressed.runs();
        Arc::new(selection)
    }

    /// How many runs have each state and reason.
    pub fn numbers_of_runs(&self) -> Cow<'_, [Number]> {
        match (&self.runs, &self.head.status) {
            (Some(runs), _) => Cow::Borrowed(&runs.numbers),
            (None, Some(status)) => Cow::Owned(numbers(&status.runs)),
            (None, None) => Cow::Borrowed(&[]),
        }
    }
}

fn numbers(runs: &[RunStatus]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    for run in runs {
        let key = (run.state, run.reason);
        match numbers.iter_mut().find(|(other, _)| *other == key) {
            Some((_, number)) => *number += 1,
            None => numbers.push((key, 1)),
        }
    }
    numbers
}

impl Resource for StoredSelection {
    type DynamicType = ();
    type Scope = <ModelSelection as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        ModelSelection::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        ModelSelection::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        ModelSelection::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        ModelSelection::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.head.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut Arc::make_mut(&mut self.head).metadata
    }
}
