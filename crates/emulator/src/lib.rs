//! A faithful, strict `SageMaker` on loopback: the real protocol, the real texts, a virtual clock, faults and quotas.
//!
//! For the integration tests of the operator, which speak to it over HTTP with the real SDK, and for users who want to try
//! a manifest without an account. It knows nothing of Kubernetes and nothing of the operator.
//!
//! | layer | modules | what it may not do |
//! |---|---|---|
//! | process | [`args`], [`program`] | decide anything |
//! | wire | [`server`], [`connection`], [`admin`], [`protocol`], [`s3`] | know what a job is |
//! | order of things | [`service`], [`faults`], [`quotas`], [`calls`] | touch a socket |
//! | operations | [`operations`], [`lists`], [`search`], [`expression`], [`hub`], [`hub_model`], [`hub_document`], [`hub_hyperparameters`], [`hub_extra`], [`jumpstart`], [`tags`], [`warm_start`], [`paging`], [`describe`], [`training`] | read a clock |
//! | rules | [`model`], [`violation`], [`pattern`], [`rules`], [`rules_data`], [`ranges`], [`wire`], [`wire_channel`] | know state |
//! | life of a job | [`job`], [`trial`], [`plan`], [`sampling`], [`results`], [`torch_log`], [`models`], [`random`] | read a clock: time is an argument |
//! | clock | [`clock`] | anything else |

pub mod admin;
pub mod args;
pub mod calls;
pub mod clock;
pub mod connection;
pub mod describe;
pub mod expression;
pub mod faults;
pub mod hub;
pub mod hub_document;
pub mod hub_extra;
pub mod hub_hyperparameters;
pub mod hub_model;
pub mod job;
pub mod jumpstart;
pub mod lists;
pub mod model;
pub mod models;
pub mod operations;
pub mod paging;
pub mod pattern;
pub mod plan;
pub mod program;
pub mod protocol;
pub mod quotas;
pub mod random;
pub mod ranges;
pub mod results;
pub mod rules;
pub mod rules_data;
pub mod s3;
#[cfg(test)]
mod sample;
pub mod sampling;
pub mod search;
pub mod server;
pub mod service;
pub mod tags;
pub mod torch_log;
pub mod training;
pub mod trial;
pub mod violation;
pub mod warm_start;
pub mod wire;
pub mod wire_channel;
pub mod world;
