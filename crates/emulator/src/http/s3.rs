//! S3 as far as `JumpStart`'s older metadata needs it: objects are read, path-style, by anybody.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;

use crate::hub::metadata;
use crate::random;
use crate::service::calls::Entry;
use crate::service::emulator::Emulator;
use crate::service::faults::Kind;

/// An object that is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    head: bool,
    bucket: String,
    key: String,
    if_none_match: Option<String>,
    authorization: bool,
    security_token: bool,
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The object.
    Object {
        /// Of its content.
        etag: String,
        /// Its content.
        body: String,
    },
    /// The asker has it already.
    NotModified {
        /// Of its content.
        etag: String,
    },
    /// An error of S3.
    Error(Error),
    /// A page of HTML with status 503, as a proxy would send.
    Proxy,
    /// Nothing: the connection is closed.
    HangUp,
    /// Nothing: the connection stays open.
    Hang,
}

/// An error of S3: status, code and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(u16, &'static str, &'static str);

const NO_SUCH_KEY: Error = Error(404, "NoSuchKey", "The specified key does not exist.");
const ACCESS_DENIED: Error = Error(403, "AccessDenied", "Access Denied");
const SLOW_DOWN: Error = Error(503, "SlowDown", "Please reduce your request rate.");

/// The error of a fault that is one.
const fn error(kind: Kind) -> Option<Error> {
    Some(match kind {
        Kind::Throttle => SLOW_DOWN,
        Kind::AccessDenied => ACCESS_DENIED,
        Kind::NotFound | Kind::NoS3Objects => NO_SUCH_KEY,
        Kind::InternalFailure => Error(500, "InternalError", "We encountered an internal error. Please try again."),
        Kind::ExpiredToken => Error(400, "ExpiredToken", "The provided token has expired."),
        Kind::UnrecognizedClient => {
            Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        Kind::RequestExpired | Kind::SignatureExpired => Error(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        Kind::RoleNotAssumable
        | Kind::AlreadyEnded
        | Kind::DropAnswer
        | Kind::DropRequest
        | Kind::EmptyAnswer
        | Kind::NoEffect
        | Kind::HangAnswer
        | Kind::HangRequest
        | Kind::ServiceUnavailable
        | Kind::Delay => return None,
    })
}

impl Ask {
    /// `GET` or `HEAD` of `/<bucket>/<key>`; nothing where the path names no bucket.
    pub fn read(method: &Method, path: &str, headers: &HeaderMap) -> Option<Self> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let (bucket, key) = path.strip_prefix('/')?.split_once('/')?;
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
        (!bucket.is_empty()).then(|| Self {
            head: method == Method::HEAD,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            if_none_match: text(header::IF_NONE_MATCH),
            authorization: headers.contains_key(header::AUTHORIZATION),
            security_token: headers.contains_key("x-amz-security-token"),
        })
    }

    /// The operation, as faults, rates and counts name it.
    pub const fn operation(&self) -> &'static str {
        if self.head { "s3:HeadObject" } else { "s3:GetObject" }
    }

    fn path(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }

    fn knows(&self, etag: &str) -> bool {
        let known = self.if_none_match.iter().flat_map(|list| list.split(',')).map(str::trim);
        known.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == etag)
    }
}

/// How long to wait, in real time, before the request is looked at.
pub fn delay(emulator: &Emulator, ask: &Ask) -> Option<Duration> {
    let order = emulator.faults().hit(ask.operation(), &ask.path(), true)?;
    Some(Duration::from_millis(order.delay_millis.unwrap_or(1000)))
}

/// Answers, and takes note of the call.
pub fn answer(emulator: &Emulator, ask: &Ask) -> Answer {
    let fault = emulator.faults().hit(ask.operation(), &ask.path(), false).map(|order| order.kind);
    let answer = match (fault, fault.and_then(error)) {
        (Some(Kind::DropRequest | Kind::DropAnswer | Kind::EmptyAnswer | Kind::NoEffect), _) => Answer::HangUp,
        (Some(Kind::HangRequest | Kind::HangAnswer), _) => Answer::Hang,
        (Some(Kind::ServiceUnavailable), _) => Answer::Proxy,
        (_, Some(error)) => Answer::Error(error),
        _ if !emulator.granted(ask.operation()) => Answer::Error(SLOW_DOWN),
        _ => find(emulator, ask),
    };
    let (status, error) = match &answer {
        Answer::Object { .. } => (200, None),
        Answer::NotModified { .. } => (304, None),
        Answer::Error(Error(status, code, _)) => (*status, Some((*code).to_owned())),
        Answer::Proxy => (503, Some("ServiceUnavailable".to_owned())),
        Answer::HangUp | Answer::Hang => (0, fault.map(|kind| format!("{kind:?}"))),
    };
    emulator.calls().record(Entry {
        time: emulator.clock().now().seconds(),
        real_millis: u64::try_from(emulator.clock().real().as_millis()).unwrap_or(u64::MAX),
        operation: ask.operation().to_owned(),
        request: json!({"Bucket": ask.bucket, "Key": ask.key}),
        status,
        error,
        unknown_members: Vec::new(),
        authorization_present: ask.authorization,
        security_token_present: ask.security_token,
    });
    answer
}

fn find(emulator: &Emulator, ask: &Ask) -> Answer {
    let hub = emulator.hub();
    let object = metadata::region(&ask.bucket)
        .and_then(|region| metadata::object(&hub, region, &ask.key, emulator.clock().now().seconds()));
    let Some(body) = object else {
        // Nobody but its owner may list a bucket.
        return Answer::Error(if ask.key.is_empty() { ACCESS_DENIED } else { NO_SUCH_KEY });
    };
    let hash = |part: &str| random::hex(&["etag", part, &body], 16);
    let etag = format!("\"{}{}\"", hash("first"), hash("second"));
    if ask.knows(&etag) { Answer::NotModified { etag } } else { Answer::Object { etag, body } }
}

/// The answer on the wire; nothing for those that are not of S3. What HEAD must not have is cut off by the server.
pub fn response(answer: Answer, ask: &Ask) -> Option<Response<Body>> {
    let (status, kind, etag, body) = match answer {
        Answer::Object { etag, body } => (200, "application/json", Some(etag), body),
        Answer::NotModified { etag } => (304, "application/json", Some(etag), String::new()),
        Answer::Error(error) => (error.0, "application/xml", None, xml(error, ask)),
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
    let path = ask.path().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let request = random::hex(&["s3", &path], 16).to_uppercase();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <Resource>{path}</Resource><RequestId>{request}</RequestId></Error>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str, etag: Option<&str>) -> Option<Ask> {
        let etag = etag.map(|etag| (header::IF_NONE_MATCH, HeaderValue::from_str(etag).unwrap()));
        Ask::read(method, path, &etag.into_iter().collect())
    }

    #[test]
    fn buckets_and_keys_are_read_from_paths() {
        let get = ask(&Method::GET, "/bucket/a/b.json", None).unwrap();
        assert_eq!((get.bucket.as_str(), get.key.as_str(), get.operation()), ("bucket", "a/b.json", "s3:GetObject"));
        assert_eq!(ask(&Method::HEAD, "/bucket/a", None).unwrap().operation(), "s3:HeadObject");
        for (method, path) in
            [(Method::GET, "/"), (Method::GET, "/bucket"), (Method::GET, "//key"), (Method::PUT, "/bucket/a")]
        {
            assert!(ask(&method, path, None).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn tags_are_compared() {
        for (given, expected) in [
            (None, false),
            (Some("\"a\""), true),
            (Some("\"b\", W/\"a\""), true),
            (Some("\"b\""), false),
            (Some("*"), true),
        ] {
            assert_eq!(ask(&Method::GET, "/b/k", given).unwrap().knows("\"a\""), expected, "{given:?}");
        }
    }

    #[test]
    fn names_in_errors_are_escaped() {
        assert!(xml(NO_SUCH_KEY, &ask(&Method::GET, "/b/<k>&", None).unwrap()).contains("/b/&lt;k&gt;&amp;"));
    }
}
