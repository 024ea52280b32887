//! A problem that a status reports.

use api::Reason;

/// Why something cannot go on: the reason for programs, the message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The reason, in one word.
    pub reason: Reason,
    /// What is wrong and how to mend it, in one or two sentences.
    pub message: String,
}

impl Problem {
    /// A problem with that reason and message.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}
