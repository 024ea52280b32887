//! A selection as a store keeps it.

use std::borrow::Cow;
use std::sync::Arc;

use api::{
    Front, ModelSelection, ModelSelectionSpec, ModelSelectionStatus, Reason, Recommendation, RunState, RunStatus,
};
use kube::Resource;
use kube::core::ObjectMeta;
use lz4_flex::{compress_prepend_size, decompress_size_prepended};
use serde::Deserialize;

/// A selection as a store keeps it. A complete one is looked at only after an edit, for its page, or in a list, so its
/// spec and its status are compressed: that takes a fifth of the memory.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = "ModelSelection")]
#[serde(from = "ModelSelection")]
pub struct StoredSelection {
    metadata: ObjectMeta,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Plain(Arc<ModelSelection>),
    Compressed(Arc<Compressed>),
}

/// The content of a complete selection.
#[derive(Debug)]
struct Compressed {
    outline: ModelSelectionStatus,
    numbers: Vec<Number>,
    /// The spec and the status as compressed JSON.
    text: Vec<u8>,
}

/// How many runs have a state and a reason.
type Number = ((RunState, Option<Reason>), i64);

impl From<ModelSelection> for StoredSelection {
    fn from(selection: ModelSelection) -> Self {
        let metadata = selection.metadata.clone();
        let complete = selection.status.as_ref().filter(|status| status.completion_time.is_some());
        let content = match complete {
            Some(status) => Content::Compressed(Arc::new(Compressed::of(&selection.spec, status))),
            None => Content::Plain(Arc::new(selection)),
        };
        Self { metadata, content }
    }
}

impl StoredSelection {
    /// The whole selection.
    pub fn selection(&self) -> Arc<ModelSelection> {
        match &self.content {
            Content::Plain(selection) => selection.clone(),
            Content::Compressed(compressed) => {
                let (spec, status) = compressed.content();
                Arc::new(ModelSelection { metadata: self.metadata.clone(), spec, status: Some(status) })
            }
        }
    }

    /// The selection, if it is not complete.
    pub fn if_incomplete(&self) -> Option<Arc<ModelSelection>> {
        match &self.content {
            Content::Plain(selection) => Some(selection.clone()),
            Content::Compressed(_) => None,
        }
    }

    /// The status; of a complete selection what a list shows: its conditions, its counts, and of each front the number
    /// of members and the recommended candidate.
    pub fn outline(&self) -> Option<&ModelSelectionStatus> {
        match &self.content {
            Content::Plain(selection) => selection.status.as_ref(),
            Content::Compressed(compressed) => Some(&compressed.outline),
        }
    }

    /// How many runs have each state and reason.
    pub fn numbers_of_runs(&self) -> Cow<'_, [Number]> {
        match &self.content {
            Content::Plain(selection) => {
                Cow::Owned(selection.status.as_ref().map_or_else(Vec::new, |status| numbers(&status.runs)))
            }
            Content::Compressed(compressed) => Cow::Borrowed(&compressed.numbers),
        }
    }
}

impl Compressed {
    fn of(spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> Self {
        let text = serde_json::to_vec(&(spec, status)).expect("a selection is JSON");
        let mut text = compress_prepend_size(&text);
        text.shrink_to_fit();
        Self { outline: outline(status), numbers: numbers(&status.runs), text }
    }

    /// # Panics
    /// Never: the text is our own.
    fn content(&self) -> (ModelSelectionSpec, ModelSelectionStatus) {
        let text = decompress_size_prepended(&self.text).expect("the text is our own");
        serde_json::from_slice(&text).expect("the text is our own")
    }
}

fn outline(status: &ModelSelectionStatus) -> ModelSelectionStatus {
    let outline = |front: &Front| Front {
        dataset: front.dataset.clone(),
        omitted_members: front.omitted_members.saturating_add(i32::try_from(front.members.len()).unwrap_or(i32::MAX)),
        recommendation: front.recommendation.as_ref().map(|recommendation| Recommendation {
            candidate: recommendation.candidate.clone(),
            ..Recommendation::default()
        }),
        ..Front::default()
    };
    ModelSelectionStatus {
        conditions: status.conditions.clone(),
        counts: status.counts,
        start_time: status.start_time.clone(),
        completion_time: status.completion_time.clone(),
        fronts: status.fronts.iter().map(outline).collect(),
        ..ModelSelectionStatus::default()
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
