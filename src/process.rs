//! The process: arguments, leader election, probes, logs, shutdown. Its only decisions are about leadership
//! ([`lease`]).

pub mod args;
mod check;
mod credentials;
mod election;
mod exit_reason;
mod lease;
mod lifetime;
mod listen;
mod permissions;
mod prerequisites;
mod probes;
mod telemetry;
mod traces;
mod ui;

pub use exit_reason::End;
pub use lifetime::run;
