//! Why there is no output, in words with a remedy.

/// Why there is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the error messages are the documentation
pub enum Refusal {
    #[error("there is no dataset '{dataset}'; {known}")]
    NoDataset { dataset: String, known: String },
    #[error("which dataset: {0}? name one with --dataset")]
    WhichDataset(String),
    #[error(
        "'{name}' has no front for dataset '{dataset}' yet: no run with a result has ended (kubectl msel status {name})"
    )]
    NoFront { name: String, dataset: String },
    #[error("nothing is recommended: {0}; or name a candidate with --candidate")]
    NotRecommended(String),
    #[error("no candidate '{candidate}' has a result on this dataset; these have: {known}")]
    NoCandidate { candidate: String, known: String },
    #[error("candidate '{candidate}' has no result: it is {state}")]
    NoResult { candidate: String, state: &'static str },
    #[error("candidate '{0}' was measured elsewhere: there is no model of this selection to deploy")]
    MeasuredElsewhere(String),
    #[error("the training job '{0}' has left no model: its artifact is not in the status")]
    NoArtifact(String),
    #[error("{0}")]
    NoContainer(String),
}
