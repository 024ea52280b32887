//! Writes to standard output and standard error.

use std::io::{IsTerminal as _, Write as _};

use api::plain;
use serde::Serialize;
use view::page::{Look, Page};

use crate::args::{LookArgs, When};
use crate::failure::Failure;

/// The default width without a terminal.
const WIDTH: u16 = 80;

/// The display options for pages.
pub(crate) fn look(args: &LookArgs) -> Look {
    let color = match args.color {
        When::Always => true,
        When::Never => false,
        // NO_COLOR, CLICOLOR_FORCE, TERM=dumb and whether it is a terminal.
        When::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    };
    Look { width: Some(args.width.unwrap_or_else(columns)), color, ascii: args.ascii || !is_utf8() }
}

fn columns() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    let terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0);
    terminal().filter(|columns| *columns > 0).or(columns).unwrap_or(WIDTH)
}

/// The height of the terminal, if there is one.
pub(crate) fn lines() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(_, height)| height.0).filter(|lines| *lines > 0)
}

/// Whether the locale supports more than ASCII. Without a locale, as in containers, UTF-8 is a safe default today.
fn is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.into_iter().find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints a page.
pub(crate) fn page(page: &Page, look: Look) -> Result<(), Failure> {
    text(&page.render(look))
}

/// Prints text as it is.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Prints binary data.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Items for programs, as a list with a kind and a version, so that the format is stable.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a, T> {
    api_version: &'static str,
    kind: &'a str,
    items: &'a [T],
}

/// The version of the output of `-o json` and `-o yaml`.
const VIEW_VERSION: &str = "view.modelselection.dev/v1alpha1";

/// Prints items as JSON.
pub(crate) fn json<T: Serialize>(kind: &str, items: &[T]) -> Result<(), Failure> {
    let document = Document { api_version: VIEW_VERSION, kind, items };
    text(&format!("{}\n", serde_json::to_string_pretty(&document).map_err(std::io::Error::other)?))
}

/// Prints items as YAML.
pub(crate) fn yaml<T: Serialize>(kind: &str, items: &[T]) -> Result<(), Failure> {
    let document = Document { api_version: VIEW_VERSION, kind, items };
    text(&serde_saphyr::to_string(&document).map_err(std::io::Error::other)?)
}

/// Prints rows as CSV; the first row has the names of the columns.
pub(crate) fn csv(rows: &[Vec<String>]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(std::io::Error::other)?;
    }
    let bytes = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    text(&String::from_utf8_lossy(&bytes))
}

/// Prints an error on standard error.
pub(crate) fn complain(message: &str) {
    note(&format!("error: {message}"));
}

/// Prints a message on standard error. Write errors are ignored.
pub(crate) fn note(message: &str) {
    let lines: Vec<_> = message.lines().map(plain).collect();
    let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
}

/// Prints external text, one line per message.
pub(crate) fn lines_of(words: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let mut lines = String::new();
    for word in words {
        lines.push_str(&plain(&word));
        lines.push('\n');
    }
    text(&lines)
}
