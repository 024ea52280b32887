//! The Helm chart and the overlays: what they render, what they refuse, and that the operator can live with it.
#![cfg(all(feature = "operator", feature = "emulator"))]
// A test that cannot go on has to stop, in its helpers too.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "chart/alerts.rs"]
mod alerts;
#[path = "chart/cases.rs"]
mod cases;
#[path = "chart/check.rs"]
mod check;
#[path = "chart/documents.rs"]
mod documents;
#[path = "chart/helm.rs"]
mod helm;
#[path = "chart/kustomize.rs"]
mod kustomize;
#[path = "chart/releases.rs"]
mod releases;
#[path = "chart/rendering.rs"]
mod rendering;
#[path = "chart/rights.rs"]
mod rights;
#[path = "chart/server.rs"]
mod server;
