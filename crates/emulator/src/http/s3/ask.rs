//! Determines the S3 operation of a request.

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};

use super::chunked;

/// Query parameters that make a request another operation, none of which exists here. Read as the plain operation, they
/// would overwrite or delete an object.
const SUBRESOURCES: [&str; 34] = [
    "accelerate",
    "acl",
    "analytics",
    "append",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
];
/// The header of `CopyObject`, whose body is empty.
const COPY: &str = "x-amz-copy-source";

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    GetObject,
    HeadObject,
    PutObject,
    DeleteObject,
    ListBuckets,
    ListObjects,
    HeadBucket,
    CreateBucket,
    GetBucketLocation,
    Unknown,
}

impl Verb {
    /// The plain operation on a bucket or an object.
    fn of(method: &str, on_bucket: bool, signed: bool) -> Self {
        match (method, on_bucket) {
            ("GET", true) if signed => Self::ListObjects,
            ("HEAD", true) if signed => Self::HeadBucket,
            ("PUT", true) => Self::CreateBucket,
            ("GET", _) => Self::GetObject,
            ("HEAD", _) => Self::HeadObject,
            ("PUT", false) => Self::PutObject,
            ("DELETE", false) => Self::DeleteObject,
            _ => Self::Unknown,
        }
    }
}

/// A parsed request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(super) verb: Verb,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) prefix: String,
    pub(super) delimiter: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) kind: Option<String>,
    pub(super) range: Option<String>,
    pub(super) if_range: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) if_none_match: Option<String>,
    pub(super) authorization: bool,
    pub(super) security_token: bool,
}

impl Ask {
    /// Parses a request: `/<bucket>/<key>`, or `/<bucket>` and `/` if it is signed for S3. `None` if it is not for S3.
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let signed = text(header::AUTHORIZATION).is_some_and(|value| value.contains("/s3/aws4_request"));
        let path = decoded(uri.path().strip_prefix('/')?);
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        let is_key = path.contains('/') && !bucket.is_empty();
        let reads = method == Method::GET || method == Method::HEAD;
        if !(signed || is_key && reads) {
            return None;
        }
        let query = uri.query().unwrap_or_default();
        let asked = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        let parameter = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next()
        };
        let other = SUBRESOURCES.iter().any(|name| asked(name)) || headers.contains_key(COPY);
        let verb = match (method.as_str(), bucket.is_empty(), key.is_empty()) {
            ("GET", false, true) if asked("location") => Verb::GetBucketLocation,
            ("GET", true, _) => Verb::ListBuckets,
            _ if other => Verb::Unknown,
            (method, false, no_key) => Verb::of(method, no_key, signed),
            _ => Verb::Unknown,
        };
        let chunked = text(header::HeaderName::from_static("x-amz-content-sha256"))
            .is_some_and(|hash| hash.starts_with("STREAMING-"));
        let body = if chunked { chunked::decode(body)? } else { body.to_vec() };
        Some(Self {
            verb,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            prefix: parameter("prefix").unwrap_or_default(),
            delimiter: parameter("delimiter").filter(|delimiter| !delimiter.is_empty()),
            body,
            kind: text(header::CONTENT_TYPE).map(str::to_owned),
            range: text(header::RANGE).map(str::to_owned),
            if_range: text(header::IF_RANGE).map(str::to_owned),
            if_match: text(header::IF_MATCH).map(str::to_owned),
            if_none_match: text(header::IF_NONE_MATCH).map(str::to_owned),
            authorization: headers.contains_key(header::AUTHORIZATION),
            security_token: headers.contains_key("x-amz-security-token"),
        })
    }

    /// The name of the operation in faults, rates and counts.
    pub const fn operation(&self) -> &'static str {
        match self.verb {
            Verb::GetObject => "s3:GetObject",
            Verb::HeadObject => "s3:HeadObject",
            Verb::PutObject => "s3:PutObject",
            Verb::DeleteObject => "s3:DeleteObject",
            Verb::ListBuckets => "s3:ListBuckets",
            Verb::ListObjects => "s3:ListObjects",
            Verb::HeadBucket => "s3:HeadBucket",
            Verb::CreateBucket => "s3:CreateBucket",
            Verb::GetBucketLocation => "s3:GetBucketLocation",
            Verb::Unknown => "s3:Unknown",
        }
    }

    /// `/<bucket>/<key>`.
    pub fn path(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }

    /// Whether the client already has this content.
    pub fn knows(&self, etag: &str) -> bool {
        self.if_none_match.as_deref().is_some_and(|list| lists(list, etag))
    }

    /// Whether the client asks for another content than this one.
    pub fn wants_other(&self, etag: &str) -> bool {
        self.if_match.as_deref().is_some_and(|list| !lists(list, etag))
    }

    /// The range, unless it holds only for another content.
    pub fn range(&self, etag: &str) -> Option<&str> {
        let range = self.range.as_deref();
        range.filter(|_| self.if_range.as_deref().is_none_or(|other| other == etag))
    }
}

fn lists(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

/// A percent-decoded path.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(|pair| {
            let digits = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str, etag: Option<&str>, signed: bool) -> Option<Ask> {
        let mut headers = HeaderMap::new();
        if let Some(etag) = etag {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(etag).unwrap());
        }
        if signed {
            let value =
                "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0";
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        Ask::read(method, &path.parse().unwrap(), &headers, b"")
    }

    #[test]
    fn buckets_and_keys_are_read_from_paths() {
        let get = ask(&Method::GET, "/bucket/a%20b/b.json", None, false).unwrap();
        assert_eq!((get.bucket.as_str(), get.key.as_str(), get.operation()), ("bucket", "a b/b.json", "s3:GetObject"));
        for (method, path, signed, expected) in [
            (Method::HEAD, "/bucket/a", false, Some(Verb::HeadObject)),
            (Method::GET, "/", false, None),
            (Method::GET, "/bucket", false, None),
            (Method::GET, "//key", false, None),
            (Method::PUT, "/bucket/a", false, None),
            (Method::GET, "/", true, Some(Verb::ListBuckets)),
            (Method::GET, "/bucket?list-type=2&prefix=a%2F", true, Some(Verb::ListObjects)),
            (Method::GET, "/bucket?location", true, Some(Verb::GetBucketLocation)),
            (Method::HEAD, "/bucket", true, Some(Verb::HeadBucket)),
            (Method::PUT, "/bucket", true, Some(Verb::CreateBucket)),
            (Method::PUT, "/bucket/a", true, Some(Verb::PutObject)),
            (Method::DELETE, "/bucket/a", true, Some(Verb::DeleteObject)),
            (Method::POST, "/bucket/a?uploads", true, Some(Verb::Unknown)),
            (Method::PUT, "/bucket/a?acl", true, Some(Verb::Unknown)),
            (Method::PUT, "/bucket/a?partNumber=1&uploadId=x", true, Some(Verb::Unknown)),
            (Method::DELETE, "/bucket/a?tagging=", true, Some(Verb::Unknown)),
            (Method::PUT, "/bucket?versioning", true, Some(Verb::Unknown)),
            (Method::GET, "/bucket/a?x-id=GetObject", true, Some(Verb::GetObject)),
        ] {
            assert_eq!(ask(&method, path, None, signed).map(|ask| ask.verb), expected, "{method} {path}");
        }
        assert_eq!(ask(&Method::GET, "/bucket?prefix=a%2F", None, true).unwrap().prefix, "a/");
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
            assert_eq!(ask(&Method::GET, "/b/k", given, false).unwrap().knows("\"a\""), expected, "{given:?}");
        }
    }
}
