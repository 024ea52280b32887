//! `make test-gitops`: Flux's kustomize-controller and Argo CD themselves, with the objects of the guides in
//! `docs/gitops`. Not part of `make test`, because building the two takes a quarter of an hour.
// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

mod argocd;
mod argocd_lua;
mod argocd_operator;
mod argocd_programs;
mod drift;
mod flux;
mod flux_operator;
mod flux_programs;
mod guides;
mod parts;
