//! Faults that a test or a user orders: what goes wrong, for which operation, how often.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Does the work, then closes the connection without an answer.
    DropAnswer,
    /// Closes the connection without doing the work.
    DropRequest,
    /// 500.
    InternalFailure,
    /// 503 with a page of HTML, as a proxy in between would answer.
    ServiceUnavailable,
    /// `ThrottlingException`.
    Throttle,
    /// `AccessDeniedException`.
    AccessDenied,
    /// `ExpiredTokenException`.
    ExpiredToken,
    /// `UnrecognizedClientException`.
    UnrecognizedClient,
    /// The execution role cannot be assumed (yet).
    RoleNotAssumable,
    /// The first channel's data is not there (yet).
    NoS3Objects,
    /// `ResourceNotFound`, as while a new job is not known everywhere yet.
    NotFound,
    /// Does the work, then answers 200 with nothing in it: a Create without its ARN.
    EmptyAnswer,
    /// Answers 200 with nothing in it without doing the work.
    NoEffect,
    /// Does the work, then never answers; the connection stays open.
    HangAnswer,
    /// Never answers and does nothing; the connection stays open.
    HangRequest,
    /// `RequestExpired`: the clock of the signer is off.
    RequestExpired,
    /// `InvalidSignatureException`, "Signature expired": the same in the words of most services.
    SignatureExpired,
    /// The tuning job ended a moment ago: what Stop then answers.
    AlreadyEnded,
    /// Does the work, then answers with the first half of the body.
    TruncatedAnswer,
    /// Does the work, then answers with values of other types.
    WrongTypes,
    /// Does the work, then answers as if another job had been asked for.
    AnotherJob,
    /// Does the work, then answers with texts that are much too long, in several lines and colours.
    HugeTexts,
    /// Does the work, then answers with a status that nobody knows.
    UnknownStatus,
    /// Answers what the last request of the operation was answered, without doing the work.
    ReplayedAnswer,
    /// Waits for `delayMillis` of real time before anything else happens.
    Delay,
}

/// An order for a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// An operation, or `*`.
    pub operation: String,
    /// What goes wrong.
    pub kind: Kind,
    /// How often; until it is removed when absent.
    #[serde(default)]
    pub count: Option<u32>,
    /// How many such requests go well before.
    #[serde(default)]
    pub after: u32,
    /// Only for requests with this text anywhere in their body.
    #[serde(default)]
    pub name_contains: Option<String>,
    /// For [`Kind::Delay`].
    #[serde(default)]
    pub delay_millis: Option<u64>,
}

impl FromStr for Order {
    type Err = String;

    /// `OPERATION:KIND[:COUNT][,contains=TEXT][,delay=MILLIS]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text}: expected OPERATION:KIND[:COUNT][,contains=TEXT][,delay=MILLIS], for example Search:Throttle:3"
            )
        };
        let mut parts = text.split(',');
        let head = parts.next().unwrap_or_default();
        // The operations of S3 have a colon in their names.
        let name =
            if head.starts_with("s3:") { head.match_indices(':').nth(1) } else { head.match_indices(':').next() };
        let (operation, rest) = name.and_then(|(at, _)| head.split_at_checked(at)).ok_or_else(wrong)?;
        let mut head = rest.split(':').skip(1);
        let (kind, count) = (head.next().unwrap_or_default(), head.next());
        if operation.is_empty() || head.next().is_some() {
            return Err(wrong());
        }
        let kind = serde_json::from_value(kind.into()).map_err(|_| wrong())?;
        let count = count.map(str::parse).transpose().map_err(|_| wrong())?;
        let operation = operation.to_owned();
        let mut order = Self { operation, kind, count, after: 0, name_contains: None, delay_millis: None };
        for part in parts {
            match part.split_once('=') {
                Some(("contains", text)) => order.name_contains = Some(text.to_owned()),
                Some(("delay", millis)) => order.delay_millis = Some(millis.parse().map_err(|_| wrong())?),
                _ => return Err(wrong()),
            }
        }
        Ok(order)
    }
}

#[derive(Debug)]
struct Standing {
    id: u64,
    order: Order,
    /// Requests that go well yet.
    spared: u32,
    left: Option<u32>,
}

/// The faults that are still to happen.
#[derive(Debug, Default)]
pub struct Faults {
    next: u64,
    standing: Vec<Standing>,
}

impl Faults {
    /// Takes an order and returns its id.
    pub fn add(&mut self, order: Order) -> u64 {
        self.next += 1;
        self.standing.push(Standing { id: self.next, spared: order.after, left: order.count, order });
        self.next
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// Ids, orders and what is left of them.
    pub fn list(&self) -> impl Iterator<Item = (u64, &Order, Option<u32>)> {
        self.standing.iter().map(|standing| (standing.id, &standing.order, standing.left))
    }

    /// The fault that hits a request, and one less of it. Delays are asked for apart: they hit in addition to another fault.
    pub fn hit(&mut self, operation: &str, body: &str, delay: bool) -> Option<Order> {
        let hits = |standing: &Standing| {
            let order = &standing.order;
            (order.kind == Kind::Delay) == delay
                && (order.operation == "*" || order.operation == operation)
                && order.name_contains.as_ref().is_none_or(|text| body.contains(text))
        };
        let at = self.standing.iter().position(|standing| standing.left != Some(0) && hits(standing))?;
        let standing = self.standing.get_mut(at)?;
        if let Some(spared) = standing.spared.checked_sub(1) {
            standing.spared = spared;
            return None;
        }
        standing.left = standing.left.map(|left| left.saturating_sub(1));
        let order = standing.order.clone();
        self.standing.retain(|standing| standing.left != Some(0));
        Some(order)
    }
}

/// What a request was about: the words of the error texts.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The operation.
    pub operation: &'a str,
    /// ARN of the resource that was asked for.
    pub resource: &'a str,
    /// Account of the signer.
    pub account: &'a str,
    /// Region of the signer.
    pub region: &'a str,
    /// The execution role.
    pub role: &'a str,
    /// Data of the first channel.
    pub uri: &'a str,
}

/// The error of a fault that is one.
pub fn error(kind: Kind, subject: &Subject<'_>) -> Option<ApiError> {
    let Subject { operation, resource, account, region, role, uri } = subject;
    Some(match kind {
        Kind::InternalFailure => ApiError::internal(),
        Kind::Throttle => ApiError::throttled(),
        Kind::AccessDenied => ApiError::access_denied(format!(
            "User: arn:aws:sts::{account}:assumed-role/operator/x is not authorized to perform: sagemaker:{operation} on resource: {resource}"
        )),
        Kind::ExpiredToken => ApiError::expired_token(),
        Kind::UnrecognizedClient => ApiError::unrecognized_client(),
        Kind::RoleNotAssumable => ApiError::role_not_assumable(role),
        Kind::NoS3Objects => ApiError::no_objects(uri, region, role),
        Kind::NotFound => ApiError::not_found(format!(
            "Amazon SageMaker can't find a tuning job called {}. Type another name.",
            resource.rsplit('/').next().unwrap_or_default()
        )),
        Kind::RequestExpired => ApiError::request_expired(),
        Kind::SignatureExpired => ApiError::signature_expired(),
        Kind::AlreadyEnded => ApiError::already_ended(),
        Kind::DropAnswer
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_from_the_command_line() {
        let order: Order = "CreateHyperParameterTuningJob:DropAnswer:1,contains=swin,delay=5".parse().unwrap();
        assert_eq!((order.kind, order.count), (Kind::DropAnswer, Some(1)));
        assert_eq!((order.name_contains.as_deref(), order.delay_millis), (Some("swin"), Some(5)));
        let object: Order = "s3:GetObject:Throttle:2".parse().unwrap();
        assert_eq!((object.operation.as_str(), object.kind, object.count), ("s3:GetObject", Kind::Throttle, Some(2)));
        assert_eq!("*:Throttle".parse::<Order>().unwrap().count, None);
        for wrong in
            ["", "x", "x:Nonsense", "x:Throttle:y", "x:Throttle:1:2", "x:Throttle,colour=red", "s3:GetObject", "s3:"]
        {
            assert!(wrong.parse::<Order>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_fault_hits_as_often_as_ordered_and_only_what_it_names() {
        let mut faults = Faults::default();
        faults.add("Search:Throttle:2,contains=abc".parse().unwrap());
        faults.add("*:Delay,delay=1".parse().unwrap());
        assert_eq!(faults.hit("ListTags", "abc", false), None);
        assert_eq!(faults.hit("Search", "xyz", false), None);
        assert!(faults.hit("Search", "xabcx", false).is_some());
        assert!(faults.hit("Search", "xabcx", false).is_some());
        assert_eq!(faults.hit("Search", "xabcx", false), None);
        assert_eq!(faults.hit("Search", "", true).unwrap().delay_millis, Some(1));
        assert_eq!(faults.list().count(), 1);
        faults.clear();
        assert_eq!(faults.hit("Search", "", true), None);
    }

    #[test]
    fn a_fault_may_come_later() {
        let mut faults = Faults::default();
        faults.add(Order { after: 2, ..order("Search:Throttle:1") });
        let hits =
            ["Search", "ListTags", "Search", "Search", "Search"].map(|name| faults.hit(name, "", false).is_some());
        assert_eq!(hits, [false, false, false, true, false]);
    }

    fn order(text: &str) -> Order {
        text.parse().unwrap()
    }
}
