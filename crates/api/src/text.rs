//! Texts for people: of bounded length, and without characters that could forge a line or move a cursor.

use std::borrow::Cow;

/// The text on one line. It may come from anywhere (a failure reason, a tag, a hub document): line breaks and tabs
/// become spaces; other control characters, and those that reverse the direction of text, are shown as escapes.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => plain.push(' '),
            c if is_unsafe(c) => plain.extend(c.escape_unicode()),
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

fn is_unsafe(c: char) -> bool {
    let directional = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directional || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A message for people: on one line, at most `max` bytes.
pub fn message(text: &str, max: usize) -> String {
    clip(&plain(text), max)
}

/// Cuts a text to at most `max` bytes: between words, unless that would cost more than a quarter of it, and always
/// between characters.
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
    fn line_breaks_and_control_characters_are_neutralized() {
        assert_eq!(plain("fine: é, 漢"), "fine: é, 漢");
        assert_eq!(plain("a\nINFO ready\r\tb"), "a INFO ready  b");
        assert_eq!(plain("\u{1b}[2Jgone\u{7}\u{202e}"), "\\u{1b}[2Jgone\\u{7}\\u{202e}");
        assert_eq!(message("one\ntwo three", 10), "one two...");
    }

    #[test]
    fn cursor_and_direction_controls_are_shown_as_escapes() {
        assert_eq!(plain("red \u{1b}[31m and a bell \u{7}"), "red \\u{1b}[31m and a bell \\u{7}");
        assert_eq!(plain("a\u{202e}b\u{9b}2J"), "a\\u{202e}b\\u{9b}2J");
        assert_eq!(plain("two\nlines\tÄ é 日本"), "two lines Ä é 日本");
    }

    #[test]
    fn clipping_keeps_characters_and_words_whole() {
        assert_eq!(clip("short", 10), "short");
        assert_eq!(clip("aéééé", 7), "aé...");
        assert_eq!(clip("that it has, among others accuracy", 31), "that it has, among others...");
        assert_eq!(clip("choose among accuracy, loss", 26), "choose among accuracy,...");
        assert_eq!(clip("a verylongwordwithoutend", 12), "a verylon...");
    }
}
