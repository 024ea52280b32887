//! Timeouts of a call to AWS. The SDK's defaults are minutes.

use std::time::Duration;

/// Timeout for establishing a connection.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of a call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(20);
