//! The Helm chart and the overlays: what they render, what they refuse, and that the operator can live with it.
// A test that cannot go on has to stop, in its helpers too.
#![allow(clippy::unwrap_used)]

mod alerts;
mod cases;
mod check;
mod documents;
mod helm;
mod kustomize;
mod releases;
mod rendering;
mod rights;
mod server;
