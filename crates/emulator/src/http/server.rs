//! The HTTP server of the emulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::any;
use serde_json::json;

use crate::http::admin;
use crate::http::connection::{Loopback, Switch};
use crate::http::{query, s3};
use crate::random;
use crate::service::emulator::{Emulator, Incoming, Reply};

/// Largest request body: the scripts that SDKs upload.
const MOST_BYTES: usize = 64 << 20;
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The page of a proxy without a backend.
const PROXY_PAGE: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
    <center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n";

/// All routes.
pub fn router(emulator: Arc<Emulator>) -> Router {
    Router::new()
        .nest("/_emulator", admin::routes())
        .fallback(any(service))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(emulator)
}

/// Serves until the process ends.
pub async fn serve(listener: Loopback, emulator: Arc<Emulator>) -> std::io::Result<()> {
    axum::serve(listener, router(emulator).into_make_service_with_connect_info::<Switch>()).await
}

async fn service(
    State(emulator): State<Arc<Emulator>>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if let Some(ask) = s3::Ask::read(&method, &uri, &headers, &body) {
        return object(&emulator, &switch, &ask).await;
    }
    if let Some(call) = query::Call::read(&headers, &body) {
        return xml_response(call.answer(&emulator));
    }
    if method != Method::POST {
        let text =
            "SageMaker is spoken by POST with the header X-Amz-Target; the emulator's own API is under /_emulator/.";
        return json_response(404, json!({"__type": "UnknownOperationException", "message": text}).to_string());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let incoming = Incoming {
        target: text("x-amz-target"),
        authorization: text("authorization"),
        security_token: headers.contains_key("x-amz-security-token"),
        body: body.to_vec(),
    };
    if let Some(delay) = emulator.delay(&incoming) {
        tokio::time::sleep(delay).await;
    }
    match emulator.handle(&incoming) {
        Reply::Json { status, body } => json_response(status, body.to_string()),
        Reply::Broken(text) => json_response(200, text),
        Reply::Proxy => proxy_page(),
        Reply::HangUp => hang_up(&switch),
        // Hangs until the peer disconnects, which cancels this.
        Reply::Hang => std::future::pending().await,
    }
}

async fn object(emulator: &Emulator, switch: &Switch, ask: &s3::Ask) -> Response<Body> {
    if let Some(delay) = s3::delay(emulator, ask) {
        tokio::time::sleep(delay).await;
    }
    let answer = s3::answer(emulator, ask);
    if answer == s3::Answer::Hang {
        return std::future::pending().await;
    }
    let hangs_up = answer == s3::Answer::HangUp;
    s3::response(answer, ask).unwrap_or_else(|| if hangs_up { hang_up(switch) } else { proxy_page() })
}

fn xml_response((status, body): (u16, String)) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

fn proxy_page() -> Response<Body> {
    let mut response = Response::new(Body::from(PROXY_PAGE));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn hang_up(switch: &Switch) -> Response<Body> {
    switch.cut();
    Response::new(Body::empty())
}

fn json_response(status: u16, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Shaped as a UUID, unique within the process.
fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
    let (a, b) = (random::hex(&["request", &n], 16), random::hex(&["id", &n], 16));
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-a{}-{}", part(&a, 0, 8), part(&a, 8, 12), part(&a, 12, 15), part(&b, 0, 3), part(&b, 3, 15))
}
