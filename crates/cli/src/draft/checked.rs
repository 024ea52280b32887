//! A draft that always lints: a change after which it would not is refused, in the words of the API server.

use lint::Linter;

use super::Draft;

/// A change of a draft, or why there is none.
pub(crate) type Change<'a> = Box<dyn Fn(&mut Draft) -> Result<(), String> + 'a>;

/// A draft, and what checks it.
pub(crate) struct Checked {
    linter: Linter,
    draft: Draft,
}

impl Checked {
    /// A draft with nothing but examples.
    pub(crate) fn new() -> Self {
        Self { linter: Linter::new(), draft: Draft::default() }
    }

    /// The draft.
    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Changes the draft, unless it would not lint then.
    ///
    /// # Errors
    /// What is wrong with the change.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Draft) -> Result<(), String>) -> Result<(), String> {
        let mut changed = self.draft.clone();
        change(&mut changed)?;
        let text = yaml(&changed)?;
        // What is checked is what is written: text that YAML reads as a number would be one.
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
    /// Makes each change, unless the draft would not lint then. The result of each, in their order. All are made at once if
    /// they go together: a check takes some milliseconds.
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
/// When it cannot be written as YAML.
pub(crate) fn yaml(draft: &Draft) -> Result<String, String> {
    serde_saphyr::to_string(&draft.manifest()).map_err(|error| error.to_string())
}
