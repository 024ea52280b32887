//! Properties of arbitrary expressions.

use proptest::prelude::*;

use super::*;

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
    fn no_expression_causes_a_panic(expression in any_expression()) {
        let spec = spec(&[("x", &expression), ("y", "x * 2")]);
        let problem = invalid(&spec);
        let derived = Derivations::new(&spec).of(&spec.datasets[0], &job());
        prop_assert!(derived.values.iter().all(|metric| parse_decimal(&metric.value).is_some()));
        prop_assert_eq!(derived.values.len() + derived.failed.len(), 2);
        // An accepted expression has a value; a refused one has none.
        prop_assert!(problem.is_none() || derived.failure("x").is_some() || problem.is_some_and(|problem| problem.message.contains("does not have")));
        let known = Known { metrics: ["latency", "zero"].map(str::to_owned).into(), ..Known::default() };
        let _ = check(&spec, "caltech256", &known);
    }

    #[test]
    fn arithmetic_is_that_of_reals(a in -1e6..1e6_f64, b in 0.001..1e6_f64) {
        let (a, b) = (significant(a, 12), significant(b, 12));
        let expression = format!("({a} + {b}) * {b} / {b} - {b}");
        let value = last(&[("x", &expression)], &job()).unwrap().parse::<f64>().unwrap();
        prop_assert!((value - a).abs() <= 1e-6 * a.abs().max(b));
    }
}

/// The longest and deepest expressions must fit into the 2 MiB stack of a runtime thread.
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
    let evaluate = move || {
        for expression in all {
            let spec = spec(&[("x", &expression)]);
            let _ = (invalid(&spec), Derivations::new(&spec).of(&spec.datasets[0], &job()));
        }
    };
    small.spawn(evaluate).unwrap().join().unwrap();
}
