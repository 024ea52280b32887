//! A violation of the service model, and the service's message about it.

use std::fmt::{self, Write as _};

/// The kind of a violation. It determines the error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A member is missing, too long, outside its set of values, ...: `ValidationException`.
    Constraint,
    /// A member has the wrong JSON type: `SerializationException`.
    Type,
    /// The operation is not in the model: `UnknownOperationException`.
    UnknownOperation,
}

/// One violation in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its path: `hyperParameterTuningJobConfig.resourceLimits.maxParallelTrainingJobs`.
    pub path: String,
    /// The value as the service prints it; `null` if a required member is missing.
    pub value: String,
    /// `Member must ...`, or for a wrong type which conversion failed.
    pub constraint: String,
    /// Which kind of rule.
    pub kind: ViolationKind,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ViolationKind::Type | ViolationKind::UnknownOperation => f.write_str(&self.constraint),
            ViolationKind::Constraint => {
                write!(f, "Value {} at '{}' failed to satisfy constraint: {}", self.value, self.path, self.constraint)
            }
        }
    }
}

/// The service's message.
pub fn describe(violations: &[Violation]) -> String {
    let mut text = match violations.len() {
        1 => "1 validation error detected: ".to_owned(),
        n => format!("{n} validation errors detected: "),
    };
    for (i, violation) in violations.iter().enumerate() {
        let _ = write!(text, "{}{violation}", if i == 0 { "" } else { "; " });
    }
    text
}
