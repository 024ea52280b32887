//! Why the process exits.

/// Why the process ends without a fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It received a signal to stop.
    Stopped,
    /// Another process leads, or may lead by now.
    LeadershipLost,
    /// `--check` found that something is missing.
    Unready,
}

/// A fault of the process itself.
pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;
