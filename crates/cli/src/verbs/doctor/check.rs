//! What a check found.

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// It could not be checked.
    Skipped,
    /// It works, but not as well as it could, or not for all.
    Warning,
    /// It keeps selections from working.
    Failed,
}

impl Verdict {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[allow(clippy::struct_field_names)] // `check` is its name in JSON
pub(crate) struct Check {
    /// What is checked.
    pub(crate) check: String,
    /// How it is.
    pub(crate) verdict: Verdict,
    /// What was found, or why it could not be checked.
    pub(crate) message: String,
    /// What to do.
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

/// Why the API server has not answered: for who may not ask, that; else what it said.
pub(crate) fn unasked(check: &str, error: &kube::Error) -> Check {
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            Check::skipped(check, format!("you may not: {}", status.message))
        }
        kube::Error::Api(status) => Check::skipped(check, status.message.clone()),
        other => Check::skipped(check, format!("no answer of the API server: {other}")),
    }
}
