//! Why a model could not be read.

use decide::problem::Problem;
use sagemaker::TuningError;

/// Why a model could not be read.
#[derive(Clone, Debug)]
pub enum CatalogError {
    /// A person must change something.
    Problem(Problem),
    /// The source could not be asked.
    Fault(TuningError),
    /// It has been asked and has not answered yet.
    Pending,
}
