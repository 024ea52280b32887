//! The operator as a process and as an installation: probes, leader election, permissions, traces, the chart.

mod chart;
mod installation;
mod leader;
mod process;
mod rights;
mod traces;
