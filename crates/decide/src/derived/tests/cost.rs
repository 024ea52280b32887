//! The cost of derived metrics, counted in operations, because times vary on a busy machine.

use super::*;
use api::{Collect, Reason};

/// As large as the schema allows: 16 derived metrics of 1,024 characters, each using the previous one.
fn largest() -> ModelSelectionSpec {
    let mut spec = spec(&[]);
    for number in 0..16 {
        let before = if number == 0 { "zero".to_owned() } else { format!("d{}", number - 1) };
        let mut expression = format!("{before}+1");
        while let room @ 20.. = 1024 - expression.len() {
            let arguments = vec!["e"; 64.min((room - 7) / 2)].join(",");
            expression += &format!("+0*min({arguments})");
        }
        assert!((1000..=1024).contains(&expression.len()), "{}", expression.len());
        spec.derived_metrics.push(derived(&format!("d{number}"), &expression));
    }
    spec
}

fn result(number: i32) -> RunStatus {
    let metrics = vec![
        MetricValue { name: "zero".into(), value: "0".into() },
        MetricValue { name: "e".into(), value: number.to_string() },
    ];
    let training_job_name = format!("t-{number}");
    RunStatus {
        candidate: format!("c{number}"),
        dataset: "caltech256".into(),
        state: RunState::Succeeded,
        best: Some(BestTrainingJob { training_job_name, metrics, ..Default::default() }),
        ..Default::default()
    }
}

#[test]
fn a_metric_uses_the_value_of_another_one_and_not_its_text() {
    let spec = largest();
    let derivations = Derivations::new(&spec);
    assert_eq!(super::super::invalid(&derivations), None);
    // Here a character costs half an operation; substituting texts would cost 16 times as many for the last one alone.
    let operations = derivations.operations();
    assert!((6_000..16 * 1024).contains(&operations), "{operations}");
    let best = result(3).best.unwrap();
    assert_eq!(derivations.of(&spec.datasets[0], &best).values[15].value, "16");
}

#[test]
fn a_pass_computes_only_new_or_changed_results() {
    let mut spec = largest();
    let operations = Derivations::new(&spec).operations();
    let mut runs: Vec<RunStatus> = (0..128).map(result).collect();
    let mut memo = Memo::default();
    let mut cost = |spec: &ModelSelectionSpec, runs: &mut [RunStatus]| {
        let before = memo.operations();
        super::super::apply(&Derivations::new(spec), runs, &mut memo);
        memo.operations() - before
    };
    assert_eq!(cost(&spec, &mut runs), 128 * operations);
    assert_eq!(cost(&spec, &mut runs), 0, "nothing has changed");
    runs.push(result(128));
    assert_eq!(cost(&spec, &mut runs), operations, "one run has ended");
    runs[7].best.as_mut().unwrap().metrics[0].value = "4".into();
    assert_eq!(cost(&spec, &mut runs), operations, "one result has changed");
    assert_eq!(runs[7].best.as_ref().unwrap().derived_metrics[15].value, "20");
    spec.objectives.pop();
    assert_eq!(cost(&spec, &mut runs), 0, "an edit of something else");
    spec.prices.clear();
    assert_eq!(cost(&spec, &mut runs), 129 * operations, "an edit of what expressions use");
}

#[test]
fn an_exceeded_budget_is_reported_before_a_job_is_created() {
    let mut spec = largest();
    let candidate = spec.candidates[0].clone();
    spec.candidates = vec![candidate; 512];
    spec.tuning.max_training_jobs = Some(100);
    assert_eq!(invalid(&spec), None, "only the best training jobs count");
    spec.collect = Collect::All;
    let problem = invalid(&spec).unwrap();
    assert_eq!(problem.reason, Reason::ExpressionBudgetExceeded);
    for text in ["`derivedMetrics`", "51200 training jobs", "`collect: Best`", "`tuning.maxTrainingJobs`"] {
        assert!(problem.message.contains(text), "{}", problem.message);
    }
    spec.candidates.truncate(40);
    assert_eq!(invalid(&spec), None);
    spec.candidates[0].tuning_job_name = Some("has-an-unknown-number".into());
    spec.derived_metrics.truncate(1);
    assert_eq!(invalid(&spec), None);
}
