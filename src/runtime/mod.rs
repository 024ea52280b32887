//! The process: arguments, leader election, probes, metrics, logs, shutdown. No decisions, but for who leads ([`lease`]).

pub mod api_server;
pub mod args;
mod check;
pub mod clock;
mod election;
pub mod leadership;
mod lease;
pub mod metrics;
mod needs;
mod process;
pub mod readiness;
mod rights;
mod server;
mod telemetry;
mod traces;

pub use process::{End, run};
