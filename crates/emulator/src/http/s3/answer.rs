//! Responses of S3: objects, buckets, errors and injected faults.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::ask::{Ask, Verb};
use crate::http::xml::escaped;
use crate::hub::metadata;
use crate::random;
use crate::service::calls::Entry;
use crate::service::emulator::Emulator;
use crate::service::faults::Kind;

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The object.
    Object {
        /// Hash of its content.
        etag: String,
        /// Its content.
        body: Arc<[u8]>,
    },
    /// The client already has the object.
    NotModified {
        /// Hash of its content.
        etag: String,
    },
    /// The object is written.
    Written {
        /// Hash of its content.
        etag: String,
    },
    /// Success with this status and an empty body.
    Done(u16),
    /// A document.
    Xml(String),
    /// An error of S3.
    Error(Error),
    /// An HTML page with status 503, as from a proxy.
    Proxy,
    /// Nothing: the connection is closed.
    HangUp,
    /// Nothing: the connection stays open.
    Hang,
}

/// An error of S3: status, code and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub u16, pub &'static str, pub &'static str);

const NO_SUCH_KEY: Error = Error(404, "NoSuchKey", "The specified key does not exist.");
const NO_SUCH_BUCKET: Error = Error(404, "NoSuchBucket", "The specified bucket does not exist");
const NOT_IMPLEMENTED: Error =
    Error(501, "NotImplemented", "A header you provided implies functionality that is not implemented");
const ACCESS_DENIED: Error = Error(403, "AccessDenied", "Access Denied");
const SLOW_DOWN: Error = Error(503, "SlowDown", "Please reduce your request rate.");

/// The S3 error of a fault, if it has one.
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
        | Kind::TruncatedAnswer
        | Kind::WrongTypes
        | Kind::AnotherJob
        | Kind::HugeTexts
        | Kind::UnknownStatus
        | Kind::ReplayedAnswer
        | Kind::Delay => return None,
    })
}

/// How long to wait, in real time, before handling the request.
pub fn delay(emulator: &Emulator, ask: &Ask) -> Option<Duration> {
    let order = emulator.faults().hit(ask.operation(), &ask.path(), true)?;
    Some(Duration::from_millis(order.delay_millis.unwrap_or(1000)))
}

/// Handles the request, and records it.
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
        Answer::Object { .. } | Answer::Written { .. } | Answer::Xml(_) => (200, None),
        Answer::Done(status) => (*status, None),
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
    let mut objects = emulator.objects();
    let known = objects.has(&ask.bucket) || metadata::region(&ask.bucket).is_some();
    match ask.verb {
        Verb::GetObject | Verb::HeadObject => {
            let own = objects.get(&ask.bucket, &ask.key);
            drop(objects);
            read(own.or_else(|| published(emulator, ask)), ask)
        }
        Verb::PutObject => {
            let etag = etag(&ask.body);
            if objects.put(&ask.bucket, &ask.key, ask.body.clone()) {
                Answer::Written { etag }
            } else {
                Answer::Error(NO_SUCH_BUCKET)
            }
        }
        Verb::DeleteObject => {
            objects.delete(&ask.bucket, &ask.key);
            Answer::Done(204)
        }
        Verb::CreateBucket => {
            objects.create(&ask.bucket);
            Answer::Done(200)
        }
        Verb::HeadBucket => {
            if known {
                Answer::Done(200)
            } else {
                Answer::Error(NO_SUCH_BUCKET)
            }
        }
        Verb::GetBucketLocation if known => Answer::Xml(format!("<LocationConstraint {NAMESPACE}/>")),
        Verb::GetBucketLocation => Answer::Error(NO_SUCH_BUCKET),
        Verb::ListBuckets => Answer::Xml(buckets(objects.names())),
        Verb::ListObjects => match objects.list(&ask.bucket, &ask.prefix) {
            Some(found) => Answer::Xml(listing(ask, &found)),
            None => Answer::Error(if known { ACCESS_DENIED } else { NO_SUCH_BUCKET }),
        },
        Verb::Unknown => Answer::Error(NOT_IMPLEMENTED),
    }
}

/// An object of `JumpStart`'s metadata.
fn published(emulator: &Emulator, ask: &Ask) -> Option<Arc<[u8]>> {
    let region = metadata::region(&ask.bucket)?;
    let body = metadata::object(&emulator.hub(), region, &ask.key, emulator.clock().now().seconds())?;
    Some(body.into_bytes().into())
}

fn read(object: Option<Arc<[u8]>>, ask: &Ask) -> Answer {
    let Some(body) = object else {
        // Only its owner may list a bucket.
        return Answer::Error(if ask.key.is_empty() { ACCESS_DENIED } else { NO_SUCH_KEY });
    };
    let etag = etag(&body);
    if ask.knows(&etag) { Answer::NotModified { etag } } else { Answer::Object { etag, body } }
}

fn etag(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let hash = |part: &str| random::hex(&["etag", part, &text], 16);
    format!("\"{}{}\"", hash("first"), hash("second"))
}

const NAMESPACE: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
const DATE: &str = "2026-01-01T00:00:00.000Z";

fn buckets<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let entry =
        |name: &str| format!("<Bucket><Name>{}</Name><CreationDate>{DATE}</CreationDate></Bucket>", escaped(name));
    let all: String = names.map(entry).collect();
    format!(
        "<ListAllMyBucketsResult {NAMESPACE}><Owner><ID>emulator</ID></Owner><Buckets>{all}</Buckets></ListAllMyBucketsResult>"
    )
}

/// Objects and, with a delimiter, their folders.
fn listing(ask: &Ask, found: &[(String, usize)]) -> String {
    let folder = |key: &str| {
        let rest = key.strip_prefix(ask.prefix.as_str())?;
        let delimiter = ask.delimiter.as_deref()?;
        let (folder, _) = rest.split_once(delimiter)?;
        Some(format!("{}{folder}{delimiter}", ask.prefix))
    };
    let folders: BTreeSet<String> = found.iter().filter_map(|(key, _)| folder(key)).collect();
    let objects: Vec<&(String, usize)> = found.iter().filter(|(key, _)| folder(key).is_none()).collect();
    let mut all = String::new();
    for (key, size) in &objects {
        let key = escaped(key);
        all.push_str(&format!(
            "<Contents><Key>{key}</Key><LastModified>{DATE}</LastModified><Size>{size}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>"
        ));
    }
    for folder in &folders {
        all.push_str(&format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", escaped(folder)));
    }
    format!(
        "<ListBucketResult {NAMESPACE}><Name>{}</Name><Prefix>{}</Prefix><KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys>\
         <IsTruncated>false</IsTruncated>{all}</ListBucketResult>",
        escaped(&ask.bucket),
        escaped(&ask.prefix),
        objects.len() + folders.len()
    )
}
