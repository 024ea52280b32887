//! Versions of JumpStart models: which ones `4.*` matches, and which one is newer.

/// A version compared by its numbers, so that 4.0.10 is newer than 4.0.9.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u64>, String);

impl Version {
    /// Parses a version; a part that is not a number counts as 0.
    pub fn of(text: &str) -> Self {
        Self(text.split('.').map(|part| part.parse().unwrap_or_default()).collect(), text.to_owned())
    }
}

/// Whether `version` matches `wanted` (exact, `4.*`, `4.0.*` or `*`).
pub fn version_matches(wanted: &str, version: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => version.starts_with(prefix),
        None => wanted == version,
    }
}

/// The newest of `versions` that matches `wanted`.
pub fn newest_matching<'a>(wanted: &str, versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    versions.into_iter().filter(|version| version_matches(wanted, version)).max_by_key(|version| Version::of(version))
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

    #[test]
    fn the_newest_version_that_matches() {
        let versions = ["3.1.0", "4.0.9", "4.0.10", "4.1.0"];
        for (wanted, newest) in [
            ("*", Some("4.1.0")),
            ("4.0.*", Some("4.0.10")),
            ("3.*", Some("3.1.0")),
            ("4.0.9", Some("4.0.9")),
            ("5.*", None),
        ] {
            assert_eq!(newest_matching(wanted, versions), newest, "{wanted}");
        }
    }
}
