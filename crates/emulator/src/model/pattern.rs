//! Converts the patterns of the service model, which have Java's syntax, for the `regex` crate.

use regex::Regex;

/// A pattern that has to match the whole text.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    whole: Regex,
    /// `(?<!-)` at the end of the pattern: the crate has no look-behind, and this is the only one in the model.
    not_after_dash: bool,
}

impl Pattern {
    /// Converts the differences: look-behind, POSIX classes by name, and `\d` and `\w`, which are ASCII in Java.
    pub fn translate(source: &str) -> Result<Self, regex::Error> {
        let (body, not_after_dash) = match source.strip_suffix("(?<!-)") {
            Some(body) => (body, true),
            None => (source, false),
        };
        let body = body.replace(r"\p{Alnum}", "[:alnum:]").replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]");
        let whole = Regex::new(&format!(r"\A(?:{body})\z"))?;
        Ok(Self { source: source.to_owned(), whole, not_after_dash })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text) && !(self.not_after_dash && text.ends_with('-'))
    }

    /// The pattern as it is in the model.
    pub fn source(&self) -> &str {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_patterns_mean_the_same_here() {
        let cases = [
            (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", "ms-7f3a--x", true),
            (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", "ends-", false),
            (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", "line\nbreak", false),
            (r"([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)", "algo-1", true),
            (r"([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)", "algo-", false),
            (r"arn:[\p{Alnum}\-]+:x", "arn:aws-cn:x", true),
            (r"arn:[\p{Alnum}\-]+:x", "arn:a_b:x", false),
            (r"\d{12}", "123456789012", true),
            (r"\d{12}", "\u{0661}23456789012", false),
            (r"arn:[a-z0-9-\.]{1,63}:s", "arn:a.b-c:s", true),
            (r"[\S\s]*", "a\nb", true),
            (".*", "a\nb", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::translate(pattern).unwrap().matches(text), expected, "{pattern} on {text:?}");
        }
    }
}
