//! Finds mistakes in expressions before a job is created for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::derivations::Derivations;
use super::evaluate::Why;
use super::expression::Expression;
use super::vocabulary::{Input, is_identifier};
use crate::effective::instance_types;
use crate::problem::Problem;
use crate::suggest::{nearest, some};
use api::{BestTrainingJob, Dataset, MetricValue, ModelSelectionSpec, Reason, decimal};

/// What is known about a run before it is created.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The metrics in its logs.
    pub metrics: BTreeSet<String>,
    /// Its hyperparameters, each with values that it may have.
    pub hyperparameters: BTreeMap<String, Vec<String>>,
}

/// The first mistake in the expressions of a spec that does not depend on a run.
pub fn invalid(derivations: &Derivations<'_>) -> Option<Problem> {
    problem(mistake(derivations)).or_else(|| derivations.over_budget())
}

/// Checks whether the derived metrics of a run on the dataset of that name can be computed once the run has ended.
pub fn check(derivations: &Derivations<'_>, dataset: &str, known: &Known) -> Result<(), Problem> {
    let wrong = mistake(derivations).and_then(|()| of_run(derivations, known)).and_then(|()| {
        let dataset = derivations.spec.datasets.iter().find(|d| d.name == dataset);
        dataset.map_or(Ok(()), |dataset| tried(derivations, dataset, known))
    });
    problem(wrong).map_or(Ok(()), Err)
}

/// The name of a derived metric, and the mistake in it.
type Wrong = (String, String);

fn problem(wrong: Result<(), Wrong>) -> Option<Problem> {
    let (name, why) = wrong.err()?;
    Some(Problem::new(Reason::InvalidExpression, format!("`derivedMetrics` entry '{name}': {why}")))
}

/// The first mistake that does not depend on a run: searched for once.
fn mistake(derivations: &Derivations<'_>) -> Result<(), Wrong> {
    derivations.mistake.get_or_init(|| always(derivations)).clone()
}

/// Checks everything that does not depend on a run: the grammar, the order, and values that the spec itself must have.
fn always(derivations: &Derivations<'_>) -> Result<(), Wrong> {
    let Derivations { spec, expressions, .. } = derivations;
    let of_candidates = spec.candidates.iter().flat_map(|candidate| &candidate.overrides.metric_definitions);
    let definitions = spec.training.metric_definitions.iter().chain(of_candidates);
    let read_from_logs: HashSet<&str> = definitions.map(|definition| definition.name.as_str()).collect();
    let names: Vec<&str> = expressions.iter().map(|(name, _)| name).collect();
    for (place, (name, expression)) in expressions.iter().enumerate() {
        let wrong = |why: String| Err((name.to_owned(), why));
        if read_from_logs.contains(name) {
            return wrong(clash());
        }
        let expression = match expression {
            Ok(expression) => expression,
            Err(why) => return wrong(why.clone()),
        };
        for input in expression.inputs.difference(&expression.optional) {
            if let Input::Metric(metric) = input
                && let Some(later) = names[place..].iter().find(|later| *later == metric)
            {
                let later =
                    if *later == name { "itself".to_owned() } else { format!("'{later}', which is defined after it") };
                return wrong(format!("it uses {later}; only derived metrics that are defined before it can be used"));
            }
            if let Some(why) = absent(spec, input) {
                return wrong(why);
            }
        }
    }
    Ok(())
}

fn clash() -> String {
    "its name is also that of a metric that is read from the logs; give it another".to_owned()
}

/// An input of an expression that the spec itself lacks.
fn absent(spec: &ModelSelectionSpec, input: &Input) -> Option<String> {
    let lacks = |has: fn(&Dataset) -> bool| spec.datasets.iter().find(|dataset| !has(dataset));
    let (dataset, names) = match input {
        Input::TestSize => (lacks(|d| d.test_size.is_some()), None),
        Input::TrainingSize => (lacks(|d| d.training_size.is_some()), None),
        Input::ValidationSize => (lacks(|d| d.validation_size.is_some()), None),
        Input::Fact(name) => {
            let dataset = spec.datasets.iter().find(|dataset| !dataset.facts.contains_key(name));
            (dataset, dataset.and_then(|d| nearest(name, d.facts.keys().map(String::as_str))))
        }
        Input::Price(instance_type) => return no_price(spec, instance_type),
        Input::InstancePrice => {
            return instance_types(spec).iter().find_map(|instance_type| no_price(spec, instance_type));
        }
        _ => return None,
    };
    let field = input.text();
    let field = field.strip_prefix("dataset.").unwrap_or_default();
    let hint = names.map_or_else(|| "add it there".to_owned(), |name| format!("did you mean '{name}'?"));
    dataset.map(|dataset| format!("it uses `dataset.{field}`, which dataset '{}' does not have; {hint}", dataset.name))
}

fn no_price(spec: &ModelSelectionSpec, instance_type: &str) -> Option<String> {
    let missing = !spec.prices.contains_key(instance_type);
    missing.then(|| format!("it uses the price of '{instance_type}', which `prices` does not have; add it there"))
}

/// Checks the names that depend on the run: metrics and hyperparameters.
fn of_run(derivations: &Derivations<'_>, known: &Known) -> Result<(), Wrong> {
    let mut earlier: Vec<&str> = Vec::new();
    for (name, expression) in derivations.expressions.iter() {
        if known.metrics.contains(name) {
            return Err((name.to_owned(), clash()));
        }
        let why = expression.as_ref().ok().and_then(|expression| unknown(expression, known, &earlier));
        if let Some(why) = why {
            return Err((name.to_owned(), why));
        }
        earlier.push(name);
    }
    Ok(())
}

fn unknown(expression: &Expression, known: &Known, earlier: &[&str]) -> Option<String> {
    expression.inputs.difference(&expression.optional).find_map(|input| match input {
        Input::Metric(name) if !known.metrics.contains(name) && !earlier.contains(&name.as_str()) => {
            let metrics: Vec<&str> = known.metrics.iter().map(String::as_str).chain(earlier.iter().copied()).collect();
            let others = ["trainingSeconds", "billableSeconds", "instanceCount", "instanceType"];
            // CEL parses `test-latency` as a subtraction.
            let part = |metric: &&&str| {
                !is_identifier(metric) && metric.split(|c| !is_identifier_part(c)).any(|part| part == name)
            };
            let near = metrics.iter().find(part).copied();
            let remedy = match near.or_else(|| nearest(name, metrics.iter().copied().chain(others))) {
                Some(near) if others.contains(&near) => format!("did you mean {near}?"),
                Some(near) => format!("did you mean {}?", Input::Metric(near.to_owned()).text()),
                None => format!("its metrics are {}", some(metrics.iter().copied())),
            };
            Some(format!("it uses '{name}', but the run has no metric of that name; {remedy}"))
        }
        Input::Hyperparameter(name) if !known.hyperparameters.contains_key(name) => {
            let names = || known.hyperparameters.keys().map(String::as_str);
            let remedy = match nearest(name, names()) {
                Some(near) => format!("did you mean {}?", Input::Hyperparameter(near.to_owned()).text()),
                None if known.hyperparameters.is_empty() => {
                    "set it in `training.hyperparameters` or search it in `tuning.parameterRanges`".to_owned()
                }
                None => format!("it has {}", some(names())),
            };
            Some(format!("it uses the hyperparameter '{name}', which the run does not have; {remedy}"))
        }
        _ => None,
    })
}

fn is_identifier_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The derived metrics that have the same value for all training jobs on a dataset.
fn fixed<'a>(derivations: &'a Derivations<'_>) -> HashSet<&'a str> {
    let mut fixed = HashSet::new();
    for (name, expression) in derivations.expressions.iter() {
        let of_spec = |input: &Input| match input {
            Input::Metric(name) => fixed.contains(name.as_str()),
            Input::DatasetName
            | Input::TestSize
            | Input::TrainingSize
            | Input::ValidationSize
            | Input::Fact(_)
            | Input::Price(_) => true,
            _ => false,
        };
        if expression.as_ref().is_ok_and(|e| e.inputs.iter().chain(&e.optional).all(of_spec)) {
            fixed.insert(name);
        }
    }
    fixed
}

/// Most operations of the search for mistakes in one run. For large expressions, fewer combinations of values are
/// tried.
const TRIED: usize = 50_000;

/// Evaluates the expressions with made-up metrics and with each known value of the hyperparameters, to find expressions
/// that fail for any numbers, such as a string times two.
fn tried(derivations: &Derivations<'_>, dataset: &Dataset, known: &Known) -> Result<(), Wrong> {
    let spec = derivations.spec;
    let used = derivations.hyperparameters_used();
    let values = || known.hyperparameters.iter().filter(|(name, _)| used.contains(*name));
    let fixed = fixed(derivations);
    let affordable = (TRIED / derivations.operations().max(1)).clamp(4, 64);
    let points = values().map(|(_, values)| values.len()).max().unwrap_or(1).clamp(4, affordable);
    for point in 0..points {
        let metric = |(place, name): (usize, &String)| {
            // No two values are alike, and they have different magnitudes, so that both branches of most conditions are
            // tried.
            let number = [0.5, 20.0, 1e-3, 1e6][point % 4] * (1.0 + f64::from(u8::try_from(place).unwrap_or(0)) / 8.0);
            MetricValue { name: name.clone(), value: decimal(number).unwrap_or_default() }
        };
        let job = BestTrainingJob {
            metrics: known.metrics.iter().enumerate().map(metric).collect(),
            hyperparameters: values()
                .filter_map(|(name, values)| Some((name.clone(), values.iter().cycle().nth(point)?.clone())))
                .collect(),
            training_seconds: Some(100),
            billable_seconds: Some(90),
            instance_type: Some(spec.training.instance_type.clone()),
            instance_count: Some(spec.training.instance_count.unwrap_or(1)),
            ..BestTrainingJob::default()
        };
        for (name, why) in derivations.of(dataset, &job).failed {
            match why {
                Why::Mistaken(why) => return Err((name, why)),
                Why::NotFinite(why) if fixed.contains(name.as_str()) => return Err((name, why)),
                // Made-up numbers may be outside its domain; real ones need not be.
                Why::NotFinite(_) | Why::Missing(_) => {}
            }
        }
    }
    Ok(())
}
