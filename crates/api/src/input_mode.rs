use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How training data reaches the container.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InputMode {
    #[default]
    File,
    FastFile,
    Pipe,
}
