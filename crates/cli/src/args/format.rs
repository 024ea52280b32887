//! Formats for programs.

use clap::ValueEnum;

/// Formats of `plan` and `doctor`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DocumentFormat {
    Json,
    Yaml,
}
