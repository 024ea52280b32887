//! A fault of a manifest.

/// The server's message about a fault, and whether the fault prevents the evaluation of CEL rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) bars_rules: bool,
}
