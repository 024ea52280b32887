//! What `make demo` shows fits a terminal of 80 columns.
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "../demo/view.rs"]
#[allow(dead_code)] // the demo uses the rest
mod view;

use modelselection_operator::api::{
    BestTrainingJob, Counts, MetricValue, ModelSelectionStatus, RunState, RunStatus, TrainingJobCounts,
};

fn status(state: RunState) -> ModelSelectionStatus {
    let metric = |name: &str, value: &str| MetricValue { name: name.to_owned(), value: value.to_owned() };
    let metrics = vec![metric("test_accuracy", "0.96666664"), metric("test_throughput", "0.0001234567890123")];
    let run = RunStatus {
        candidate: "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4".to_owned(),
        state,
        training_jobs: Some(TrainingJobCounts { completed: 10, ..TrainingJobCounts::default() }),
        best: Some(BestTrainingJob { metrics, ..BestTrainingJob::default() }),
        pareto_rank: Some(0),
        ..RunStatus::default()
    };
    ModelSelectionStatus {
        counts: Some(Counts { total: 21, running: 21, ..Counts::default() }),
        best: Some(run.candidate.clone()),
        front: Some("17".to_owned()),
        runs: vec![run; 21],
        ..ModelSelectionStatus::default()
    }
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap()
}

#[test]
fn the_progress_is_as_narrow_as_the_terminal_and_says_nothing_of_none() {
    for width in [40, view::WIDTH, 200] {
        let progress = view::progress(&status(RunState::Running), width);
        assert_eq!(progress.lines().count(), 2, "{progress}");
        assert!(widest(&progress) <= width, "{progress}");
    }
    let progress = view::progress(&status(RunState::Succeeded), view::WIDTH);
    assert!(progress.lines().count() == 1 && !progress.contains("running"), "{progress}");
}

#[test]
fn the_table_fits_and_says_what_its_columns_mean() {
    let table = view::runs(&status(RunState::Succeeded));
    assert!(widest(&table) <= view::WIDTH, "{table}");
    assert!(table.contains("RANK: ") && table.contains("batches a second"), "{table}");
}
