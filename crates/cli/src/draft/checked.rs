//! A draft that is always valid: an invalid change is rejected with the API server's message.

use lint::Linter;

use super::Draft;

/// A change of a draft, or the reason why it is impossible.
pub(crate) type Change<'a> = Box<dyn Fn(&mut Draft) -> Result<(), String> + 'a>;

/// A draft, and its checker.
pub(crate) struct Checked {
    linter: Linter,
    draft: Draft,
}

impl Checked {
    /// A draft that contains only examples.
    pub(crate) fn new() -> Self {
        Self { linter: Linter::new(), draft: Draft::default() }
    }

    /// The draft.
    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Changes the draft, unless the result would be invalid.
    ///
    /// # Errors
    /// The problem with the change.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Draft) -> Result<(), String>) -> Result<(), String> {
        let mut changed = self.draft.clone();
        change(&mut changed)?;
        let text = yaml(&changed)?;
        // Checks the written text: a string that YAML reads as a number would become a number.
        let read: serde_json::Value = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
        let faults = self.linter.check(&read);
        if !faults.is_empty() {
            return Err(faults.join("; "));
        }
        self.draft = changed;
        Ok(())
    }
}

impl Checked {
    /// Applies each change, unless the result would be invalid, and returns the results in the same order. Applies all
    /// changes at once if they are valid together: a check takes some milliseconds.
    pub(crate) fn change_each(&mut self, changes: &[Change<'_>]) -> Vec<Result<(), String>> {
        if self.change(|draft| changes.iter().try_for_each(|change| change(draft))).is_ok() {
            return vec![Ok(()); changes.len()];
        }
        changes.iter().map(|change| self.change(change)).collect()
    }
}

/// The manifest as YAML.
///
/// # Errors
/// If it cannot be serialized as YAML.
pub(crate) fn yaml(draft: &Draft) -> Result<String, String> {
    serde_saphyr::to_string(&draft.manifest()).map_err(|error| error.to_string())
}
