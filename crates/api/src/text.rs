//! Texts of bounded length.

/// Cuts a text to at most `max` bytes: between words, unless that would cost more than a quarter of it, and always between
/// characters.
pub fn clip(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max.saturating_sub(3)).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let whole = text[..end].rfind(' ').filter(|space| !text[end..].starts_with(' ') && *space >= end - end / 4);
    format!("{}...", text[..whole.unwrap_or(end)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_keeps_characters_and_words_whole() {
        assert_eq!(clip("short", 10), "short");
        assert_eq!(clip("aéééé", 7), "aé...");
        assert_eq!(clip("that it has, among others accuracy", 31), "that it has, among others...");
        assert_eq!(clip("choose among accuracy, loss", 26), "choose among accuracy,...");
        assert_eq!(clip("a verylongwordwithoutend", 12), "a verylon...");
    }
}
