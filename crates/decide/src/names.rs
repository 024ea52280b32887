//! What to say of a name that there is not: which one was meant, or which there are.

/// How many names a message lists.
const LISTED: usize = 8;
/// Names less alike than this are not mistaken for each other.
const ALIKE: f64 = 0.8;

/// The name that is probably meant by one that there is not.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &'a str| (strsim::jaro_winkler(name, wanted), name);
    let likely = names.into_iter().map(likeness).filter(|(likeness, _)| *likeness > ALIKE);
    // Of several as near, the first.
    likely.min_by(|a, b| b.0.total_cmp(&a.0)).map(|(_, name)| name)
}

/// The first names, and how many more there are: `a, b, c and 21 more`.
pub fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<&str> = names.by_ref().take(LISTED).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_told_and_not_all_are_listed() {
        let names = ["epochs", "batch_size", "learning_rate"];
        assert_eq!(nearest("epoch", names), Some("epochs"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(some(names), "epochs, batch_size, learning_rate");
        let many: Vec<String> = (0..29).map(|n| format!("m{n}")).collect();
        assert_eq!(some(many.iter().map(String::as_str)), "m0, m1, m2, m3, m4, m5, m6, m7 and 21 more");
    }
}
