//! Checks and headers of every request: who makes it, and what a browser may do with the response.

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::refusal::Refusal;
use crate::state::Ui;

/// Accepts a request if its caller may make it, and adds the headers of [`protect`] to the response.
pub(crate) async fn guard(State(ui): State<Ui>, mut request: Request, next: Next) -> Response {
    let for_a_browser = accepts_html(request.headers());
    let response = match ui.access.caller(request.uri(), request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    let refusal = response.extensions().get::<Refusal>().filter(|_| for_a_browser).cloned();
    protect(refusal.map_or(response, |refusal| refusal.page()))
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// The browser may do only what the pages need. The pages are private to the caller: no cache stores
/// them, no other site embeds or reads them.
fn protect(mut response: Response) -> Response {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let policy = format!("{}; frame-ancestors 'none'", report::policy(true));
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
