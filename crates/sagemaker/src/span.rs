//! The trace span of a call. Its attributes are those of the metric: it contains no job name and no ARN.

use tracing::Span;
use tracing::field::Empty;

use super::TuningError;
use super::rate_limiter::Operation;

/// The span of a call that starts.
pub(super) fn of(operation: Operation, region: &str) -> Span {
    let operation = operation.as_str();
    tracing::info_span!(
        "sagemaker",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = Empty,
        operation,
        region,
        outcome = Empty,
    )
}

/// Records the result of the call.
pub(super) fn end(span: &Span, error: Option<&TuningError>) {
    span.record("outcome", error.map_or("ok", |error| error.class.as_str()));
    if let Some(error) = error {
        span.record("otel.status_code", "ERROR");
        span.in_scope(|| tracing::debug!(%error, "SageMaker call failed"));
    }
}
