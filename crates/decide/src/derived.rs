//! Derived metrics: computed from the metrics of a training job by the expressions of the spec.
//!
//! They depend only on the spec and on what the status keeps of the training job, so they are computed again whenever
//! the status is: an edit of an expression needs no call to SageMaker, unless it uses a hyperparameter that was not
//! kept.

mod budget;
mod check;
mod derivations;
mod evaluate;
mod expression;
mod expressions;
mod memo;
mod node;
mod vocabulary;

use std::sync::Arc;

use api::RunStatus;

pub use check::{Known, check, invalid};
pub use derivations::{DIGITS, Derivations, Derived};
pub use expressions::Expressions;
pub use memo::Memo;

/// Sets the derived metrics of each run that has a result, and returns their values and failures, run by run. Values
/// that are in `memo` are not computed again.
pub fn apply(derivations: &Derivations<'_>, runs: &mut [RunStatus], memo: &mut Memo) -> Vec<Option<Arc<Derived>>> {
    let spec = derivations.spec;
    memo.begin(spec);
    let mut of = |run: &mut RunStatus| {
        let best = run.best.as_mut()?;
        best.derived_metrics.clear();
        let dataset = spec.datasets.iter().find(|dataset| dataset.name == run.dataset)?;
        let derived = memo.of(derivations, dataset, best);
        best.derived_metrics.clone_from(&derived.values);
        Some(derived)
    };
    runs.iter_mut().map(&mut of).collect()
}

#[cfg(test)]
mod tests;
