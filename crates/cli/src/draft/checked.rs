//! A draft that always lints: a change after which it would not is refused, in the words of the API server.

use lint::Linter;

use super::Draft;

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

/// The manifest as YAML.
///
/// # Errors
/// When it cannot be written as YAML.
pub(crate) fn yaml(draft: &Draft) -> Result<String, String> {
    serde_saphyr::to_string(&draft.manifest()).map_err(|error| error.to_string())
}
