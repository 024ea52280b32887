//! Why the operator is not ready, if it is not.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What must be in order before the operator can work. Each part reports for itself.
#[derive(Debug)]
pub(super) struct Readiness {
    missing: Mutex<BTreeMap<&'static str, String>>,
}

impl Readiness {
    /// Everything in `parts` has yet to report.
    pub(super) fn new(parts: &[&'static str]) -> Self {
        let missing = parts.iter().map(|part| (*part, "not checked yet".to_owned())).collect();
        Self { missing: Mutex::new(missing) }
    }

    /// Notes that `part` is in order, or why not. Changes are logged.
    pub(super) fn set(&self, part: &'static str, state: Result<(), String>) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Ok(()) => {
                if missing.remove(part).is_some() {
                    tracing::info!(part, "ready");
                }
            }
            Err(why) => {
                if missing.get(part) != Some(&why) {
                    tracing::warn!(part, why, "not ready");
                    missing.insert(part, why);
                }
            }
        }
    }

    /// `Ok` when all is in order, else a line for each part that is not.
    pub(super) fn check(&self) -> Result<(), String> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if missing.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = missing.iter().map(|(part, why)| format!("{part}: {why}")).collect();
        Err(lines.join("\n") + "\n")
    }
}
