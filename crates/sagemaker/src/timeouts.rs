//! Limits of a call to AWS. The SDK would wait for minutes.

use std::time::Duration;

/// Longest time until a connection stands.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time of a call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(20);
