//! Training jobs as typed columns, which each output format serializes in its own way.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::trial::Trial;

/// A column: its name, and a cell for each training job.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) cells: Cells,
}

/// The cells of a column; `None` where a training job has no value.
#[derive(Debug, PartialEq)]
pub(super) enum Cells {
    Text(Vec<Option<String>>),
    /// Decimal numbers, as text: the reader rounds computed values.
    Decimal(Vec<Option<String>>),
    Whole(Vec<Option<i32>>),
    Flag(Vec<Option<bool>>),
    Time(Vec<Option<Timestamp>>),
}

/// The columns of the training jobs, including all hyperparameters and metrics.
pub(super) fn columns(trials: &[Trial]) -> Vec<Column> {
    let text = |name: &str, of: fn(&Trial) -> Option<String>| named(name, Cells::Text(trials.iter().map(of).collect()));
    let whole = |name: &str, of: fn(&Trial) -> Option<i32>| named(name, Cells::Whole(trials.iter().map(of).collect()));
    let mut columns = vec![
        text("selection", |trial| Some(trial.selection.clone())),
        named("selectionStartTime", Cells::Time(trials.iter().map(|trial| trial.selection_start_time).collect())),
        text("candidate", |trial| Some(trial.candidate.clone())),
        text("dataset", |trial| Some(trial.dataset.clone())),
        text("modelID", |trial| trial.model_id.clone()),
        text("modelVersion", |trial| trial.model_version.clone()),
        text("tuningJobName", |trial| Some(trial.tuning_job_name.clone())),
        text("trainingJobName", |trial| Some(trial.job.training_job_name.clone())),
        named("best", Cells::Flag(trials.iter().map(|trial| Some(trial.best)).collect())),
        text("instanceType", |trial| trial.job.instance_type.clone()),
        whole("instanceCount", |trial| trial.job.instance_count),
        whole("trainingSeconds", |trial| trial.job.training_seconds),
        whole("billableSeconds", |trial| trial.job.billable_seconds),
        text("modelArtifactS3URI", |trial| trial.job.model_artifact_s3_uri.clone()),
    ];
    columns.extend(hyperparameters(trials));
    columns.extend(metrics(trials));
    columns
}

fn named(name: &str, cells: Cells) -> Column {
    Column { name: name.to_owned(), cells }
}

fn hyperparameters(trials: &[Trial]) -> impl Iterator<Item = Column> {
    let names: BTreeSet<&String> = trials.iter().flat_map(|trial| trial.job.hyperparameters.keys()).collect();
    let cells = |name: &String| trials.iter().map(|trial| trial.job.hyperparameters.get(name).cloned()).collect();
    names.into_iter().map(move |name| named(&format!("hyperparameters.{name}"), Cells::Text(cells(name))))
}

fn metrics(trials: &[Trial]) -> impl Iterator<Item = Column> {
    let names: BTreeSet<&String> = trials.iter().flat_map(Trial::metrics).map(|value| &value.name).collect();
    let value = |trial: &Trial, name: &String| {
        trial.metrics().find(|value| value.name == *name).map(|value| value.value.clone())
    };
    let cells = move |name: &String| trials.iter().map(|trial| value(trial, name)).collect();
    names.into_iter().map(move |name| named(&format!("metrics.{name}"), Cells::Decimal(cells(name))))
}

/// The columns as rows of text; the first row has their names.
pub(super) fn rows(columns: &[Column], trials: usize) -> Vec<Vec<String>> {
    let titles = columns.iter().map(|column| column.name.clone()).collect();
    let row = |index: usize| columns.iter().map(|column| column.cells.text(index).unwrap_or_default()).collect();
    std::iter::once(titles).chain((0..trials).map(row)).collect()
}

impl Cells {
    fn text(&self, index: usize) -> Option<String> {
        match self {
            Self::Text(cells) | Self::Decimal(cells) => cells.get(index)?.clone(),
            Self::Whole(cells) => cells.get(index)?.map(|number| number.to_string()),
            Self::Flag(cells) => cells.get(index)?.map(|flag| flag.to_string()),
            Self::Time(cells) => cells.get(index)?.map(|time| time.to_string()),
        }
    }
}
