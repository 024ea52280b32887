//! The `ModelSelection` operator: the controller and its process. ARCHITECTURE.md shows the crates below it.

pub mod controller;
pub mod process;
