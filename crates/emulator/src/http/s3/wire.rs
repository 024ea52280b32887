//! S3 responses on the wire.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::answer::{Answer, Error};
use super::ask::Ask;
use crate::http::xml::{HEAD, escaped};
use crate::random;

/// The HTTP response; `None` for those that are not S3's. The server removes the body of a response to HEAD.
pub fn response(answer: Answer, ask: &Ask) -> Option<Response<Body>> {
    let (status, kind, etag, body) = match answer {
        Answer::Object { etag, body } => (200, "application/json", Some(etag), body.to_vec()),
        Answer::NotModified { etag } => (304, "application/json", Some(etag), Vec::new()),
        Answer::Written { etag } => (200, "application/xml", Some(etag), Vec::new()),
        Answer::Done(status) => (status, "application/xml", None, Vec::new()),
        Answer::Xml(body) => (200, "application/xml", None, format!("{HEAD}{body}").into_bytes()),
        Answer::Error(error) => (error.0, "application/xml", None, xml(error, ask).into_bytes()),
        Answer::Proxy | Answer::HangUp | Answer::Hang => return None,
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Some(response)
}

fn xml(Error(_, code, message): Error, ask: &Ask) -> String {
    let path = escaped(&ask.path());
    let request = random::hex(&["s3", &path], 16).to_uppercase();
    format!(
        "{HEAD}<Error><Code>{code}</Code><Message>{message}</Message><Resource>{path}</Resource>\
         <RequestId>{request}</RequestId></Error>"
    )
}
