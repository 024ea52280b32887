//! Traces, sent to a collector by OTLP over HTTP: a trace for each pass over a selection, with a span for each call to
//! AWS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnectorBuilder};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::{Dispatch, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use super::exit_reason::Error;

const NAME: &str = "modelselection-operator";
/// Timeout of a request to the collector, and how long sending the last spans may take at the end.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// The span exporter. Without an endpoint there is none, and nothing is sent.
pub(super) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends spans to the collector at `endpoint`, in the background. Failures of the collector do not affect the
    /// operator's work: an unavailable collector costs spans, and a line in the log.
    pub(super) fn new(endpoint: Option<&str>) -> Result<Self, Error> {
        endpoint.map(provider).transpose().map(Self)
    }

    /// Takes this program's own spans and events, regardless of the log filter; those of kube and the SDK are less
    /// useful.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> Option<impl Layer<S>> {
        // A target is a prefix: `modelselection` covers every crate of the operator.
        let own = Targets::new().with_target("modelselection", LevelFilter::INFO);
        let tracer = self.0.as_ref()?.tracer(NAME);
        let spans = tracing_opentelemetry::layer().with_tracer(tracer).with_threads(false).with_location(false);
        Some(spans.with_tracked_inactivity(false).with_filter(own))
    }

    /// Sends the remaining spans.
    pub(super) async fn end(self) {
        let Some(provider) = self.0 else { return };
        // It blocks on its own thread, which needs this runtime.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent");
        }
    }
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, Error> {
    let cannot_send =
        |error: &dyn std::error::Error| format!("cannot send traces to '{endpoint}' (--otlp-endpoint): {error}");
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_native_roots()
        .map_err(|error| cannot_send(&error))?
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let client =
        OnRuntime { http: Arc::new(HyperClient::new(connector, REQUEST_TIMEOUT, None)), runtime: Handle::current() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| cannot_send(&error))?;
    // The builder has already read OTEL_RESOURCE_ATTRIBUTES; a name set here would take precedence.
    let named = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    let resource = Resource::builder()
        .with_service_name(named.unwrap_or_else(|| NAME.to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

/// Sends on the runtime of the process: the exporter has a thread of its own, without a runtime.
#[derive(Debug)]
struct OnRuntime {
    http: Arc<dyn HttpClient>,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        self.runtime.spawn(async move { http.send_bytes(request).await }).await?
    }
}

/// The trace and span ids of a span, in the format of W3C Trace Context. None if traces are not sent.
pub(super) fn ids(span: &span::Id) -> Option<(String, String)> {
    let context = |dispatch: &Dispatch| tracing_opentelemetry::get_otel_context(span, dispatch);
    let context: Context = tracing::dispatcher::get_default(context)?;
    let ids = context.span().span_context().clone();
    ids.is_valid().then(|| (ids.trace_id().to_string(), ids.span_id().to_string()))
}
