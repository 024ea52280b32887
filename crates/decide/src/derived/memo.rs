//! What derived metrics have come to, so that a pass works out only those of results that are new or have changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Derivations, Derived};
use api::{BestTrainingJob, Dataset, MetricValue, ModelSelectionSpec};

/// The derived metrics of training jobs, each with what it was worked out from.
#[derive(Debug, Default)]
pub struct Memo {
    /// What the values follow from beside the training job.
    definition: u64,
    /// By dataset and training job.
    known: HashMap<(String, String), (u64, Arc<Derived>)>,
    /// Operations so far.
    operations: usize,
}

impl Memo {
    /// Operations that were worked out so far, at most: what a pass adds is what it cost.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Whether nothing was worked out yet.
    pub fn is_new(&self) -> bool {
        self.definition == 0
    }

    /// Drops what was worked out by other expressions, prices or facts.
    pub(super) fn begin(&mut self, spec: &ModelSelectionSpec) {
        let definition = definition(spec);
        if self.definition != definition {
            self.known.clear();
            self.definition = definition;
        }
    }

    /// The derived metrics of `job`.
    pub(super) fn of(
        &mut self,
        derivations: &Derivations<'_>,
        dataset: &Dataset,
        job: &BestTrainingJob,
    ) -> Arc<Derived> {
        let inputs = inputs(job);
        let key = (dataset.name.clone(), job.training_job_name.clone());
        if let Some((_, derived)) = self.known.get(&key).filter(|(known, _)| *known == inputs) {
            return derived.clone();
        }
        self.operations += derivations.operations();
        let derived = Arc::new(derivations.of(dataset, job));
        self.known.insert(key, (inputs, derived.clone()));
        derived
    }
}

/// All that the derived metrics follow from in a spec. Never 0.
fn definition(spec: &ModelSelectionSpec) -> u64 {
    let mut hasher = DefaultHasher::new();
    for metric in &spec.derived_metrics {
        (&metric.name, &metric.expression).hash(&mut hasher);
    }
    spec.prices.hash(&mut hasher);
    for Dataset { name, test_size, training_size, validation_size, facts, .. } in &spec.datasets {
        (name, test_size, training_size, validation_size, facts).hash(&mut hasher);
    }
    hasher.finish().max(1)
}

/// All that the derived metrics follow from in a training job.
fn inputs(job: &BestTrainingJob) -> u64 {
    let mut hasher = DefaultHasher::new();
    for MetricValue { name, value } in &job.metrics {
        (name, value).hash(&mut hasher);
    }
    (&job.non_finite_metrics, &job.hyperparameters, &job.fixed_hyperparameters).hash(&mut hasher);
    (&job.instance_type, job.instance_count, job.training_seconds, job.billable_seconds).hash(&mut hasher);
    hasher.finish()
}
