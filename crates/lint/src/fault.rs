//! A fault of a manifest.

/// What the server says of a fault, and whether it bars the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) bars_rules: bool,
}
