//! How the process ends.

/// Why the process ends, when nothing is wrong with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to end.
    Stopped,
    /// Another leads, or may by now.
    LeadershipLost,
    /// It was only to look, and something is missing.
    Unready,
}

/// What is wrong with the process itself.
pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;
