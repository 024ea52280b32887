//! The process: arguments, probes, metrics, logs, shutdown. No decisions.

pub mod args;
pub mod clock;
pub mod metrics;
mod process;
mod readiness;
mod server;
mod telemetry;

pub use process::run;
