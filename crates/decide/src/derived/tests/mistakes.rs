//! Mistakes in expressions, reported before a job is created.

use super::*;
use api::Reason;

#[test]
fn syntax_errors_are_reported_with_their_position() {
    let long = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    let deep = format!("{}1{}", "abs(".repeat(150), ")".repeat(150));
    let chain = format!("{}1", "1+".repeat(500));
    for (expression, text) in [
        ("1 +* 2", "unexpected token at column 4, where it says `* 2`"),
        ("1 +\n 2 3", "at line 2, column 4, where it says `3`"),
        ("é + 1", "unexpected character at column 1, where it says `é + 1`"),
        ("'é' + § ", "at column 7"),
        ("'abc", "unterminated string literal"),
        ("1 +", "at its end (column 4)"),
        (
            "tflow-ic:val-accuracy",
            "column 9, where it says `:val-accuracy`; write a metric whose name is not an identifier as metrics['...']",
        ),
        ("latency + val@5", "write a metric whose name is not an identifier as metrics['...']"),
        ("1 / 0", "it divides by 0"),
        ("latency / (1 - 1)", "it divides by 0"),
        ("latency % (2 * 3 - pow(6, 1))", "it divides by 0"),
        ("latency > 1 ? sqrt(-1) : 2", "sqrt(-1) is not a finite number"),
        ("1e308 * 10", "1e308 * 10 is too large"),
        ("ln(0) + latency", "ln(0) is not a finite number"),
        ("latency / 0.0", "it divides by 0"),
        ("logn(3)", "there is no function `logn`; there are abs, min"),
        ("double(3)", "all numbers are real numbers already"),
        ("sqrt(1, 2)", "`sqrt` takes 1 numbers, not 2"),
        ("pow(1)", "`pow` takes 2 numbers, not 1"),
        ("min()", "`min` takes 1 or more numbers, not 0"),
        ("instanceType.matches('a') ? 1 : 2", "no function `matches`"),
        ("[1, 2].map(x, x * 2)", "macros other than `has`"),
        ("[1, 2]", "a list is only allowed after `in`"),
        ("{'a': 1}", "it must be a number, not an object"),
        ("b'x' == b'x' ? 1 : 2", "bytes and null are not supported"),
        ("metrics", "`metrics` is not a number; select an element, such as metrics['...']"),
        ("hyperparameters[instanceType]", "[ ] takes a string in quotes"),
        ("prices[hyperparameters.x]", "[ ] takes a string in quotes"),
        ("dataset.size", "`dataset` has no 'size'; it has name, testSize"),
        ("val.accuracy", "metrics['val.accuracy']"),
        ("dataset.facts", "`dataset` has no 'facts'; it has name, testSize"),
        ("1 in latency ? 1 : 2", "`in` takes a list"),
        (&deep, "more than 100 nested operations; move a part into another derived metric"),
        (&chain, "more than 100 nested operations"),
        ("99999999999999999999", "invalid int literal"),
        ("1e999", "invalid double literal"),
        ("", "column 1"),
    ] {
        let crate::problem::Problem { reason, message } =
            invalid(&spec(&[("x", expression)])).unwrap_or_else(|| panic!("{expression} is taken"));
        assert_eq!(reason, Reason::InvalidExpression);
        assert!(
            message.starts_with("`derivedMetrics` entry 'x': ") && message.contains(text),
            "{expression}: {message}"
        );
    }
    assert_eq!(invalid(&spec(&[("x", &long)])), None, "brackets cost nothing");
}

#[test]
fn inputs_missing_in_the_spec_are_reported_without_a_run() {
    let message_of = |expressions: &[(&str, &str)], edit: fn(&mut ModelSelectionSpec)| {
        let mut spec = spec(expressions);
        edit(&mut spec);
        invalid(&spec).map(|problem| problem.message).unwrap_or_default()
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
            "entry 'a': it uses 'b', which is defined after it",
        ),
        (&[("a", "a + 1")], |_| {}, "it uses itself"),
        (&[("val_accuracy", "1")], |_| {}, "its name is also that of a metric that is read from the logs"),
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
        let message = message_of(expressions, edit);
        assert!(message.contains(text), "{expressions:?}: {message}");
    }
    assert_eq!(message_of(&[("a", "has(dataset.validationSize) ? dataset.validationSize : 1")], |_| {}), "");
    assert_eq!(message_of(&[("a", "dataset.testSize * prices[instanceType]")], |_| {}), "");
}

#[test]
fn inputs_missing_in_a_run_are_reported_before_its_job_is_created() {
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
    let message_of = |expression: &str| {
        let spec = spec(&[("earlier", "accuracy"), ("x", expression)]);
        check(&spec, "caltech256", &known).err().map(|problem| problem.message).unwrap_or_default()
    };
    for (expression, text) in [
        ("acuracy", "it uses 'acuracy', but the run has no metric of that name; did you mean accuracy?"),
        ("test - latency", "did you mean metrics['test-latency']?"),
        ("trainingseconds", "did you mean trainingSeconds?"),
        ("zzz", "its metrics are accuracy, test-latency, test_throughput, earlier"),
        ("hyperparameters.batchsize", "did you mean hyperparameters.batch_size?"),
        ("hyperparameters.zzz", "it has batch_size, optimizer, rate"),
        ("hyperparameters.optimizer * 2", "which is the string 'adam'"),
        ("hyperparameters.rate * 2", "which is the string 'auto'"),
        ("accuracy > 0.7", "a number is needed"),
        ("accuracy > 1000 ? 'a' : 1", "a number is needed, not the string 'a'"),
        ("1 +", "column"),
        ("1 / (dataset.testSize - 6000)", "it divides by 0"),
        ("sqrt(dataset.trainingSize - dataset.facts.classes * 1000)", "is not a finite number"),
    ] {
        let message = message_of(expression);
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
        // Made-up numbers may be outside its domain; real ones need not be.
        "ln(accuracy - 5) / (accuracy - accuracy)",
        "sqrt(accuracy - 1e9) + ln(trainingSeconds - 1e9)",
        "dataset.testSize == 6000 ? 1 : 1 / (dataset.testSize - 6000)",
    ] {
        assert_eq!(message_of(expression), "", "{expression}");
    }
    let clash = check(&spec(&[("accuracy", "1")]), "caltech256", &known).unwrap_err();
    assert!(clash.message.contains("its name is also that of a metric"), "{}", clash.message);
}
