//! Manifests that are refused, with parts of the message.

mod candidates;
mod datasets;
mod objectives;
mod ranges;
mod selection;
mod training;
mod tuning;

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        selection::cases(),
        objectives::cases(),
        datasets::cases(),
        candidates::cases(),
        tuning::cases(),
        ranges::cases(),
        training::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
