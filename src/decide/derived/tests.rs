//! What expressions come to, and what is said of those that come to nothing.

use proptest::prelude::*;

use super::*;
use crate::api::{Constraint, DerivedMetric, Reason};
use crate::decide::definition::tests::spec as base;
use crate::decide::front::fronts;

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

/// The value of the last of the expressions, or the reason and the message.
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
fn expressions_come_to_real_numbers() {
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
fn derived_metrics_can_use_those_that_stand_before_them_and_no_others() {
    let both = [("half", "latency / 2"), ("quarter", "half / 2"), ("a-b", "1"), ("x", "quarter + metrics['a-b']")];
    assert_eq!(last(&both, &job()).as_deref(), Ok("1.6"));
    let (reason, message) = last(&[("half", "1 / zero"), ("x", "half * 2")], &job()).unwrap_err();
    assert_eq!(reason, ExclusionReason::MetricNotFinite);
    assert_eq!(message, "'x' cannot be worked out: 'half' cannot be worked out: it divides by 'zero', which is 0");
    assert_eq!(last(&[("a", "b"), ("b", "1"), ("a", "a")], &job()).unwrap_err().0, ExclusionReason::MetricMissing);
}

#[test]
fn what_cannot_be_worked_out_says_why() {
    use ExclusionReason::{MetricMissing, MetricNotFinite};
    for (expression, reason, text) in [
        ("1 / zero", MetricNotFinite, "it divides by 'zero', which is 0"),
        ("1 / minus_zero", MetricNotFinite, "it divides by 'minus_zero', which is -0"),
        ("5 % zero", MetricNotFinite, "it divides by 'zero', which is 0"),
        ("min(1, 1 / (latency - 2.4))", MetricNotFinite, "it divides by 0"),
        ("ln(zero)", MetricNotFinite, "ln(0) is no finite number"),
        ("sqrt(-latency)", MetricNotFinite, "sqrt(-2.4) is no finite number"),
        ("pow(huge, 9)", MetricNotFinite, "is no finite number"),
        ("1e308 * 10", MetricNotFinite, "1e308 * 10 is too large"),
        ("broken * 2", MetricNotFinite, "the final value of 'broken' is no finite number"),
        ("none * 2", MetricMissing, "the training job did not emit 'none'"),
        ("hyperparameters.none", MetricMissing, "the training job has no 'hyperparameters.none'"),
        ("dataset.validationSize", MetricMissing, "dataset 'caltech256' does not say 'dataset.validationSize'"),
        ("dataset.facts.none", MetricMissing, "does not say 'dataset.facts.none'"),
        ("prices['ml.g5.xlarge']", MetricMissing, "`prices` has no 'ml.g5.xlarge'"),
        ("hyperparameters.optimizer * 2", MetricMissing, "not 'hyperparameters.optimizer', which is the text 'adam'"),
        ("instanceType", MetricMissing, "a number is needed, not 'instanceType'"),
        ("latency > 2", MetricMissing, "a number is needed, not true"),
        ("latency ? 1 : 2", MetricMissing, "true or false is needed, not 'latency', which is 2.4"),
        ("latency < 'a' ? 1 : 2", MetricMissing, "`<` cannot tell between 'latency', which is 2.4 and the text 'a'"),
        ("latency *", MetricMissing, "column"),
    ] {
        let (found, message) = last(&[("x", expression)], &job()).unwrap_err();
        assert_eq!(found, reason, "{expression}: {message}");
        assert!(message.starts_with("'x' cannot be worked out: ") && message.contains(text), "{expression}: {message}");
    }
    // An old status does not say on what the training job ran.
    let old = BestTrainingJob { instance_type: None, instance_count: None, ..job() };
    for expression in ["prices[instanceType]", "instanceCount", "instanceType == 'a' ? 1 : 2"] {
        assert_eq!(last(&[("x", expression)], &old).unwrap_err().0, MetricMissing, "{expression}");
    }
}

/// What 32-bit floats are in the status: their shortest decimals.
#[test]
fn no_noise_shows() {
    for (numerator, denominator, shown) in [(0.91_f32, 0.7_f32, "1.3"), (0.3, 3.0, "0.1"), (1.1, 1.0, "1.1")] {
        let metric = |name: &str, value: f32| MetricValue { name: name.into(), value: value.to_string() };
        let job = BestTrainingJob { metrics: vec![metric("a", numerator), metric("b", denominator)], ..job() };
        assert_eq!(last(&[("x", "a / b")], &job).as_deref(), Ok(shown));
    }
}

#[test]
fn mistakes_of_the_grammar_are_told_with_their_place() {
    let long = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    let chain = format!("{}1", "1+".repeat(500));
    for (expression, text) in [
        ("1 +* 2", "unexpected token at column 4, where it says `* 2`"),
        ("1 +\n 2 3", "at line 2, column 4, where it says `3`"),
        ("é + 1", "unexpected character at column 1, where it says `é + 1`"),
        ("'é' + § ", "at column 7"),
        ("'abc", "unterminated string literal"),
        ("1 +", "at its end (column 4)"),
        ("tflow-ic:val-accuracy", "column 9"),
        ("1 / 0", "it divides by 0"),
        ("latency / 0.0", "it divides by 0"),
        ("logn(3)", "there is no function `logn`; there are abs, min"),
        ("double(3)", "all numbers are real numbers already"),
        ("sqrt(1, 2)", "`sqrt` takes 1 numbers, not 2"),
        ("pow(1)", "`pow` takes 2 numbers, not 1"),
        ("min()", "`min` takes 1 or more numbers, not 0"),
        ("instanceType.matches('a') ? 1 : 2", "no function `matches`"),
        ("[1, 2].map(x, x * 2)", "macros other than `has`"),
        ("[1, 2]", "a list may only stand after `in`"),
        ("{'a': 1}", "it must be a number, not an object"),
        ("b'x' == b'x' ? 1 : 2", "neither bytes nor null"),
        ("metrics", "`metrics` is no number; name a part of it, such as metrics['...']"),
        ("hyperparameters[instanceType]", "[ ] takes a text in quotes"),
        ("prices[hyperparameters.x]", "[ ] takes a text in quotes"),
        ("dataset.size", "`dataset` has no 'size'; it has name, testSize"),
        ("val.accuracy", "metrics['val.accuracy']"),
        ("dataset.facts", "`dataset` has no 'facts'; it has name, testSize"),
        ("1 in latency ? 1 : 2", "`in` takes a list"),
        (&chain, "more than 100 operations within each other"),
        ("99999999999999999999", "invalid int literal"),
        ("1e999", "invalid double literal"),
        ("", "column 1"),
    ] {
        let (reason, message) = invalid(&spec(&[("x", expression)])).unwrap_or_else(|| panic!("{expression} is taken"));
        assert_eq!(reason, Reason::InvalidExpression);
        assert!(
            message.starts_with("`derivedMetrics` entry 'x': ") && message.contains(text),
            "{expression}: {message}"
        );
    }
    assert_eq!(invalid(&spec(&[("x", &long)])), None, "brackets cost nothing");
}

#[test]
fn what_the_spec_itself_lacks_is_told_without_a_run() {
    let told = |expressions: &[(&str, &str)], edit: fn(&mut ModelSelectionSpec)| {
        let mut spec = spec(expressions);
        edit(&mut spec);
        invalid(&spec).map(|(_, message)| message).unwrap_or_default()
    };
    let second = |spec: &mut ModelSelectionSpec| {
        let mut second = spec.datasets[0].clone();
        (second.name, second.test_size) = ("flowers".into(), None);
        second.facts = [("clases".to_owned(), "5".to_owned())].into();
        spec.datasets.push(second);
    };
    for (expressions, edit, text) in [
        (
            &[("a", "b"), ("b", "1")][..],
            (|_| {}) as fn(&mut ModelSelectionSpec),
            "entry 'a': it uses 'b', which stands after it",
        ),
        (&[("a", "a + 1")], |_| {}, "it uses itself"),
        (&[("val_accuracy", "1")], |_| {}, "its name is that of a metric that is read from the logs"),
        (
            &[("a", "dataset.validationSize")],
            |_| {},
            "`dataset.validationSize`, which dataset 'caltech256' does not have; add it",
        ),
        (&[("a", "dataset.testSize")], second, "which dataset 'flowers' does not have"),
        (&[("a", "dataset.facts.classes")], second, "dataset 'flowers' does not have; did you mean 'clases'?"),
        (&[("a", "prices['ml.g5.xlarge']")], |_| {}, "the price of 'ml.g5.xlarge', which `prices` does not have"),
        (&[("a", "prices[instanceType]")], |s| s.prices.clear(), "the price of 'ml.p3.2xlarge'"),
    ] {
        let message = told(expressions, edit);
        assert!(message.contains(text), "{expressions:?}: {message}");
    }
    assert_eq!(told(&[("a", "has(dataset.validationSize) ? dataset.validationSize : 1")], |_| {}), "");
    assert_eq!(told(&[("a", "dataset.testSize * prices[instanceType]")], |_| {}), "");
}

#[test]
fn what_a_run_lacks_is_told_before_its_job_is_made() {
    let known = Known {
        metrics: ["accuracy", "test-latency", "test_throughput"].map(str::to_owned).into(),
        hyperparameters: [
            ("batch_size", vec!["8", "64"]),
            ("optimizer", vec!["adam", "sgd"]),
            ("rate", vec!["0.1", "auto"]),
        ]
        .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .into(),
    };
    let told = |expression: &str| {
        let spec = spec(&[("earlier", "accuracy"), ("x", expression)]);
        check(&spec, "caltech256", &known).err().map(|(_, message)| message).unwrap_or_default()
    };
    for (expression, text) in [
        ("acuracy", "it uses 'acuracy', but the run has no metric of that name; did you mean accuracy?"),
        ("test - latency", "did you mean metrics['test-latency']?"),
        ("trainingseconds", "did you mean trainingSeconds?"),
        ("zzz", "its metrics are accuracy, test-latency, test_throughput, earlier"),
        ("hyperparameters.batchsize", "did you mean hyperparameters.batch_size?"),
        ("hyperparameters.zzz", "it has batch_size, optimizer, rate"),
        ("hyperparameters.optimizer * 2", "which is the text 'adam'"),
        ("hyperparameters.rate * 2", "which is the text 'auto'"),
        ("accuracy > 0.7", "a number is needed"),
        ("accuracy > 1000 ? 'a' : 1", "a number is needed, not the text 'a'"),
        ("1 +", "column"),
    ] {
        let message = told(expression);
        assert!(
            message.starts_with("`derivedMetrics` entry 'x': ") && message.contains(text),
            "{expression}: {message}"
        );
    }
    for expression in [
        "earlier * 2 / metrics['test-latency']",
        "hyperparameters.rate == 'auto' ? 0 : hyperparameters.rate",
        "hyperparameters.batch_size * test_throughput",
        "has(metrics.top_5) ? metrics.top_5 : accuracy",
        // Made-up numbers may be out of its domain; real ones need not be.
        "ln(accuracy - 5) / (accuracy - accuracy)",
    ] {
        assert_eq!(told(expression), "", "{expression}");
    }
    let clash = check(&spec(&[("accuracy", "1")]), "caltech256", &known).unwrap_err();
    assert!(clash.1.contains("its name is that of a metric"), "{}", clash.1);
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
    let front = &fronts(&spec, &mut runs)[0];
    assert_eq!(
        (front.members.len(), &*front.members[0].candidate, &*front.members[0].values[1].value),
        (1, "fast", "6000")
    );
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
    // What is no longer derived goes.
    spec.derived_metrics.clear();
    apply(&spec, &mut runs);
    assert!(runs.iter().all(|run| run.best.as_ref().unwrap().derived_metrics.is_empty()));
}

#[test]
fn a_result_is_incomplete_when_it_lacks_what_expressions_use() {
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
        assert_eq!(incomplete(&with(expression), &run(job())), lacking, "{expression}");
    }
    let old = BestTrainingJob { instance_type: None, ..job() };
    assert!(incomplete(&with("prices[instanceType]"), &run(old.clone())));
    assert!(!incomplete(&with("latency"), &run(old)));
    assert!(!incomplete(&with("hyperparameters.other"), &RunStatus::default()));
}

fn any_expression() -> impl Strategy<Value = String> {
    let words = [
        "latency",
        "zero",
        "1",
        "0",
        "2.5",
        "1e300",
        "'a'",
        "hyperparameters.optimizer",
        "metrics['x']",
        "dataset.testSize",
        "prices[instanceType]",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ")",
        "[",
        "]",
        "?",
        ":",
        ",",
        "==",
        "<",
        "!",
        "&&",
        "||",
        " in ",
        "min(",
        "pow(",
        "ln(",
        "has(",
        ".",
        "{",
        "}",
        "true",
        "null",
        "b'x'",
        "r'",
        "\"\"\"",
        ".map(x,",
        "1u",
        "0x",
    ];
    prop_oneof![
        "\\PC{0,200}",
        "[a-c0-9 .+*/%?:()\\[\\]{}'\"<>=!&|,eE\n\té-]{0,200}",
        proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..60).prop_map(|words| words.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_expression_makes_it_panic(expression in any_expression()) {
        let spec = spec(&[("x", &expression), ("y", "x * 2")]);
        let told = invalid(&spec);
        let derived = Derivations::new(&spec).of(&spec.datasets[0], &job());
        prop_assert!(derived.values.iter().all(|metric| parse_decimal(&metric.value).is_some()));
        prop_assert_eq!(derived.values.len() + derived.failed.len(), 2);
        // What is taken is told again in full; what is refused has no value.
        prop_assert!(told.is_none() || derived.failure("x").is_some() || told.is_some_and(|(_, m)| m.contains("does not have")));
        let known = Known { metrics: ["latency", "zero"].map(str::to_owned).into(), ..Known::default() };
        let _ = check(&spec, "caltech256", &known);
    }

    #[test]
    fn arithmetic_is_that_of_reals(a in -1e6..1e6_f64, b in 0.001..1e6_f64) {
        let (a, b) = (without_noise(a), without_noise(b));
        let expression = format!("({a} + {b}) * {b} / {b} - {b}");
        let value = last(&[("x", &expression)], &job()).unwrap().parse::<f64>().unwrap();
        prop_assert!((value - a).abs() <= 1e-6 * a.abs().max(b));
    }
}

/// What expressions of the greatest length can do to the stack of a thread of the runtime, which has 2 MiB.
#[test]
fn neither_length_nor_depth_overflows_a_small_stack() {
    let deep = |open: &str, middle: &str, close: &str| {
        let times = (1024 - middle.len()) / (open.len() + close.len());
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let all = [
        deep("(", "1", ")"),
        deep("-", "1", ""),
        deep("- ", "x", ""),
        deep("!", "true", ""),
        deep("a[", "0", "]"),
        deep("1+", "1", ""),
        deep("true?1:", "1", ""),
        deep("abs(", "1", ")"),
        deep("[", "", "]"),
        deep("{1:", "1", "}"),
        deep("a", "", ".b"),
        deep("x&&", "x", ""),
        deep("1 in [", "1", "]"),
        deep("has(", "a.b", ")"),
        deep("a.b(", "1", ")"),
        deep("(", "", ""),
        deep("x?", "1", ":1"),
        deep("a.all(b,", "c", ")"),
        deep("1*(1+", "1", ")"),
        deep("a['b']", "", "['c']"),
        deep("1<", "1", ""),
    ];
    let small = std::thread::Builder::new().stack_size(1024 * 1024);
    let worked_out = move || {
        for expression in all {
            let spec = spec(&[("x", &expression)]);
            let _ = (invalid(&spec), Derivations::new(&spec).of(&spec.datasets[0], &job()));
        }
    };
    small.spawn(worked_out).unwrap().join().unwrap();
}
