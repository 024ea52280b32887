//! The paths of the pages.

/// The path of the list, and the prefix of all other paths.
pub(crate) const HOME: &str = "/ui";

/// The path of the page of a selection.
pub(crate) fn of_report(namespace: &str, name: &str) -> String {
    format!("{HOME}/{namespace}/{name}")
}
