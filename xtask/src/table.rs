//! Tables in Markdown.

/// Text in a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", "<br>").replace('*', "\\*").replace("\\*\\*required\\*\\*", "**required**")
}
