//! Why the operator is not ready, if it is not; and what a person should know although it is.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// What must be in order before the operator can work. Each part reports for itself.
#[derive(Debug)]
pub struct Readiness {
    missing: Mutex<BTreeMap<&'static str, String>>,
    warnings: Mutex<BTreeMap<&'static str, String>>,
}

impl Readiness {
    /// Everything in `parts` has yet to report.
    pub fn new(parts: impl Iterator<Item = &'static str>) -> Self {
        let missing = parts.map(|part| (part, "not checked yet".to_owned())).collect();
        Self { missing: Mutex::new(missing), warnings: Mutex::default() }
    }

    /// Notes that `part` is in order, or why not. Changes are logged.
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

    /// Notes what a person should look at, though it does not keep the operator from working; or that it has passed.
    pub fn warn(&self, part: &'static str, what: Option<String>) {
        let mut warnings = self.warnings.lock();
        match what {
            None => drop(warnings.remove(part)),
            Some(what) => {
                if warnings.get(part) != Some(&what) {
                    tracing::warn!(part, what, "attention");
                    warnings.insert(part, what);
                }
            }
        }
    }

    /// `Ok` when all is in order, with the warnings there are; else a line for each part that is not.
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
