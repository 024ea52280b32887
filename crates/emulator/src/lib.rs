//! A faithful, strict `SageMaker` on loopback: the real protocol, the real messages, a virtual clock, faults and
//! quotas.
//!
//! For the integration tests of the operator, which call it over HTTP with the real SDK, and for users who want to try
//! a manifest without an account. It is independent of Kubernetes and of the operator.
//!
//! Each layer uses only the layers below it.
//!
//! | layer | modules | must not |
//! |---|---|---|
//! | process | [`args`], [`program`] | make decisions |
//! | HTTP | `http`: the service, S3, the emulator's own API, connections that can be closed | depend on jobs |
//! | events | `events`: state changes as `EventBridge` events | depend on the receiver |
//! | order | `service`: signature, faults, rates, validation, record of calls | use sockets |
//! | operations | `operations`: one file per group, as functions of the state and the time | read a clock |
//! | rules | `rules`: rules for a valid request beyond its form | depend on the state |
//! | hub | `hub`: the catalogue, its documents, the older metadata in S3 | depend on jobs |
//! | life of a job | `jobs`: plan, trials, status at a moment, tags over time | read a clock: time is an argument |
//! | logs | `logs`: the output of a training job, and how metrics are extracted from it | depend on tuning jobs |
//! | requests | [`model`]: the service model; `request`: the members that the emulator uses | depend on the state |
//! | base | `clock` (the only module that reads a clock), `random`, `error`, `arn` | depend on other layers |

pub mod args;
mod arn;
mod clock;
mod error;
mod events;
mod http;
mod hub;
mod jobs;
mod logs;
pub mod model;
mod operations;
pub mod program;
mod random;
mod request;
mod rules;
mod service;

#[cfg(test)]
mod tests {
    pub(crate) mod sample;
}
