//! A faithful, strict `SageMaker` on loopback: the real protocol, the real texts, a virtual clock, faults and quotas.
//!
//! For the integration tests of the operator, which speak to it over HTTP with the real SDK, and for users who want to try
//! a manifest without an account. It knows nothing of Kubernetes and nothing of the operator.

pub mod clock;
pub mod model;
pub mod pattern;
pub mod models;
pub mod random;
pub mod results;
pub mod sampling;
pub mod wire;
