//! The `ModelSelection` operator: which model to choose, worked out on SageMaker, declared on Kubernetes.
//!
//! Data flows one way, and the folders show it: [`observe`] -> [`decide`] -> [`controller`] acts and reports.
//!
//! | module | what it holds | what it may not do |
//! |---|---|---|
//! | [`api`] | the wire types: spec, status, conditions, names | no client, no clock, no SDK |
//! | [`pareto`] | dominance, ranks, hypervolume, knee | nothing but arithmetic |
//! | [`decide`] | (selection, observation, now) -> decision | no I/O, no clock, no SDK |
//! | [`catalog`] | a JumpStart model id -> what a training job needs | no Kubernetes |
//! | [`tuning`] | the seam to the training service, in our words | the one place that names the SDK |
//! | [`observe`] | one batched view of all tuning jobs of a region | no decisions |
//! | [`controller`] | the reconcile loop and its steps | no SDK |
//! | [`runtime`] | the process: arguments, probes, metrics, clock, shutdown | no decisions |
//! | [`emulator`] | a SageMaker on loopback | nothing of the above |

pub mod api;
#[cfg(feature = "operator")]
pub mod catalog;
#[cfg(feature = "operator")]
pub mod controller;
#[cfg(feature = "operator")]
pub mod decide;
#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "operator")]
pub mod observe;
pub mod pareto;
#[cfg(feature = "operator")]
pub mod runtime;
#[cfg(feature = "operator")]
pub mod tuning;
