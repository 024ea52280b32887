//! Injected faults: which fault, for which operation, how often.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Executes the call, then closes the connection without a response.
    DropAnswer,
    /// Closes the connection without executing the call.
    DropRequest,
    /// Status 500.
    InternalFailure,
    /// Status 503 with an HTML page, as from a proxy.
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
    /// The data of the first channel does not exist (yet).
    NoS3Objects,
    /// `ResourceNotFound`, as while a new job is not visible everywhere.
    NotFound,
    /// Executes the call, then returns 200 with an empty object: a Create without its ARN.
    EmptyAnswer,
    /// Returns 200 with an empty object without executing the call.
    NoEffect,
    /// Executes the call, then never responds; the connection stays open.
    HangAnswer,
    /// Never responds and does not execute the call; the connection stays open.
    HangRequest,
    /// `RequestExpired`: the signer's clock is wrong.
    RequestExpired,
    /// `InvalidSignatureException`, "Signature expired": the same error in the form of most services.
    SignatureExpired,
    /// The tuning job ended a moment ago: the response to Stop in that case.
    AlreadyEnded,
    /// Executes the call, then returns the first half of the body.
    TruncatedAnswer,
    /// Executes the call, then returns values of other types.
    WrongTypes,
    /// Executes the call, then returns a response about another job.
    AnotherJob,
    /// Executes the call, then returns texts that are much too long, with line breaks and colours.
    HugeTexts,
    /// Executes the call, then returns an unknown status.
    UnknownStatus,
    /// Returns the response to the last call of the operation, without executing this one.
    ReplayedAnswer,
    /// Waits for `delayMillis` of real time before anything else happens.
    Delay,
}

/// An injected fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// An operation, or `*`.
    pub operation: String,
    /// The kind of the fault.
    pub kind: Kind,
    /// How often it occurs; if absent, until it is removed.
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
        // The names of S3 operations contain a colon.
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

/// The pending faults.
#[derive(Debug, Default)]
pub struct Faults {
    next: u64,
    standing: Vec<Standing>,
}

impl Faults {
    /// Adds a fault and returns its id.
    pub fn add(&mut self, order: Order) -> u64 {
        self.next += 1;
        self.standing.push(Standing { id: self.next, spared: order.after, left: order.count, order });
        self.next
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// All faults with their ids and remaining counts.
    pub fn list(&self) -> impl Iterator<Item = (u64, &Order, Option<u32>)> {
        self.standing.iter().map(|standing| (standing.id, &standing.order, standing.left))
    }

    /// The fault for a request, whose count decreases. Delays are queried separately: they occur in addition to another
    /// fault.
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

/// The subject of a request: the values in error messages.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The operation.
    pub operation: &'a str,
    /// ARN of the requested resource.
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

/// The error of a fault, if it has one.
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
    fn faults_are_parsed_from_the_command_line() {
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
    fn a_fault_occurs_as_often_as_requested_and_only_for_its_operation() {
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
