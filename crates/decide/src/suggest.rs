//! Suggestions for an unknown name: the one that was probably meant, or the valid ones.

/// Most names that a message lists.
const LISTED: usize = 8;
/// Smallest similarity (0 to 1) at which a name is suggested.
const ALIKE: f64 = 0.8;
/// The similarity of a name to its abbreviation.
const ABBREVIATED: f64 = 0.9;

/// The name that is probably meant by `wanted`: one with a similar spelling, or one that it abbreviates.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &'a str| {
        // A similar spelling ranks before matching initials.
        let abbreviated = if is_abbreviation(wanted, name) { ABBREVIATED } else { 0.0 };
        (strsim::jaro_winkler(name, wanted).max(abbreviated), name)
    };
    let likely = names.into_iter().map(likeness).filter(|(likeness, _)| *likeness > ALIKE);
    // Of equally similar names, the first.
    likely.min_by(|a, b| b.0.total_cmp(&a.0)).map(|(_, name)| name)
}

/// Whether `short` consists of the first letters of the words of `name`, like `lr` of `learning_rate`.
fn is_abbreviation(short: &str, name: &str) -> bool {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
    let initials: String = words.flat_map(char::to_lowercase).collect();
    initials.chars().count() > 1 && initials == short.to_lowercase()
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

/// The existing names, as a clause: `there is a`, or `there are a, b and 21 more`.
pub fn there_are<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("there {verb} {}", some(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_reported_and_not_all_are_listed() {
        let names = ["epochs", "batch_size", "learning_rate"];
        assert_eq!(nearest("epoch", names), Some("epochs"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(nearest("lr", names), Some("learning_rate"));
        assert_eq!(nearest("BS", names), Some("batch_size"));
        assert_eq!(nearest("lr", ["adam-learning-rate", "epochs"]), None);
        assert_eq!(nearest("learn_rate", ["l-r", "learning_rate"]), Some("learning_rate"));
        assert_eq!(nearest("e", names), None, "one letter abbreviates nothing");
        assert_eq!(some(names), "epochs, batch_size, learning_rate");
        assert_eq!(there_are(names), "there are epochs, batch_size, learning_rate");
        assert_eq!(there_are(["epochs"]), "there is epochs");
        let many: Vec<String> = (0..29).map(|n| format!("m{n}")).collect();
        assert_eq!(some(many.iter().map(String::as_str)), "m0, m1, m2, m3, m4, m5, m6, m7 and 21 more");
    }
}
