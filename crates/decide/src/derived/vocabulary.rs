//! The names in expressions: inputs, operators, functions.

use std::cmp::Ordering;

use cel::common::ast::operators;

/// An input of an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    /// A metric: from the logs, or derived earlier.
    Metric(String),
    /// A hyperparameter, fixed or searched.
    Hyperparameter(String),
    /// One of `dataset.facts`.
    Fact(String),
    DatasetName,
    TestSize,
    TrainingSize,
    ValidationSize,
    TrainingSeconds,
    BillableSeconds,
    InstanceCount,
    InstanceType,
    /// `prices[instanceType]`.
    InstancePrice,
    /// The price of an instance type that the expression names.
    Price(String),
}

impl Input {
    /// The input in messages: a metric by its name, any other one as it is written.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Metric(name) => format!("'{name}'"),
            other => format!("`{}`", other.text()),
        }
    }

    /// The input as it is written in an expression.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Metric(name) if is_identifier(name) => name.clone(),
            Self::Metric(name) => format!("metrics['{name}']"),
            Self::Hyperparameter(name) if is_identifier(name) => format!("hyperparameters.{name}"),
            Self::Hyperparameter(name) => format!("hyperparameters['{name}']"),
            Self::Fact(name) => format!("dataset.facts.{name}"),
            Self::DatasetName => "dataset.name".to_owned(),
            Self::TestSize => "dataset.testSize".to_owned(),
            Self::TrainingSize => "dataset.trainingSize".to_owned(),
            Self::ValidationSize => "dataset.validationSize".to_owned(),
            Self::TrainingSeconds => "trainingSeconds".to_owned(),
            Self::BillableSeconds => "billableSeconds".to_owned(),
            Self::InstanceCount => "instanceCount".to_owned(),
            Self::InstanceType => "instanceType".to_owned(),
            Self::InstancePrice => "prices[instanceType]".to_owned(),
            Self::Price(instance_type) => format!("prices['{instance_type}']"),
        }
    }
}

/// Whether `name` is a valid CEL identifier.
pub(super) fn is_identifier(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// An operator on two numbers: its name in CEL, its symbol, its function.
pub(super) type Arithmetic = (&'static str, &'static str, fn(f64, f64) -> f64);
/// A comparison: its name in CEL, its symbol, its function.
pub(super) type Comparison = (&'static str, &'static str, fn(Ordering) -> bool);
/// A function on numbers: name, smallest and largest number of arguments, implementation.
pub(super) type Function = (&'static str, usize, usize, fn(&[f64]) -> f64);
/// A function on two strings.
pub(super) type TextFunction = (&'static str, fn(&str, &str) -> bool);

pub(super) const ARITHMETIC: [Arithmetic; 5] = [
    (operators::ADD, "+", |a, b| a + b),
    (operators::SUBSTRACT, "-", |a, b| a - b),
    (operators::MULTIPLY, "*", |a, b| a * b),
    (operators::DIVIDE, "/", |a, b| a / b),
    (operators::MODULO, "%", |a, b| a % b),
];
pub(super) const COMPARISONS: [Comparison; 6] = [
    (operators::EQUALS, "==", Ordering::is_eq),
    (operators::NOT_EQUALS, "!=", Ordering::is_ne),
    (operators::LESS, "<", Ordering::is_lt),
    (operators::LESS_EQUALS, "<=", Ordering::is_le),
    (operators::GREATER, ">", Ordering::is_gt),
    (operators::GREATER_EQUALS, ">=", Ordering::is_ge),
];
pub(super) const FUNCTIONS: [Function; 8] = [
    ("abs", 1, 1, |x| x[0].abs()),
    ("min", 1, 64, |x| x.iter().copied().fold(f64::INFINITY, f64::min)),
    ("max", 1, 64, |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    ("sqrt", 1, 1, |x| x[0].sqrt()),
    ("pow", 2, 2, |x| x[0].powf(x[1])),
    ("ln", 1, 1, |x| x[0].ln()),
    ("log10", 1, 1, |x| x[0].log10()),
    ("exp", 1, 1, |x| x[0].exp()),
];
pub(super) const TEXT_FUNCTIONS: [TextFunction; 3] = [
    ("startsWith", |text, part| text.starts_with(part)),
    ("endsWith", |text, part| text.ends_with(part)),
    ("contains", |text, part| text.contains(part)),
];
