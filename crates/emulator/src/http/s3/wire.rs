//! S3 responses on the wire.

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::answer::{Answer, Error, INVALID_RANGE};
use super::ask::Ask;
use super::date;
use crate::http::xml::{HEAD, escaped};
use crate::random;
use crate::service::objects::Object;

/// The HTTP response; `None` for those that are not S3's. The server removes the body of a response to HEAD.
pub fn response(answer: Answer, ask: &Ask) -> Option<Response<Body>> {
    let xml = |status, body: String| plain(status, "application/xml", body.into_bytes());
    Some(match answer {
        Answer::Object { etag, object, part } => stored(&etag, &object, part),
        Answer::NotModified { etag, modified } => with(
            Response::builder().status(304),
            &[(header::ETAG, &etag), (header::LAST_MODIFIED, &date::of_http(modified))],
        )
        .body(Body::empty())
        .unwrap_or_default(),
        Answer::Written { etag } => {
            with(Response::builder(), &[(header::ETAG, &etag)]).body(Body::empty()).unwrap_or_default()
        }
        Answer::Done(status) => xml(status, String::new()),
        Answer::Xml(body) => xml(200, format!("{HEAD}{body}")),
        Answer::Error(error) => xml(error.0, document(error, ask)),
        Answer::Unsatisfiable(size) => {
            let mut response = xml(INVALID_RANGE.0, document(INVALID_RANGE, ask));
            if let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            response
        }
        Answer::Proxy | Answer::HangUp | Answer::Hang => return None,
    })
}

/// An object, or a part of it.
fn stored(etag: &str, object: &Object, part: Option<(usize, usize)>) -> Response<Body> {
    let size = object.content.len();
    let (first, last) = part.unwrap_or((0, size.saturating_sub(1)));
    let body = object.content.get(first..=last).unwrap_or_default().to_vec();
    let range = format!("bytes {first}-{last}/{size}");
    let modified = date::of_http(object.modified);
    let mut headers = vec![
        (header::CONTENT_TYPE, object.kind.as_str()),
        (header::ETAG, etag),
        (header::LAST_MODIFIED, &modified),
        (header::ACCEPT_RANGES, "bytes"),
    ];
    if part.is_some() {
        headers.push((header::CONTENT_RANGE, &range));
    }
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    with(Response::builder().status(status), &headers).body(Body::from(body)).unwrap_or_default()
}

fn plain(status: u16, kind: &str, body: Vec<u8>) -> Response<Body> {
    let head = Response::builder().status(status);
    with(head, &[(header::CONTENT_TYPE, kind)]).body(Body::from(body)).unwrap_or_default()
}

fn with(head: Builder, headers: &[(HeaderName, &str)]) -> Builder {
    headers.iter().fold(head, |head, (name, value)| head.header(name, *value))
}

fn document(Error(_, code, message): Error, ask: &Ask) -> String {
    let path = escaped(&ask.path());
    let request = random::hex(&["s3", &path], 16).to_uppercase();
    format!(
        "{HEAD}<Error><Code>{code}</Code><Message>{message}</Message><Resource>{path}</Resource>\
         <RequestId>{request}</RequestId></Error>"
    )
}
