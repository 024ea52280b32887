//! The derived metrics of a spec: computes the values of its expressions for a training job.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::evaluate::{self, Inputs, Value, Why};
use super::expressions::Expressions;
use super::vocabulary::Input;
use crate::effective::objective_metrics;
use crate::problem::Problem;
use crate::status_bounds::is_bounded;
use crate::training_job::{is_deleted, unquoted};
use api::{
    BestTrainingJob, Dataset, ExclusionReason, MetricValue, ModelSelectionSpec, RunState, RunStatus, decimal,
    parse_decimal, significant,
};

/// Significant digits of a computed number: further digits would show floating-point noise, because metrics are 32-bit
/// floats.
pub const DIGITS: usize = 12;

/// The derived metrics of a spec, for use with many training jobs.
#[derive(Debug)]
pub struct Derivations<'a> {
    pub(super) spec: &'a ModelSelectionSpec,
    /// Each parsed expression, or its error, in the order of the spec.
    pub(super) expressions: Expressions,
    /// The metrics that are kept of a training job, if not all are.
    kept: Option<BTreeSet<String>>,
    /// The first mistake that does not depend on a run, once it has been searched for.
    pub(super) mistake: OnceLock<Result<(), (String, String)>>,
}

/// The derived metrics of one training job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derived {
    /// Those that could be computed, in the order of the spec.
    pub values: Vec<MetricValue>,
    pub(super) failed: Vec<(String, Why)>,
}

impl Derived {
    /// Why the derived metric `name` could not be computed, if it is defined and could not.
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
    /// Parses the expressions of `spec`.
    pub fn new(spec: &'a ModelSelectionSpec) -> Self {
        Self::with(spec, Expressions::read(&spec.derived_metrics))
    }

    /// Uses the expressions of `spec` that were parsed earlier.
    pub fn with(spec: &'a ModelSelectionSpec, expressions: Expressions) -> Self {
        let mut derivations = Self { spec, expressions, kept: None, mistake: OnceLock::new() };
        derivations.kept = is_bounded(spec).then(|| derivations.metrics_wanted());
        derivations
    }

    /// The same for the spec with a candidate's overrides.
    pub fn for_spec<'b>(&self, spec: &'b ModelSelectionSpec) -> Derivations<'b> {
        Derivations::with(spec, self.expressions.clone())
    }

    /// The spec.
    pub fn spec(&self) -> &'a ModelSelectionSpec {
        self.spec
    }

    /// See [`Expressions::over_budget`].
    pub fn over_budget(&self) -> Option<Problem> {
        self.expressions.over_budget(self.spec)
    }

    /// Most operations for the derived metrics of one training job.
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
        let integer = |integer: Option<i32>| integer.map(|integer| Value::Number(f64::from(integer)));
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
            Input::TrainingSeconds => integer(job.training_seconds),
            Input::BillableSeconds => integer(job.billable_seconds),
            Input::InstanceCount => integer(job.instance_count),
            Input::InstanceType => job.instance_type.clone().map(Value::Text),
            Input::InstancePrice => job.instance_type.as_deref().and_then(price),
            Input::Price(instance_type) => price(instance_type),
        };
        found.ok_or_else(|| {
            Why::Missing(match input {
                Input::Fact(_) | Input::TestSize | Input::TrainingSize | Input::ValidationSize => {
                    format!("dataset '{}' has no {}", dataset.name, input.shown())
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

    /// Whether the spec uses a value of the training job of `run` that was not kept when its result was collected: an
    /// edit has added it, or an older release has collected the result.
    pub fn lack_input_of(&self, run: &RunStatus) -> bool {
        let Some(best) = run.best.as_ref().filter(|_| run.state == RunState::Succeeded) else { return false };
        let has = |name: &String| {
            best.metrics.iter().any(|metric| metric.name == *name)
                || best.non_finite_metrics.contains(name)
                || self.expressions.iter().any(|(derived, _)| derived == name)
        };
        let lacks = |wanted: &BTreeSet<String>| wanted.iter().any(|name| !has(name));
        let lacks_metric = match &self.kept {
            Some(kept) => lacks(kept),
            // The selection was larger before.
            None => best.metrics_omitted > 0 && lacks(&self.metrics_wanted()),
        };
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

    /// The inputs of all expressions.
    fn inputs(&self) -> impl Iterator<Item = &Input> {
        let expressions = self.expressions.iter().filter_map(|(_, expression)| expression.as_ref().ok());
        expressions.flat_map(|expression| expression.inputs.iter().chain(&expression.optional))
    }
}

/// The derived metrics that are already computed.
type Earlier<'a> = Vec<(&'a str, Result<f64, Why>)>;

fn metric(job: &BestTrainingJob, earlier: &Earlier<'_>, name: &str) -> Result<Value, Why> {
    if let Some(number) = job.metrics.iter().find(|metric| metric.name == name).and_then(|m| parse_decimal(&m.value)) {
        return Ok(Value::Number(number));
    }
    if job.non_finite_metrics.iter().any(|metric| metric == name) {
        return Err(Why::NotFinite(format!("the final value of '{name}' is not a finite number")));
    }
    match earlier.iter().find(|(derived, _)| *derived == name) {
        Some((_, Ok(number))) => Ok(Value::Number(*number)),
        Some((_, Err(why))) => Err(why.with_message(not_computed(name, why))),
        None if is_deleted(job) => Err(Why::Missing("the training job no longer exists at SageMaker".to_owned())),
        None => Err(Why::Missing(format!("the training job did not emit '{name}'"))),
    }
}

fn not_computed(name: &str, why: &Why) -> String {
    format!("'{name}' cannot be computed: {}", why.message())
}

fn read(hyperparameter: &str) -> Value {
    let text = unquoted(hyperparameter);
    parse_decimal(&text).map_or(Value::Text(text), Value::Number)
}

/// Sizes are below 2^53, so that they are exact.
#[allow(clippy::cast_precision_loss)]
fn whole(size: i64) -> Value {
    Value::Number(size as f64)
}
