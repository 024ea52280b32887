//! A faithful, strict `SageMaker` on loopback: the real protocol, the real texts, a virtual clock, faults and quotas.
//!
//! For the integration tests of the operator, which speak to it over HTTP with the real SDK, and for users who want to try
//! a manifest without an account. It knows nothing of Kubernetes and nothing of the operator.
//!
//! Each layer uses those below it and never those above.
//!
//! | layer | modules | what it must not do |
//! |---|---|---|
//! | process | [`args`], [`program`] | decide anything |
//! | HTTP | `http`: the service, S3, the emulator's own API, connections that can be cut | know what a job is |
//! | events | `events`: state changes as `EventBridge` tells them | know who listens |
//! | order | `service`: signature, faults, rates, validation, record of calls | touch a socket |
//! | operations | `operations`: one file per group, as functions of the state and the time | read a clock |
//! | rules | `rules`: what a valid request must obey beyond its shape | know state |
//! | hub | `hub`: the catalogue, its documents, the older metadata in S3 | know jobs |
//! | life of a job | `jobs`: plan, trials, status at a moment, tags over time | read a clock: time is an argument |
//! | logs | `logs`: what a training job prints, and how metrics are read from it | know tuning jobs |
//! | requests | [`model`]: the service model; `request`: the members that matter here | know state |
//! | ground | `clock` (the only one who reads a clock), `random`, `error`, `arn` | anything else |

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
