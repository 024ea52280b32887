//! What `make demo` shows fits a terminal of 80 columns.

use api::{BestTrainingJob, Counts, MetricValue, ModelSelectionStatus, RunState, RunStatus, TrainingJobCounts};

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
        recommended: Some(run.candidate.clone()),
        front_sizes: Some("17".to_owned()),
        runs: vec![run; 21],
        ..ModelSelectionStatus::default()
    }
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap()
}

#[test]
fn the_progress_is_as_narrow_as_the_terminal_and_says_nothing_of_none() {
    for width in [40, super::WIDTH, 200] {
        let progress = super::progress(&status(RunState::Running), width);
        assert_eq!(progress.lines().count(), 2, "{progress}");
        assert!(widest(&progress) <= width, "{progress}");
    }
    let progress = super::progress(&status(RunState::Succeeded), super::WIDTH);
    assert!(progress.lines().count() == 1 && !progress.contains("running"), "{progress}");
}

#[test]
fn the_table_fits_and_says_what_its_columns_mean() {
    let table = super::runs(&status(RunState::Succeeded));
    assert!(widest(&table) <= super::WIDTH, "{table}");
    assert!(table.contains("RANK: ") && table.contains("batches a second"), "{table}");
}
