//! Why a run cannot be created.

use api::Reason;

/// Why a run cannot be created, and what to do about it.
pub type Problem = (Reason, String);
