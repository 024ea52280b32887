//! Where the pages are.

/// The path of the list, below which everything is.
pub(crate) const HOME: &str = "/ui";

/// The path of the page of a selection.
pub(crate) fn of_report(namespace: &str, name: &str) -> String {
    format!("{HOME}/{namespace}/{name}")
}
