//! Responses of S3: objects, buckets, errors and injected faults.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::ask::{Ask, Verb};
use super::date;
use super::range::{self, Part};
use crate::clock::Moment;
use crate::http::xml::escaped;
use crate::hub::metadata;
use crate::service::calls::Entry;
use crate::service::emulator::Emulator;
use crate::service::faults::Kind;
use crate::service::objects::{Object, Objects};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The object, or a part of it.
    Object {
        /// Hash of its content.
        etag: String,
        /// The whole object.
        object: Object,
        /// The first and the last position of the part.
        part: Option<(usize, usize)>,
    },
    /// The client already has the object.
    NotModified {
        /// Hash of its content.
        etag: String,
        /// When it was written.
        modified: Moment,
    },
    /// The range is outside of the object, which has this size.
    Unsatisfiable(usize),
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
const PRECONDITION: Error =
    Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
/// The error of a range outside of the object.
pub const INVALID_RANGE: Error = Error(416, "InvalidRange", "The requested range is not satisfiable");
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
    let (status, error) = outcome(&answer, fault);
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

/// Status and error of a response, for the record.
fn outcome(answer: &Answer, fault: Option<Kind>) -> (u16, Option<String>) {
    let error = |Error(status, code, _): &Error| (*status, Some((*code).to_owned()));
    match answer {
        Answer::Object { part: Some(_), .. } => (206, None),
        Answer::Object { .. } | Answer::Written { .. } | Answer::Xml(_) => (200, None),
        Answer::Done(status) => (*status, None),
        Answer::NotModified { .. } => (304, None),
        Answer::Unsatisfiable(_) => error(&INVALID_RANGE),
        Answer::Error(found) => error(found),
        Answer::Proxy => (503, Some("ServiceUnavailable".to_owned())),
        Answer::HangUp | Answer::Hang => (0, fault.map(|kind| format!("{kind:?}"))),
    }
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
        Verb::PutObject => write(&mut objects, emulator.clock().now(), ask),
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

fn write(objects: &mut Objects, now: Moment, ask: &Ask) -> Answer {
    let before = objects.get(&ask.bucket, &ask.key).map(|object| etag(&object.content));
    if before.as_ref().is_some_and(|etag| ask.knows(etag)) || ask.wants_other(before.as_deref().unwrap_or_default()) {
        return Answer::Error(PRECONDITION);
    }
    let kind = ask.kind.clone().unwrap_or_else(|| "binary/octet-stream".to_owned());
    let object = Object { content: ask.body.clone().into(), kind, modified: now };
    if objects.put(&ask.bucket, &ask.key, object) {
        Answer::Written { etag: etag(&ask.body) }
    } else {
        Answer::Error(NO_SUCH_BUCKET)
    }
}

/// An object of `JumpStart`'s metadata.
fn published(emulator: &Emulator, ask: &Ask) -> Option<Object> {
    let region = metadata::region(&ask.bucket)?;
    let body = metadata::object(&emulator.hub(), region, &ask.key, emulator.clock().now().seconds())?;
    Some(Object { content: body.into_bytes().into(), kind: "application/json".to_owned(), modified: PUBLISHED })
}

fn read(object: Option<Object>, ask: &Ask) -> Answer {
    let Some(object) = object else {
        // Only its owner may list a bucket.
        return Answer::Error(if ask.key.is_empty() { ACCESS_DENIED } else { NO_SUCH_KEY });
    };
    let etag = etag(&object.content);
    if ask.wants_other(&etag) {
        return Answer::Error(PRECONDITION);
    }
    if ask.knows(&etag) {
        return Answer::NotModified { etag, modified: object.modified };
    }
    match range::part(ask.range(&etag), object.content.len()) {
        Part::Whole => Answer::Object { etag, object, part: None },
        Part::Between(first, last) => Answer::Object { etag, object, part: Some((first, last)) },
        Part::Unsatisfiable => Answer::Unsatisfiable(object.content.len()),
    }
}

fn etag(body: &[u8]) -> String {
    let number = Sha256::digest(body).iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    format!("\"{number:032x}\"")
}

/// 2026-01-01, the date of everything that was there before the emulator started.
const PUBLISHED: Moment = Moment::from_millis(1_767_225_600_000);
const NAMESPACE: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

fn buckets<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let date = date::of_s3(PUBLISHED);
    let entry =
        |name: &str| format!("<Bucket><Name>{}</Name><CreationDate>{date}</CreationDate></Bucket>", escaped(name));
    let all: String = names.map(entry).collect();
    format!(
        "<ListAllMyBucketsResult {NAMESPACE}><Owner><ID>emulator</ID></Owner><Buckets>{all}</Buckets></ListAllMyBucketsResult>"
    )
}

/// Objects and, with a delimiter, their folders.
fn listing(ask: &Ask, found: &[(String, Object)]) -> String {
    let folder = |key: &str| {
        let rest = key.strip_prefix(ask.prefix.as_str())?;
        let delimiter = ask.delimiter.as_deref()?;
        let (folder, _) = rest.split_once(delimiter)?;
        Some(format!("{}{folder}{delimiter}", ask.prefix))
    };
    let folders: BTreeSet<String> = found.iter().filter_map(|(key, _)| folder(key)).collect();
    let objects: Vec<&(String, Object)> = found.iter().filter(|(key, _)| folder(key).is_none()).collect();
    let mut all = String::new();
    for (key, object) in &objects {
        all.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            escaped(key),
            date::of_s3(object.modified),
            escaped(&etag(&object.content)),
            object.content.len()
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
