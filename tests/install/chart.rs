//! The Helm chart and the overlays: what they render and refuse, and that the operator works with the result.
// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

mod alerts;
mod cases;
mod check;
mod documents;
mod helm;
mod kustomize;
mod permissions;
mod releases;
mod rendering;
mod server;
