//! The order of versions.

/// A version compared by its numbers, so that 4.0.10 is newer than 4.0.9.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<u64>, String);

impl Version {
    pub(super) fn of(text: &str) -> Self {
        Self(text.split('.').map(|part| part.parse().unwrap_or_default()).collect(), text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let mut versions = ["4.0.9", "4.0.10", "10.0.0", "4.0.2"].map(Version::of);
        versions.sort();
        assert_eq!(versions, ["4.0.2", "4.0.9", "4.0.10", "10.0.0"].map(Version::of));
    }
}
