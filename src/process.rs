//! The process: arguments, leader election, probes, logs, shutdown. Its only decisions are about leadership
//! ([`lease`]).

pub mod args;
mod check;
mod election;
mod exit_reason;
mod lease;
mod lifetime;
mod permissions;
mod prerequisites;
mod server;
mod telemetry;
mod traces;

pub use exit_reason::End;
pub use lifetime::run;
