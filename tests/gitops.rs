//! `make test-gitops`: Flux's kustomize-controller and Argo CD themselves, with the objects that the guides in `docs/gitops`
//! show. Not a part of `make test`, since building the two takes a quarter of an hour.
#![cfg(all(feature = "operator", feature = "emulator"))]
// A test that cannot go on has to stop, in its helpers too.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "gitops/argocd.rs"]
mod argocd;
#[path = "gitops/argocd_operator.rs"]
mod argocd_operator;
#[path = "gitops/argocd_programs.rs"]
mod argocd_programs;
#[path = "gitops/flux.rs"]
mod flux;
#[path = "gitops/flux_operator.rs"]
mod flux_operator;
#[path = "gitops/flux_programs.rs"]
mod flux_programs;
#[path = "gitops/guides.rs"]
mod guides;
#[path = "gitops/parts.rs"]
mod parts;
