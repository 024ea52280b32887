//! The process: arguments, leader election, probes, logs, shutdown. No decisions, but for who leads ([`lease`]).

pub mod args;
mod check;
mod election;
mod lease;
mod needs;
mod process;
mod rights;
mod server;
mod telemetry;
mod traces;

pub use process::{End, run};
