//! The operator as a process and as an installation: probes, leader election, permissions, traces, the chart.

mod chart;
mod event_queue;
mod installation;
mod leader;
mod permissions;
mod plugin_archive;
mod process;
mod traces;
