//! The process: arguments, leader election, probes, logs, shutdown. No decisions, but for who leads ([`lease`]).

pub mod args;
mod check;
mod election;
mod end;
mod lease;
mod lifetime;
mod needs;
mod rights;
mod server;
mod telemetry;
mod traces;

pub use end::End;
pub use lifetime::run;
