//! Logs, to stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::args::LogFormat;

/// This program's own news and others' warnings. kube's client logs each refused request a second time, without saying
/// which object it was about.
const DEFAULT: &str = "warn,modelselection_operator=info,kube_client::client::builder=off,kube_runtime::controller=off";

/// Starts logging. `RUST_LOG` chooses what.
pub(super) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().flatten_event(true).with_span_list(false).init(),
    }
}
