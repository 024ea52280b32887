//! A problem that a status reports.

use api::Reason;

/// Why something cannot continue: a reason for programs, a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The reason, in one word.
    pub reason: Reason,
    /// The cause and the remedy, in one or two sentences.
    pub message: String,
}

impl Problem {
    /// A problem with that reason and message.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}
