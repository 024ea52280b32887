//! A rule of the service model that a request breaks, and how the service says so.

use std::fmt::{self, Write as _};

/// What kind of rule a request breaks. It decides the error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A member is missing, too long, outside its set of values, ...: `ValidationException`.
    Constraint,
    /// A member has the wrong JSON type: `SerializationException`.
    Type,
    /// The operation is not in the model: `UnknownOperationException`.
    UnknownOperation,
}

/// One rule that a request breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: `hyperParameterTuningJobConfig.resourceLimits.maxParallelTrainingJobs`.
    pub path: String,
    /// The value as the service prints it; `null` where a required member is missing.
    pub value: String,
    /// `Member must ...`, or for the wrong type what could not be converted.
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

/// The sentence the service answers with.
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
