//! The result of a check.

use serde::Serialize;

/// The state of a check.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// It is correct.
    Ok,
    /// It could not be checked.
    Skipped,
    /// It works, but with limits or not for all selections.
    Warning,
    /// It keeps selections from working.
    Failed,
}

impl Verdict {
    /// Its name in the output.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// The result of a check.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[allow(clippy::struct_field_names)] // `check` is its name in JSON
pub(crate) struct Check {
    /// The subject of the check.
    pub(crate) check: String,
    /// Its state.
    pub(crate) verdict: Verdict,
    /// The finding, or the reason why it could not be checked.
    pub(crate) message: String,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

impl Check {
    pub(crate) fn ok(check: &str, message: impl Into<String>) -> Self {
        Self { check: check.to_owned(), verdict: Verdict::Ok, message: message.into(), remedy: None }
    }

    pub(crate) fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self { check: check.to_owned(), verdict: Verdict::Skipped, message: why.into(), remedy: None }
    }

    pub(crate) fn warning(check: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check: check.to_owned(), verdict: Verdict::Warning, message: message.into(), remedy }
    }

    pub(crate) fn failed(check: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, ..Self::warning(check, message, remedy) }
    }
}

/// Why the API server did not answer: a missing permission, otherwise its error message.
pub(crate) fn unasked(check: &str, error: &kube::Error) -> Check {
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            Check::skipped(check, format!("you may not: {}", status.message))
        }
        kube::Error::Api(status) => Check::skipped(check, status.message.clone()),
        other => Check::skipped(check, format!("no answer of the API server: {other}")),
    }
}
