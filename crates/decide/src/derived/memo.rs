//! A memo of derived metrics, so that a pass computes only those of new or changed results.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::derivations::{Derivations, Derived};
use api::{BestTrainingJob, Dataset, MetricValue, ModelSelectionSpec};

/// The derived metrics of training jobs, each with a hash of its inputs.
#[derive(Debug, Default)]
pub struct Memo {
    /// A hash of the inputs that are not in the training job.
    definition: u64,
    /// By dataset and training job.
    known: HashMap<(String, String), (u64, Arc<Derived>)>,
    /// Number of operations so far.
    operations: usize,
}

impl Memo {
    /// Most operations so far: the increase during a pass is the cost of the pass.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Whether nothing has been computed yet.
    pub fn is_new(&self) -> bool {
        self.definition == 0
    }

    /// Drops values that were computed with other expressions, prices or facts.
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

/// A hash of everything in a spec that affects derived metrics. Never 0.
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

/// A hash of everything in a training job that affects derived metrics.
fn inputs(job: &BestTrainingJob) -> u64 {
    let mut hasher = DefaultHasher::new();
    for MetricValue { name, value } in &job.metrics {
        (name, value).hash(&mut hasher);
    }
    (&job.non_finite_metrics, &job.hyperparameters, &job.fixed_hyperparameters).hash(&mut hasher);
    (&job.instance_type, job.instance_count, job.training_seconds, job.billable_seconds).hash(&mut hasher);
    hasher.finish()
}
