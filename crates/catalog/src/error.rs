//! Why a model could not be read.

use decide::problem::Problem;
use sagemaker::TuningError;

/// Why a model could not be read.
#[derive(Clone, Debug)]
pub enum CatalogError {
    /// A person must change something.
    Problem(Problem),
    /// The call to the source failed.
    Fault(TuningError),
    /// The source was called and has not responded yet.
    Pending,
}
