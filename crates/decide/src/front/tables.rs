//! The tables of all training jobs, as the fronts read them.

use std::collections::HashMap;
use std::sync::Arc;

use api::BestTrainingJob;

/// The training jobs of runs, by the name of the tuning job, ordered by their names. The runs that have no table here
/// are represented by their best training job.
pub type Tables = HashMap<String, Arc<[BestTrainingJob]>>;
