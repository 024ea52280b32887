//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use platform::metrics::Metrics;
use platform::readiness::Readiness;

/// Serves until `shutdown` is set.
///
/// `/livez` says that the process runs: a restart would not help if AWS or the API server is unavailable. `/readyz`
/// says whether it can work (or stand by, if another process leads), and if not, why.
pub(super) async fn serve(
    listener: TcpListener,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let probed = metrics.clone();
    let app = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route(
            "/readyz",
            get(move || async move {
                // The operator's own calls are the only check of whether AWS accepts its credentials.
                let refused = probed.credentials_rejected();
                readiness.warn("aws credentials", refused.then(|| "SageMaker refuses them".to_owned()));
                match readiness.check() {
                    Ok(text) => (StatusCode::OK, text),
                    Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
                }
            }),
        )
        .route(
            "/metrics",
            get(move || async move {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                ([(header::CONTENT_TYPE, kind)], metrics.encode()).into_response()
            }),
        );
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await
}
