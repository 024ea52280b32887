//! Expressions of derived metrics, whatever is written: no panic, and no number in a status that is none.

use std::sync::LazyLock;

use api::{BestTrainingJob, DerivedMetric, MetricValue, ModelSelectionSpec, RunState, RunStatus, parse_decimal};
use decide::derived::{Derivations, Known, check, invalid};
use decide::front::{Tables, fronts};

/// Characters of an expression, at most, by the schema.
const LONGEST: usize = 1024;

fn job() -> BestTrainingJob {
    let metrics =
        [("latency", "2.4"), ("zero", "0"), ("huge", "3.4028235e38"), ("a-b", "-0.5"), ("test_accuracy", "0.9")];
    let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    BestTrainingJob {
        training_job_name: "t-001".into(),
        metrics: metrics.map(|(name, value)| MetricValue { name: name.into(), value: value.into() }).into(),
        non_finite_metrics: vec!["broken".into()],
        hyperparameters: text(&[("learning_rate", "1e-05"), ("batch_size", "\"32\"")]),
        fixed_hyperparameters: text(&[("optimizer", "adam"), ("nan", "nan")]),
        training_seconds: Some(3600),
        billable_seconds: Some(1800),
        instance_type: Some("ml.p3.2xlarge".into()),
        instance_count: Some(2),
        ..BestTrainingJob::default()
    }
}

fn spec(expression: &str) -> ModelSelectionSpec {
    static SPEC: LazyLock<ModelSelectionSpec> = LazyLock::new(crate::selection::spec);
    let derived = |name: &str, expression: &str| DerivedMetric { name: name.into(), expression: expression.into() };
    let mut spec = SPEC.clone();
    spec.derived_metrics = vec![derived("x", expression), derived("images", "x * 2")];
    spec.datasets[0].facts = [("classes".to_owned(), "256".to_owned())].into();
    spec
}

/// Runs the target; returns whether the expression is valid.
///
/// # Panics
/// If a front has a value that is no number.
pub fn run(data: &[u8]) -> bool {
    let Ok(expression) = std::str::from_utf8(data) else { return false };
    if expression.chars().count() > LONGEST {
        return false;
    }
    let spec = spec(expression);
    let derivations = Derivations::new(&spec);
    let is_valid = invalid(&derivations).is_none() && derivations.over_budget().is_none();
    let known = Known { metrics: ["latency", "zero"].map(str::to_owned).into(), ..Known::default() };
    let _ = check(&derivations, &spec.datasets[0].name, &known);

    let run = |candidate: &str| RunStatus {
        candidate: candidate.to_owned(),
        dataset: spec.datasets[0].name.clone(),
        state: RunState::Succeeded,
        best: Some(job()),
        ..RunStatus::default()
    };
    let mut runs: Vec<RunStatus> = spec.candidates.iter().map(|candidate| run(&candidate.name)).collect();
    for front in fronts(&spec, &mut runs, &Tables::default()) {
        let values =
            front.members.iter().flat_map(|member| &member.values).chain(&front.reference).chain(&front.hypervolume);
        for value in values {
            assert!(parse_decimal(value).is_some(), "{expression:?} gives {value}");
        }
    }
    is_valid
}
