//! Derived metrics: worked out from the metrics of a training job by the expressions of the spec.
//!
//! They follow from the spec and from what is kept of the training job, so they are worked out anew whenever the status
//! is: an edit of an expression needs no call to SageMaker, unless it uses a hyperparameter that was not kept.

mod check;
mod evaluate;
mod expression;
mod expressions;
mod memo;
mod node;
mod vocabulary;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use api::{
    BestTrainingJob, Dataset, ExclusionReason, MetricValue, ModelSelectionSpec, RunState, RunStatus, decimal,
    parse_decimal, significant,
};

pub use check::{Known, check, invalid};
pub use expressions::Expressions;
pub use memo::Memo;

use super::effective::objective_metrics;
use super::problem::Problem;
use super::status_bounds::is_bounded;
use super::training_job::{is_deleted, unquoted};
use evaluate::{Inputs, Value, Why};
use vocabulary::Input;

/// Digits of a number that was worked out from 32-bit metrics: these have no more.
pub const DIGITS: usize = 12;

/// The derived metrics of a spec, for many training jobs.
#[derive(Debug)]
pub struct Derivations<'a> {
    spec: &'a ModelSelectionSpec,
    /// Each expression, or what is wrong with it, in the order of the spec.
    expressions: Expressions,
    /// The metrics that are kept of a training job, where not all are.
    kept: Option<BTreeSet<String>>,
    /// What is wrong, whatever the runs are, once it was asked for.
    mistake: OnceLock<Result<(), check::Wrong>>,
}

/// What the derived metrics of one training job come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derived {
    /// Those that can be worked out, in the order of the spec.
    pub values: Vec<MetricValue>,
    failed: Vec<(String, Why)>,
}

impl Derived {
    /// Why the derived metric `name` cannot be worked out, if there is one and it cannot.
    pub fn failure(&self, name: &str) -> Option<(ExclusionReason, String)> {
        let (_, why) = self.failed.iter().find(|(failed, _)| failed == name)?;
        let reason = match why {
            Why::NotFinite(_) => ExclusionReason::MetricNotFinite,
            Why::Missing(_) | Why::Mistaken(_) => ExclusionReason::MetricMissing,
        };
        Some((reason, not_computed(name, why)))
    }
}

impl<'a> Derivations<'a> {
    /// Reads the expressions of `spec`.
    pub fn new(spec: &'a ModelSelectionSpec) -> Self {
        Self::with(spec, Expressions::read(&spec.derived_metrics))
    }

    /// With the expressions of `spec`, which were read before.
    pub fn with(spec: &'a ModelSelectionSpec, expressions: Expressions) -> Self {
        let mut derivations = Self { spec, expressions, kept: None, mistake: OnceLock::new() };
        derivations.kept = is_bounded(spec).then(|| derivations.metrics_wanted());
        derivations
    }

    /// The same for the spec as a candidate has it.
    pub fn for_spec<'b>(&self, spec: &'b ModelSelectionSpec) -> Derivations<'b> {
        Derivations::with(spec, self.expressions.clone())
    }

    /// The spec.
    pub fn spec(&self) -> &'a ModelSelectionSpec {
        self.spec
    }

    fn mistake(&self) -> Result<(), check::Wrong> {
        self.mistake.get_or_init(|| check::always(self)).clone()
    }

    /// See [`Expressions::over_budget`].
    pub fn over_budget(&self) -> Option<Problem> {
        self.expressions.over_budget(self.spec)
    }

    /// Operations that the derived metrics of a training job take, at most.
    pub fn operations(&self) -> usize {
        self.expressions.operations()
    }

    /// The names of the metrics that the spec refers to.
    pub fn metrics_wanted(&self) -> BTreeSet<String> {
        let objectives = self.spec.objectives.iter().map(|objective| &objective.metric);
        let constraints = self.spec.constraints.iter().map(|constraint| &constraint.metric);
        let searched = objective_metrics(self.spec).map(str::to_owned);
        let named = objectives.chain(constraints).cloned().chain(searched);
        let used = |input: &Input| match input {
            Input::Metric(name) => Some(name.clone()),
            _ => None,
        };
        named.chain(self.inputs().filter_map(used)).collect()
    }

    /// The derived metrics of a training job on `dataset`.
    pub fn of(&self, dataset: &Dataset, job: &BestTrainingJob) -> Derived {
        let mut earlier: Earlier<'_> = Vec::new();
        for (name, expression) in self.expressions.iter() {
            let value = match expression {
                Ok(expression) => {
                    let look_up = |input: &Input| self.input(dataset, job, &earlier, input);
                    evaluate::number(&expression.root, &Inputs::new(&expression.named, &look_up))
                }
                Err(why) => Err(Why::Mistaken(why.clone())),
            };
            earlier.push((name, value));
        }
        let mut derived = Derived::default();
        for (name, value) in earlier {
            match value {
                Ok(number) => derived.values.extend(
                    decimal(significant(number, DIGITS)).map(|value| MetricValue { name: name.to_owned(), value }),
                ),
                Err(why) => derived.failed.push((name.to_owned(), why)),
            }
        }
        derived
    }

    fn input(
        &self,
        dataset: &Dataset,
        job: &BestTrainingJob,
        earlier: &Earlier<'_>,
        input: &Input,
    ) -> Result<Value, Why> {
        let seconds = |seconds: Option<i32>| seconds.map(|seconds| Value::Number(f64::from(seconds)));
        let size = |size: Option<i64>| size.map(whole);
        let price = |instance_type: &str| {
            self.spec.prices.get(instance_type).and_then(|price| parse_decimal(price)).map(Value::Number)
        };
        let found = match input {
            Input::Metric(name) => return metric(job, earlier, name),
            Input::Hyperparameter(name) => {
                job.hyperparameters.get(name).or_else(|| job.fixed_hyperparameters.get(name)).map(|text| read(text))
            }
            Input::Fact(name) => dataset.facts.get(name).and_then(|fact| parse_decimal(fact)).map(Value::Number),
            Input::DatasetName => Some(Value::Text(dataset.name.clone())),
            Input::TestSize => size(dataset.test_size),
            Input::TrainingSize => size(dataset.training_size),
            Input::ValidationSize => size(dataset.validation_size),
            Input::TrainingSeconds => seconds(job.training_seconds),
            Input::BillableSeconds => seconds(job.billable_seconds),
            Input::InstanceCount => seconds(job.instance_count),
            Input::InstanceType => job.instance_type.clone().map(Value::Text),
            Input::InstancePrice => job.instance_type.as_deref().and_then(price),
            Input::Price(instance_type) => price(instance_type),
        };
        found.ok_or_else(|| {
            Why::Missing(match input {
                Input::Fact(_) | Input::TestSize | Input::TrainingSize | Input::ValidationSize => {
                    format!("dataset '{}' does not say {}", dataset.name, input.shown())
                }
                Input::InstancePrice => {
                    let instance_type = job.instance_type.as_deref().unwrap_or("the instance type, which is not known");
                    format!("`prices` has no '{instance_type}'")
                }
                Input::Price(instance_type) => format!("`prices` has no '{instance_type}'"),
                _ if is_deleted(job) => "the training job no longer exists at SageMaker".to_owned(),
                _ => format!("the training job has no {}", input.shown()),
            })
        })
    }

    /// Whether the spec uses something of the training job of `run` that was not kept when its result was collected: an
    /// edit has brought it in, or an older release has collected it.
    pub fn lack_input_of(&self, run: &RunStatus) -> bool {
        let Some(best) = run.best.as_ref().filter(|_| run.state == RunState::Succeeded) else { return false };
        let has = |name: &String| {
            best.metrics.iter().any(|metric| metric.name == *name)
                || best.non_finite_metrics.contains(name)
                || self.expressions.iter().any(|(derived, _)| derived == name)
        };
        let lacks_metric = self.kept.iter().flatten().any(|name| !has(name));
        lacks_metric
            || self.inputs().any(|input| match input {
                Input::Hyperparameter(name) => {
                    !best.hyperparameters.contains_key(name) && !best.fixed_hyperparameters.contains_key(name)
                }
                Input::InstanceType | Input::InstancePrice => best.instance_type.is_none(),
                Input::InstanceCount => best.instance_count.is_none(),
                _ => false,
            })
    }

    /// The names of the hyperparameters that expressions use.
    pub fn hyperparameters_used(&self) -> BTreeSet<String> {
        let name = |input: &Input| match input {
            Input::Hyperparameter(name) => Some(name.clone()),
            _ => None,
        };
        self.inputs().filter_map(name).collect()
    }

    /// What all expressions ask for.
    fn inputs(&self) -> impl Iterator<Item = &Input> {
        let expressions = self.expressions.iter().filter_map(|(_, expression)| expression.as_ref().ok());
        expressions.flat_map(|expression| expression.inputs.iter().chain(&expression.optional))
    }
}

/// The derived metrics so far.
type Earlier<'a> = Vec<(&'a str, Result<f64, Why>)>;

fn metric(job: &BestTrainingJob, earlier: &Earlier<'_>, name: &str) -> Result<Value, Why> {
    if let Some(number) = job.metrics.iter().find(|metric| metric.name == name).and_then(|m| parse_decimal(&m.value)) {
        return Ok(Value::Number(number));
    }
    if job.non_finite_metrics.iter().any(|metric| metric == name) {
        return Err(Why::NotFinite(format!("the final value of '{name}' is no finite number")));
    }
    match earlier.iter().find(|(derived, _)| *derived == name) {
        Some((_, Ok(number))) => Ok(Value::Number(*number)),
        Some((_, Err(why))) => Err(why.with_message(not_computed(name, why))),
        None if is_deleted(job) => Err(Why::Missing("the training job no longer exists at SageMaker".to_owned())),
        None => Err(Why::Missing(format!("the training job did not emit '{name}'"))),
    }
}

fn not_computed(name: &str, why: &Why) -> String {
    format!("'{name}' cannot be worked out: {}", why.message())
}

fn read(hyperparameter: &str) -> Value {
    let text = unquoted(hyperparameter);
    parse_decimal(&text).map_or(Value::Text(text), Value::Number)
}

/// Sizes are below 2^53, so that none is rounded.
#[allow(clippy::cast_precision_loss)]
fn whole(size: i64) -> Value {
    Value::Number(size as f64)
}

/// Sets the derived metrics of each run that has a result, and returns what they come to, run by run. Those that `memo`
/// knows are not worked out again.
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

/// The names of the hyperparameters that expressions use.
pub fn hyperparameters_used(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    Derivations::new(spec).hyperparameters_used()
}

/// The names of the metrics that the spec refers to.
pub fn metrics_wanted(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    Derivations::new(spec).metrics_wanted()
}

#[cfg(test)]
mod tests;
