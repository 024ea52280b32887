//! The API server's audit log of writes. It excludes reads, Leases and the server's own writes.
//!
//! The log is written before the response to a request is complete (`--audit-log-mode=blocking`), so it contains every
//! write whose response a client has received.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

/// The audit policy for this reader. Level `Request` keeps the bodies, so that a test can see which fields were
/// written.
pub const POLICY: &str = r"apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
- level: None
  verbs: [get, list, watch]
- level: None
  users: [system:apiserver]
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: Request
";

/// One finished write request.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    /// The user (the impersonated one, if there is one).
    pub user: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// Plural, as in the URL path.
    pub resource: String,
    /// For example `status`.
    pub subresource: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The object's name; absent for `create`, where it is in the body.
    pub name: Option<String>,
    /// The HTTP status of the answer.
    pub code: u16,
    /// When the request came in.
    pub received: Timestamp,
    /// The body of the request; a patch as it was sent.
    pub request: Option<Value>,
}

impl AuditEntry {
    /// `verb resource[/subresource]`: short, for assertions on sequences.
    pub fn action(&self) -> String {
        let Self { verb, resource, subresource, .. } = self;
        subresource.as_ref().map_or_else(|| format!("{verb} {resource}"), |sub| format!("{verb} {resource}/{sub}"))
    }
}

/// The entries of the file from an offset on, in its order, and the offset behind them. An incomplete last line is left
/// out.
pub fn read_from(path: &Path, offset: u64) -> (Vec<AuditEntry>, u64) {
    let text = tail(path, offset).unwrap_or_else(|e| panic!("cannot read the audit log {}: {e}", path.display()));
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let entry = |line| parse(line).unwrap_or_else(|e| panic!("not an audit event ({e}): {line}"));
    (whole.lines().map(entry).collect(), offset + whole.len() as u64)
}

fn tail(path: &Path, offset: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // Lossy, because the last line may end within a character.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(line: &str) -> Result<AuditEntry, String> {
    let event: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let code = event.pointer("/responseStatus/code").and_then(Value::as_u64);
    let received = text("/requestReceivedTimestamp").ok_or("no requestReceivedTimestamp")?;
    Ok(AuditEntry {
        verb: text("/verb").ok_or("no verb")?,
        user_agent: text("/userAgent").unwrap_or_default(),
        user: text("/impersonatedUser/username").or_else(|| text("/user/username")).ok_or("no user")?,
        group: text("/objectRef/apiGroup").unwrap_or_default(),
        resource: text("/objectRef/resource").unwrap_or_default(),
        subresource: text("/objectRef/subresource"),
        namespace: text("/objectRef/namespace"),
        name: text("/objectRef/name"),
        code: code.and_then(|code| u16::try_from(code).ok()).ok_or("no response code")?,
        received: received.parse().map_err(|e: jiff::Error| e.to_string())?,
        request: event.get("requestObject").cloned(),
    })
}
