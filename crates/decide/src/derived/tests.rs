//! The values of expressions, and the messages of those that have none.

mod cost;
mod mistakes;
mod properties;

use std::collections::BTreeSet;

use super::*;
use crate::front::{Tables, fronts};
use crate::problem::Problem;
use api::{
    BestTrainingJob, Constraint, DerivedMetric, ExclusionReason, MetricValue, ModelSelectionSpec, RunState,
    parse_decimal, significant,
};
use samples::spec as base;

fn derived(name: &str, expression: &str) -> DerivedMetric {
    DerivedMetric { name: name.into(), expression: expression.into() }
}

fn spec(expressions: &[(&str, &str)]) -> ModelSelectionSpec {
    let mut spec = base();
    spec.derived_metrics = expressions.iter().map(|(name, expression)| derived(name, expression)).collect();
    spec.prices = [("ml.p3.2xlarge".to_owned(), "3.825".to_owned())].into();
    let dataset = &mut spec.datasets[0];
    dataset.test_size = Some(6000);
    dataset.training_size = Some(24_000);
    dataset.facts = [("classes".to_owned(), "256".to_owned()), ("tiny".to_owned(), "1e-300".to_owned())].into();
    spec
}

fn invalid(spec: &ModelSelectionSpec) -> Option<Problem> {
    super::invalid(&Derivations::new(spec))
}

fn check(spec: &ModelSelectionSpec, dataset: &str, known: &Known) -> Result<(), Problem> {
    super::check(&Derivations::new(spec), dataset, known)
}

fn apply(spec: &ModelSelectionSpec, runs: &mut [RunStatus]) {
    super::apply(&Derivations::new(spec), runs, &mut Memo::default());
}

fn hyperparameters_used(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    Derivations::new(spec).hyperparameters_used()
}

fn job() -> BestTrainingJob {
    let metrics = [
        ("latency", "2.4"),
        ("zero", "0"),
        ("minus_zero", "-0"),
        ("accuracy", "0.91"),
        ("small", "0.000053"),
        ("huge", "3.4028235e38"),
        ("tflow-ic:val-accuracy", "0.5"),
        ("dataset", "7"),
    ];
    let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    BestTrainingJob {
        training_job_name: "t-001".into(),
        metrics: metrics.map(|(name, value)| MetricValue { name: name.into(), value: value.into() }).into(),
        non_finite_metrics: vec!["broken".into()],
        hyperparameters: text(&[("learning_rate", "1e-05"), ("batch_size", "\"32\""), ("adam-beta", "0.9")]),
        fixed_hyperparameters: text(&[("optimizer", "adam"), ("epochs", "5"), ("flag", "\"True\""), ("nan", "nan")]),
        training_seconds: Some(3600),
        billable_seconds: Some(1800),
        instance_type: Some("ml.p3.2xlarge".into()),
        instance_count: Some(2),
        ..Default::default()
    }
}

/// The value of the last one of the expressions, or the reason and the message.
fn last(expressions: &[(&str, &str)], job: &BestTrainingJob) -> Result<String, (ExclusionReason, String)> {
    let spec = spec(expressions);
    let (name, _) = expressions.last().unwrap();
    let derived = Derivations::new(&spec).of(&spec.datasets[0], job);
    match derived.values.iter().find(|metric| metric.name == *name) {
        Some(metric) => Ok(metric.value.clone()),
        None => Err(derived.failure(name).unwrap()),
    }
}

#[test]
fn expressions_evaluate_to_real_numbers() {
    for (expression, value) in [
        ("dataset.testSize / latency", "2500"),
        ("3600 * latency", "8640"),
        ("3600u + 0x10", "3616"),
        ("1 / 3", "0.333333333333"),
        ("7 / 2", "3.5"),
        ("-7 % 4", "-3"),
        ("0.1 + 0.2", "0.3"),
        ("accuracy * 100", "91"),
        ("small * 1e-9", "5.3e-14"),
        ("huge * huge", "1.15792077722e77"),
        ("minus_zero", "0"),
        ("-zero", "0"),
        ("1 - 0.9", "0.1"),
        ("metrics['tflow-ic:val-accuracy'] * 2", "1"),
        ("metrics.latency", "2.4"),
        ("metrics['dataset'] + metrics.dataset", "14"),
        ("hyperparameters.batch_size * 2", "64"),
        ("hyperparameters['adam-beta'] + hyperparameters.learning_rate", "0.90001"),
        ("hyperparameters.optimizer == 'adam' ? 1 : 2", "1"),
        ("hyperparameters.optimizer in ['sgd', 'adam'] ? 1 : 2", "1"),
        ("hyperparameters.batch_size in [8, 16] ? 1 : 2", "2"),
        ("hyperparameters.flag == 'True' ? 1 : 2", "1"),
        ("hyperparameters.batch_size == 'auto' ? 1 : 2", "2"),
        ("hyperparameters.batch_size == '32' ? 1 : 2", "1"),
        ("'32' != hyperparameters['batch_size'] ? 1 : 2", "2"),
        ("hyperparameters.batch_size in ['16', '32'] ? 1 : 2", "1"),
        ("hyperparameters.batch_size < '128' ? 1 : 2", "1"),
        ("hyperparameters.learning_rate == '0.00001' ? 1 : 2", "1"),
        ("hyperparameters.optimizer == '32' ? 1 : 2", "2"),
        ("'32' == '32.0' ? 1 : 2", "2"),
        ("hyperparameters.batch_size != 'auto' ? 1 : 2", "1"),
        ("hyperparameters.nan == 'nan' ? 1 : 2", "1"),
        ("dataset.trainingSize / dataset.facts.classes", "93.75"),
        ("dataset.facts['classes']", "256"),
        ("dataset.name == 'caltech256' ? 1 : 2", "1"),
        ("billableSeconds / 3600 * instanceCount * prices[instanceType]", "3.825"),
        ("prices['ml.p3.2xlarge']", "3.825"),
        ("prices['ml.p3.2xlarge'] > 3 && instanceType.startsWith('ml.p3') ? trainingSeconds : 0", "3600"),
        ("instanceType.contains('p3') || zero / zero > 1 ? 1 : 2", "1"),
        ("zero / zero > 1 || true ? 1 : 2", "1"),
        ("zero != 0 && 1 / zero > 1 ? 1 : 2", "2"),
        ("zero == 0 ? 5 : 1 / zero", "5"),
        ("latency > 2 && latency <= 2.4 && !(latency < 1) ? 1 : 0", "1"),
        ("abs(-2) + min(3, latency, 9) + max(1, 2) + sqrt(16) + pow(2, 10)", "1034.4"),
        ("ln(exp(1)) + log10(1000)", "4"),
        ("has(metrics.top_5) ? metrics.top_5 : accuracy", "0.91"),
        ("'tflow-ic:val-accuracy' in metrics && !('x' in hyperparameters) ? 1 : 2", "1"),
        ("has(dataset.facts.classes) && !has(dataset.validationSize) ? 1 : 2", "1"),
        ("has(metrics.broken) ? 1 : 2", "1"),
        ("1 +\n  2 // three\n", "3"),
        ("('é' == \"\\u00e9\") ? 1 : 2", "1"),
        ("1e308 * 1e-308", "1"),
        ("dataset.facts.tiny * 1e-20", "1e-320"),
    ] {
        assert_eq!(last(&[("x", expression)], &job()).as_deref(), Ok(value), "{expression}");
    }
}

#[test]
fn derived_metrics_can_use_only_those_defined_before_them() {
    let both = [("half", "latency / 2"), ("quarter", "half / 2"), ("a-b", "1"), ("x", "quarter + metrics['a-b']")];
    assert_eq!(last(&both, &job()).as_deref(), Ok("1.6"));
    let (reason, message) = last(&[("half", "1 / zero"), ("x", "half * 2")], &job()).unwrap_err();
    assert_eq!(reason, ExclusionReason::MetricNotFinite);
    assert_eq!(message, "'x' cannot be computed: 'half' cannot be computed: it divides by 'zero', which is 0");
    assert_eq!(last(&[("a", "b"), ("b", "1"), ("a", "a")], &job()).unwrap_err().0, ExclusionReason::MetricMissing);
}

#[test]
fn a_failed_computation_has_a_reason() {
    use ExclusionReason::{MetricMissing, MetricNotFinite};
    for (expression, reason, text) in [
        ("1 / zero", MetricNotFinite, "it divides by 'zero', which is 0"),
        ("1 / minus_zero", MetricNotFinite, "it divides by 'minus_zero', which is 0"),
        ("5 % zero", MetricNotFinite, "it divides by 'zero', which is 0"),
        ("min(1, 1 / (latency - 2.4))", MetricNotFinite, "it divides by 0"),
        ("ln(zero)", MetricNotFinite, "ln(0) is not a finite number"),
        ("sqrt(-latency)", MetricNotFinite, "sqrt(-2.4) is not a finite number"),
        ("pow(huge, 9)", MetricNotFinite, "is not a finite number"),
        ("huge * 1e300", MetricNotFinite, "is too large"),
        ("broken * 2", MetricNotFinite, "the final value of 'broken' is not a finite number"),
        ("none * 2", MetricMissing, "the training job did not emit 'none'"),
        ("hyperparameters.none", MetricMissing, "the training job has no `hyperparameters.none`"),
        ("dataset.validationSize", MetricMissing, "dataset 'caltech256' has no `dataset.validationSize`"),
        ("dataset.facts.none", MetricMissing, "has no `dataset.facts.none`"),
        ("prices['ml.g5.xlarge']", MetricMissing, "`prices` has no 'ml.g5.xlarge'"),
        ("hyperparameters.optimizer * 2", MetricMissing, "not `hyperparameters.optimizer`, which is the string 'adam'"),
        ("instanceType", MetricMissing, "a number is needed, not `instanceType`"),
        ("latency > 2", MetricMissing, "a number is needed, not true"),
        ("latency ? 1 : 2", MetricMissing, "true or false is needed, not 'latency', which is 2.4"),
        ("latency < 'a' ? 1 : 2", MetricMissing, "`<` cannot compare 'latency', which is 2.4 and the string 'a'"),
        ("latency *", MetricMissing, "column"),
    ] {
        let (found, message) = last(&[("x", expression)], &job()).unwrap_err();
        assert_eq!(found, reason, "{expression}: {message}");
        assert!(message.starts_with("'x' cannot be computed: ") && message.contains(text), "{expression}: {message}");
    }
    // An old status does not have the instance type of the training job.
    let old = BestTrainingJob { instance_type: None, instance_count: None, ..job() };
    for expression in ["prices[instanceType]", "instanceCount", "instanceType == 'a' ? 1 : 2"] {
        assert_eq!(last(&[("x", expression)], &old).unwrap_err().0, MetricMissing, "{expression}");
    }
}

/// The status has the shortest decimals of 32-bit floats.
#[test]
fn no_floating_point_noise_is_shown() {
    for (numerator, denominator, shown) in [(0.91_f32, 0.7_f32, "1.3"), (0.3, 3.0, "0.1"), (1.1, 1.0, "1.1")] {
        let metric = |name: &str, value: f32| MetricValue { name: name.into(), value: value.to_string() };
        let job = BestTrainingJob { metrics: vec![metric("a", numerator), metric("b", denominator)], ..job() };
        assert_eq!(last(&[("x", "a / b")], &job).as_deref(), Ok(shown));
    }
}

#[test]
fn derived_metrics_are_objectives_and_constraints_and_their_failure_is_the_exclusion() {
    let mut spec = spec(&[("images_per_second", "dataset.testSize / latency"), ("cost", "billableSeconds")]);
    spec.objectives[1].metric = "images_per_second".into();
    spec.constraints = vec![Constraint { metric: "cost".into(), min: None, max: Some("1000".into()) }];
    let run = |candidate: &str, latency: &[&str], seconds: i32| RunStatus {
        candidate: candidate.into(),
        dataset: "caltech256".into(),
        state: RunState::Succeeded,
        best: Some(BestTrainingJob {
            metrics: latency
                .iter()
                .map(|value| MetricValue { name: "latency".into(), value: (*value).into() })
                .chain([MetricValue { name: "test_accuracy".into(), value: "0.9".into() }])
                .collect(),
            billable_seconds: Some(seconds),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut runs = [
        run("slow", &["2"], 1),
        run("fast", &["1"], 1),
        run("dear", &["1"], 2000),
        run("zero", &["0"], 1),
        run("none", &[], 1),
    ];
    apply(&spec, &mut runs);
    let shown: Vec<_> = runs[0].best.as_ref().unwrap().derived_metrics.iter().map(|m| (&*m.name, &*m.value)).collect();
    assert_eq!(shown, [("images_per_second", "3000"), ("cost", "1")]);
    let front = &fronts(&spec, &mut runs, &Tables::new())[0];
    assert_eq!((front.members.len(), &*front.members[0].candidate, &*front.members[0].values[1]), (1, "fast", "6000"));
    let excluded: Vec<_> = front.excluded.iter().map(|e| (&*e.candidate, e.reason)).collect();
    assert_eq!(
        excluded,
        [
            ("dear", ExclusionReason::Infeasible),
            ("zero", ExclusionReason::MetricNotFinite),
            ("none", ExclusionReason::MetricMissing)
        ]
    );
    assert!(front.excluded[1].message.contains("divides by 'latency', which is 0"), "{}", front.excluded[1].message);
    // A derived metric that is removed from the spec is removed from the status.
    spec.derived_metrics.clear();
    apply(&spec, &mut runs);
    assert!(runs.iter().all(|run| run.best.as_ref().unwrap().derived_metrics.is_empty()));
}

/// The examples of the how-to guide, with the metrics of the preset.
#[test]
fn the_examples_of_the_how_to_can_be_computed() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Example {
        objectives: Vec<api::Objective>,
        constraints: Vec<Constraint>,
        derived_metrics: Vec<DerivedMetric>,
        prices: std::collections::BTreeMap<String, String>,
        datasets: Vec<serde_json::Value>,
    }
    let text = include_str!("../../../../docs/how-to/derived-metrics.md");
    let yaml = text.split("```yaml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let example: Example = serde_saphyr::from_str(yaml).unwrap();
    let mut spec = base();
    spec.datasets[0].test_size = example.datasets[0]["testSize"].as_i64();
    (spec.objectives, spec.constraints) = (example.objectives, example.constraints);
    (spec.derived_metrics, spec.prices) = (example.derived_metrics, example.prices);
    let metrics = ["test_accuracy", "train_accuracy", "val_accuracy", "num_params", "test_evaluation_latency"];
    let known = Known {
        metrics: metrics.map(str::to_owned).into(),
        hyperparameters: [("optimizer".to_owned(), vec!["adam".to_owned()])].into(),
    };
    assert_eq!(check(&spec, "caltech256", &known), Ok(()));
    let values = metrics.iter().zip(["0.9", "0.99", "0.91", "1000000", "2.4476"]);
    let job = BestTrainingJob {
        metrics: values.map(|(name, value)| MetricValue { name: (*name).into(), value: value.into() }).collect(),
        hyperparameters: [("optimizer".to_owned(), "sgd".to_owned())].into(),
        ..job()
    };
    let derived = Derivations::new(&spec).of(&spec.datasets[0], &job);
    let values: Vec<_> = derived.values.iter().map(|metric| metric.value.as_str()).collect();
    assert_eq!(values, ["2500", "3.825", "0.425", "0.08", "6", "0.89", "0.9"]);
}

#[test]
fn a_result_is_incomplete_if_it_lacks_an_input_of_an_expression() {
    let run = |best| RunStatus { state: RunState::Succeeded, best: Some(best), ..Default::default() };
    let with = |expression: &str| spec(&[("x", expression)]);
    assert_eq!(hyperparameters_used(&with("hyperparameters.a + hyperparameters['b'] * latency")).len(), 2);
    for (expression, lacking) in [
        ("hyperparameters.epochs * hyperparameters.learning_rate", false),
        ("hyperparameters.other", true),
        ("has(hyperparameters.other) ? 1 : 2", true),
        ("prices[instanceType]", false),
        ("latency", false),
    ] {
        assert_eq!(Derivations::new(&with(expression)).lack_input_of(&run(job())), lacking, "{expression}");
    }
    let old = BestTrainingJob { instance_type: None, ..job() };
    assert!(Derivations::new(&with("prices[instanceType]")).lack_input_of(&run(old.clone())));
    assert!(!Derivations::new(&with("latency")).lack_input_of(&run(old)));
    assert!(!Derivations::new(&with("hyperparameters.other")).lack_input_of(&RunStatus::default()));
}
