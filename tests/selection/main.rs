//! Selections with the real parts: their life, edits, restarts, faults and requests.

mod attached;
mod bad_input;
mod candidates;
mod clock;
mod collect_all;
mod consistency;
mod crash_matrix;
mod derived;
mod edits;
mod events;
mod fault_matrix;
mod faults;
mod forged;
mod isolation;
mod large;
mod lifecycle;
mod oracle;
mod outages;
mod quiet;
mod requests;
mod restarts;
mod result;
mod selectors;
mod sharing;
mod stale_replicas;
mod suspend_and_delete;
