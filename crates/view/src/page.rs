//! Formats lines and tables as text: pure, for a given width, with or without colour.
//!
//! All text enters through [`Text::new`], which neutralizes foreign text. Colour only repeats what words and marks
//! already say.

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, Table as Grid, Width,
};

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal; `None` never shortens.
    pub width: Option<u16>,
    /// Whether to colour.
    pub color: bool,
    /// Whether to use ASCII only.
    pub ascii: bool,
}

/// The meaning of a piece of text, which its colour repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// No special meaning.
    #[default]
    Plain,
    /// A title.
    Strong,
    /// Good.
    Good,
    /// Bad: needs attention.
    Bad,
    /// Less important.
    Faint,
}

/// A piece of text with its tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
    tone: Tone,
}

impl Text {
    /// The text, neutralized: see [`api::plain`].
    pub fn new(text: &str) -> Self {
        Self { text: api::plain(text).into_owned(), tone: Tone::Plain }
    }

    /// The same text with a tone.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

impl<T: AsRef<str>> From<T> for Text {
    fn from(text: T) -> Self {
        Self::new(text.as_ref())
    }
}

/// The layout of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// As wide as its content.
    Fixed,
    /// Numbers: right-aligned, at least seven digits wide.
    Number,
    /// A name: shortened if there is no room, but not to fewer columns than this.
    Name(u16),
    /// Shortened if there is no room.
    Flexible,
}

/// Rows with column titles.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The titles, with the kind of each column.
    pub columns: Vec<(Text, Column)>,
    /// The cells of each row.
    pub rows: Vec<Vec<Text>>,
    /// Whether long cells are continued on further lines instead of being shortened.
    pub wrapped: bool,
}

impl Table {
    /// A table with these columns and no rows yet.
    pub fn new(columns: &[(&str, Column)]) -> Self {
        let columns = columns.iter().map(|(title, column)| (Text::new(title), *column)).collect();
        Self { columns, ..Self::default() }
    }

    fn render(&self, look: Look) -> String {
        let mut grid = Grid::new();
        grid.load_preset(NOTHING).set_truncation_indicator("…");
        match look.width {
            Some(width) => grid.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => grid.set_content_arrangement(ContentArrangement::Disabled),
        };
        if look.color {
            grid.enforce_styling();
        } else {
            grid.force_no_tty();
        }
        let height = if self.wrapped || look.width.is_none() { usize::MAX } else { 1 };
        if self.columns.iter().any(|(title, _)| !title.text.is_empty()) {
            let titles = self.columns.iter().map(|(title, _)| cell(title)).collect::<Vec<_>>();
            let mut header = Row::from(titles);
            header.max_height(height);
            grid.set_header(header);
        }
        for row in &self.rows {
            let mut cells = Row::from(row.iter().map(cell).collect::<Vec<_>>());
            cells.max_height(height);
            grid.add_row(cells);
        }
        let widths = grid.column_max_content_widths();
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            let Some(column) = grid.column_mut(index) else { continue };
            column.set_padding((0, 2));
            match kind {
                Column::Number => {
                    column.set_cell_alignment(CellAlignment::Right);
                    column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(9)));
                }
                Column::Fixed => {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
                Column::Name(least) => {
                    // In a narrow terminal names get less room, so that numbers stay complete.
                    let least = look.width.map_or(*least, |width| least * width.saturating_sub(24).min(56) / 56);
                    let width = widths.get(index).copied().unwrap_or_default().min(least).max(4);
                    column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + 2)));
                }
                Column::Flexible => {}
            }
        }
        grid.trim_fmt()
    }
}

fn cell(text: &Text) -> Cell {
    let cell = Cell::new(&text.text);
    match text.tone {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Bad => cell.fg(Color::DarkRed),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
    }
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// Pieces of text on one line, shortened if there is no room.
    Line(Vec<Text>),
    /// A paragraph, continued on further lines.
    Paragraph(Text),
    /// A table.
    Table(Table),
}

/// The parts of a page, from top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Page(pub Vec<Block>);

impl Page {
    /// Adds a line.
    pub fn line(&mut self, pieces: impl IntoIterator<Item = Text>) {
        self.0.push(Block::Line(pieces.into_iter().collect()));
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.line([]);
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: impl Into<Text>) {
        self.0.push(Block::Paragraph(text.into()));
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.0.push(Block::Table(table));
    }

    /// The page as text; each line ends with a line break.
    pub fn render(&self, look: Look) -> String {
        let mut text = String::new();
        for block in &self.0 {
            let block = match block {
                Block::Line(pieces) => line(pieces, look),
                Block::Paragraph(piece) => {
                    let columns = vec![(Text::default(), Column::Flexible)];
                    Table { columns, rows: vec![vec![piece.clone()]], wrapped: true }.render(look)
                }
                Block::Table(table) => table.render(look),
            };
            for line in block.split('\n') {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        if look.ascii { ascii(&text) } else { text }
    }
}

/// One line of pieces. Joined and shortened here, because a table of one row would pad them.
fn line(pieces: &[Text], look: Look) -> String {
    let mut room = look.width.map_or(usize::MAX, usize::from);
    let mut line = String::new();
    for piece in pieces {
        let shown = clipped(&piece.text, room);
        room -= unicode_width::UnicodeWidthStr::width(shown.as_str()).min(room);
        let (on, off) = match piece.tone {
            _ if !look.color => ("", ""),
            Tone::Plain => ("", ""),
            Tone::Strong => ("\u{1b}[1m", "\u{1b}[0m"),
            Tone::Good => ("\u{1b}[32m", "\u{1b}[0m"),
            Tone::Bad => ("\u{1b}[31m", "\u{1b}[0m"),
            Tone::Faint => ("\u{1b}[2m", "\u{1b}[0m"),
        };
        line.push_str(&format!("{on}{shown}{off}"));
    }
    line
}

/// The text in at most `width` columns of a terminal, with `…` where it is cut.
pub fn clipped(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let kept = text.chars().take_while(|character| {
        let columns = character.width().unwrap_or(0);
        let fits = columns <= room;
        room = room.saturating_sub(columns);
        fits
    });
    let kept: String = kept.collect();
    if width == 0 { String::new() } else { format!("{kept}…") }
}

/// The marks in ASCII, each with the same width; other characters that are not ASCII become `?`.
fn ascii(text: &str) -> String {
    let replaced = text.chars().map(|character| match character {
        '★' => '*',
        '●' | '•' => 'o',
        '○' | '·' | '░' => '.',
        '×' => 'x',
        '↑' => '^',
        '↓' => 'v',
        '→' => '>',
        '…' => '~',
        '─' => '-',
        '│' => '|',
        '└' | '┬' | '┌' | '┐' | '┘' | '┤' | '├' => '+',
        '◆' | '█' => '#',
        '▒' => '=',
        _ if character.is_ascii() => character,
        _ => '?',
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("", Column::Fixed), ("NAME", Column::Flexible), ("accuracy↑", Column::Number)]);
        let name = "a-name-that-is-longer-than-there-is-room-for-in-the-table";
        table.rows.push(vec!["★".into(), name.into(), Text::from("0.9667").tone(Tone::Good)]);
        table.rows.push(vec!["○".into(), "short".into(), "12.5".into()]);
        table
    }

    fn widest(text: &str) -> usize {
        text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0)
    }

    #[test]
    fn pages_keep_to_the_width() {
        let mut page = Page::default();
        page.table(table());
        page.line(["a line that is ".into(), "much longer than the terminal is wide".into()]);
        page.paragraph("words and words and words and words and words and words");
        for width in [24, 40, 80] {
            let shown = page.render(Look { width: Some(width), color: false, ascii: false });
            assert!(widest(&shown) <= usize::from(width), "{width}:\n{shown}");
            assert!(shown.contains("0.9667"), "numbers are never shortened:\n{shown}");
        }
        insta::assert_snapshot!(page.render(Look { width: Some(40), color: false, ascii: true }));
    }

    #[test]
    fn colour_appears_only_on_request_and_never_from_the_text() {
        let mut page = Page::default();
        page.table(table());
        page.line([Text::from("done\u{1b}[31m").tone(Tone::Good)]);
        let plain = page.render(Look { width: Some(60), color: false, ascii: false });
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
        let colored = page.render(Look { width: Some(60), color: true, ascii: false });
        assert!(colored.contains('\u{1b}') && !colored.contains("\u{1b}[31m"), "{colored:?}");
    }
}
