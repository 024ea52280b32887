//! Why the operator is not ready, if it is not; and warnings that do not affect readiness.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// The prerequisites of the operator's work. Each part reports for itself.
#[derive(Debug)]
pub struct Readiness {
    missing: Mutex<BTreeMap<&'static str, String>>,
    warnings: Mutex<BTreeMap<&'static str, String>>,
}

impl Readiness {
    /// All `parts` are missing until they report.
    pub fn new(parts: impl Iterator<Item = &'static str>) -> Self {
        let missing = parts.map(|part| (part, "not checked yet".to_owned())).collect();
        Self { missing: Mutex::new(missing), warnings: Mutex::default() }
    }

    /// Records that `part` is available, or why not. Changes are logged.
    pub fn set(&self, part: &'static str, state: Result<(), String>) {
        let mut missing = self.missing.lock();
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

    /// Records a warning, which does not keep the operator from working, or that it is over.
    pub fn warn(&self, part: &'static str, why: Option<String>) {
        let mut warnings = self.warnings.lock();
        match why {
            None => drop(warnings.remove(part)),
            Some(why) => {
                if warnings.get(part) != Some(&why) {
                    tracing::warn!(part, why, "readiness warning");
                    warnings.insert(part, why);
                }
            }
        }
    }

    /// `Ok` with the warnings if nothing is missing; otherwise a line for each missing part.
    pub fn check(&self) -> Result<String, String> {
        let missing = self.missing.lock();
        if !missing.is_empty() {
            return Err(lines("", &missing));
        }
        let warnings = self.warnings.lock();
        Ok("ok\n".to_owned() + &lines("warning: ", &warnings))
    }
}

fn lines(prefix: &str, parts: &BTreeMap<&'static str, String>) -> String {
    let mut text = String::new();
    for (part, what) in parts {
        text += &format!("{prefix}{part}: {what}\n");
    }
    text
}
