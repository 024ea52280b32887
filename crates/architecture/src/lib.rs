//! The structure of this workspace, read from Cargo and from the source. The checks themselves are in `tests/`.
//!
//! This crate depends on nothing of the operator, so its tests compile in seconds and need no SDK.

use std::path::{Path, PathBuf};

pub mod circles;
pub mod modules;
pub mod packages;
pub mod sources;
pub mod uses;

/// The folder of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
