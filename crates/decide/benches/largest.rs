//! The cost of a pass over the largest selections: 512 runs with 40 metrics whose names have 255 characters, and 8
//! objectives; and 128 runs with 16 derived metrics of 1,024 characters. Measured first with nothing cached, then after
//! no change or a change of one run.
#![expect(missing_docs, reason = "criterion_group! makes a public function without a description")]
#![allow(clippy::print_stdout)] // sizes and counts are figures too

use std::collections::BTreeSet;
use std::hint::black_box;

use api::{
    BestTrainingJob, DerivedMetric, Goal, MetricDefinition, MetricValue, ModelSelectionSpec, ModelSelectionStatus,
    Objective, RunState, RunStatus, merge_conditions,
};
use criterion::{Criterion, criterion_group, criterion_main};
use modelselection_decide::conditions::{Situation, conditions};
use modelselection_decide::derived::{Derivations, Memo, apply, invalid};
use modelselection_decide::front::{References, Tables, are_current, fronts_with};
use modelselection_decide::plan::{Fingerprints, plan};
use modelselection_decide::{status_size, summary};

const RUNS: usize = 512;

/// A selection, its runs when all have ended, and its fronts.
struct Sample {
    name: &'static str,
    spec: ModelSelectionSpec,
    runs: Vec<RunStatus>,
}

fn metric(number: usize) -> String {
    format!("{number:02}{}", "m".repeat(253))
}

/// Own images that differ only in their names.
fn spec(runs: usize) -> ModelSelectionSpec {
    let mut spec = samples::spec();
    let image = spec.candidates.remove(1);
    spec.candidates =
        (0..runs).map(|number| api::Candidate { name: format!("image-{number}"), ..image.clone() }).collect();
    spec
}

/// Ended runs. Their values differ, so that most of them are on the front.
fn ended(spec: &ModelSelectionSpec, names: &[String]) -> Vec<RunStatus> {
    let value = |run: usize, metric: usize| ((run * 7919 + metric * 104_729) % 10_007).to_string();
    let run = |(run, planned): (usize, RunStatus)| RunStatus {
        state: RunState::Succeeded,
        reason: None,
        tuning_job_name: Some(format!("ms-largest-{run}")),
        best: Some(BestTrainingJob {
            training_job_name: format!("ms-largest-{run}-001-0a1b2c3d"),
            metrics: names
                .iter()
                .enumerate()
                .map(|(metric, name)| MetricValue { name: name.clone(), value: value(run, metric) })
                .collect(),
            ..BestTrainingJob::default()
        }),
        ..planned
    };
    planned(spec, &mut Fingerprints::default(), &ModelSelectionStatus::default())
        .into_iter()
        .enumerate()
        .map(run)
        .collect()
}

fn planned(spec: &ModelSelectionSpec, known: &mut Fingerprints, status: &ModelSelectionStatus) -> Vec<RunStatus> {
    let versions = vec![None; spec.candidates.len()];
    plan(spec, status, "us-west-2", &versions, &BTreeSet::new(), known).runs
}

/// The most runs, metrics and objectives, with the longest names, that the schema allows.
fn largest() -> Sample {
    let mut spec = spec(RUNS);
    let names: Vec<String> = (0..40).map(metric).collect();
    let definition = |name: &String| MetricDefinition { name: name.clone(), regex: format!("{name}: ([0-9.]+)") };
    spec.training.metric_definitions = names.iter().map(definition).collect();
    let objective = |name: &String| Objective { metric: name.clone(), goal: Goal::Maximize, scale: None };
    spec.objectives = names.iter().take(8).map(objective).collect();
    spec.tuning.objective = objective(&names[0]);
    let runs = ended(&spec, &names);
    Sample { name: "512 runs, 40 long metrics, 8 objectives", spec, runs }
}

/// The most and the longest expressions that the schema allows.
fn expressions() -> Sample {
    let mut spec = spec(128);
    let expression = |number: usize| {
        let before = if number == 0 { "0".to_owned() } else { format!("d{}", number - 1) };
        let mut text = format!("{before}+1");
        while let room @ 20.. = 1024 - text.len() {
            text += &format!("+0*min({})", vec!["e"; 64.min((room - 7) / 2)].join(","));
        }
        DerivedMetric { name: format!("d{number}"), expression: text }
    };
    spec.derived_metrics = (0..16).map(expression).collect();
    "d15".clone_into(&mut spec.objectives[1].metric);
    let names = ["test_accuracy", "e"].map(str::to_owned);
    let runs = ended(&spec, &names);
    Sample { name: "128 runs, 16 long expressions", spec, runs }
}

/// Everything that a pass computes from the runs; see `record` of the controller.
fn computed(
    spec: &ModelSelectionSpec,
    derivations: &Derivations<'_>,
    runs: &mut [RunStatus],
    memo: &mut Memo,
) -> ModelSelectionStatus {
    summary::bounded(derivations, runs);
    let of_best = apply(derivations, runs, memo);
    let fronts = fronts_with(derivations, &of_best, runs, &Tables::new(), &References::default());
    let counts = summary::counts(runs);
    let situation = Situation {
        spec,
        runs,
        counts: &counts,
        fronts: &fronts,
        launched_before: true,
        unobserved: None,
        incomplete: None,
    };
    let conditions = merge_conditions(&[], conditions(situation), Some(1), jiff::Timestamp::UNIX_EPOCH);
    let runs = runs.to_vec();
    let mut status =
        ModelSelectionStatus { conditions, fronts, runs, observed_generation: Some(1), ..Default::default() };
    status_size::fit(&mut status, derivations);
    status
}

fn bench(c: &mut Criterion, sample: &Sample) {
    let Sample { name, spec, runs } = sample;
    let derivations = Derivations::new(spec);
    let status = computed(spec, &derivations, &mut runs.clone(), &mut Memo::default());
    let bytes = serde_json::to_vec(&status).map_or(0, |json| json.len());
    println!(
        "{name}: a status of {bytes} bytes; {} operations for the derived metrics of a run",
        derivations.operations()
    );

    let mut group = c.benchmark_group(*name);
    group.sample_size(10);
    group.bench_function("the spec is checked", |b| b.iter(|| invalid(&Derivations::new(black_box(spec)))));
    group.bench_function("runs are planned for the first time", |b| {
        b.iter(|| planned(spec, &mut Fingerprints::default(), &status));
    });
    let mut known = Fingerprints::default();
    planned(spec, &mut known, &status);
    group.bench_function("runs are planned with known fingerprints", |b| b.iter(|| planned(spec, &mut known, &status)));
    group.bench_function("all results are new", |b| {
        b.iter(|| computed(spec, &derivations, &mut runs.clone(), &mut Memo::default()));
    });
    let mut memo = Memo::default();
    computed(spec, &derivations, &mut runs.clone(), &mut memo);
    let mut number = 0;
    group.bench_function("one result is new", |b| {
        b.iter(|| {
            number += 1;
            let mut runs = runs.clone();
            runs[0].best.as_mut().expect("a result").training_seconds = Some(number);
            computed(spec, &derivations, &mut runs, &mut memo)
        });
    });
    group.bench_function("nothing is new", |b| {
        b.iter(|| {
            let mut runs = status.runs.clone();
            summary::bounded(&derivations, &mut runs);
            assert!(are_current(&status, Some(1), &runs));
        });
    });
    group.finish();
}

fn benches(c: &mut Criterion) {
    bench(c, &largest());
    bench(c, &expressions());
}

criterion_group!(largest_selections, benches);
criterion_main!(largest_selections);
