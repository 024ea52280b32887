//! The inputs of the log of a training job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logs::models::Behaviour;

/// Seconds from the end of training to the end of the evaluation on the test set.
pub const EVALUATION: f64 = 45.0;

/// The source of the metrics of a training job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reports {
    /// From the definitions of the request.
    #[default]
    Definitions,
    /// The built-in algorithm of this repository.
    FirstParty(String),
    /// An algorithm resource, whose definitions the emulator does not know: it reports the objective.
    Resource,
}

/// Everything that determines a log.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The model.
    pub behaviour: &'a Behaviour,
    /// Static and tuned, as given.
    pub hyperparameters: &'a BTreeMap<String, String>,
    /// Whether there is a `test` channel.
    pub has_test: bool,
    /// The source of the metrics.
    pub reports: &'a Reports,
    /// The objective of the tuning job.
    pub objective: Option<&'a str>,
}

/// Number of epochs in the hyperparameters; the service allows at most 20,000.
pub fn epochs(hyperparameters: &BTreeMap<String, String>) -> u32 {
    let whole = plain(hyperparameters, "epochs").and_then(|epochs| epochs.parse::<u32>().ok());
    whole.filter(|n| *n >= 1).map_or(5, |n| n.min(20_000))
}

/// A hyperparameter without the quotes that script mode puts around values.
pub fn plain<'a>(hyperparameters: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let value = hyperparameters.get(name)?.trim();
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// A hyperparameter that is a finite number.
pub fn number(hyperparameters: &BTreeMap<String, String>, name: &str) -> Option<f64> {
    plain(hyperparameters, name)?.parse::<f64>().ok().filter(|value| value.is_finite())
}
