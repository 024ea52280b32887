//! `make test-gitops`: Flux's kustomize-controller and Argo CD themselves, with the objects that the guides in `docs/gitops`
//! show. Not a part of `make test`, since building the two takes a quarter of an hour.
// A test that cannot go on has to stop, in its helpers too.
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
