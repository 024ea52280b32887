//! Errors that several operations share.

use crate::error::ApiError;

/// Real message (ACK, amazon-sagemaker-operator-for-k8s): not `ResourceNotFound`, although the model has that.
pub fn no_resource() -> ApiError {
    ApiError::validation("Requested resource not found.")
}

/// Real message (amazon-sagemaker-examples#1540).
pub fn no_job(name: &str) -> ApiError {
    ApiError::not_found(format!("Amazon SageMaker can't find a tuning job called {name}. Type another name."))
}
