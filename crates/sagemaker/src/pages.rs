//! Paging through lists.

use std::future::Future;

use super::error::{Class, TuningError};
use super::rate_limiter::Operation;

/// Most pages of a list. Real lists have fewer, at 100 entries a page.
const PAGES_MAX: usize = 1_000;

/// The position in a list.
#[derive(Debug, Default)]
pub struct Pages {
    token: Option<String>,
    read: usize,
    ended: bool,
}

impl Pages {
    /// Whether there is another page to read.
    pub fn has_next(&self) -> bool {
        !self.ended
    }

    /// The token of that page; `None` for the first one.
    pub fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Records that a page was read; `next` is the token of the following one.
    ///
    /// # Errors
    /// The list leads back to the page just read, or has too many pages: it would be read for ever.
    pub fn advance(&mut self, operation: Operation, next: Option<String>) -> Result<(), TuningError> {
        self.read += 1;
        if next.is_some() && (next == self.token || self.read == PAGES_MAX) {
            return Err(TuningError {
                class: Class::Transient,
                operation: operation.as_str(),
                code: None,
                message: format!("its list does not end (page {})", self.read),
            });
        }
        self.ended = next.is_none();
        self.token = next;
        Ok(())
    }
}

/// All entries of a list. `read` fetches the page with the given token, and returns its entries and the next token.
///
/// # Errors
/// The error of `read`, or a list without end.
pub(super) async fn read_all<T, F>(
    operation: Operation,
    // Not `AsyncFnMut`: the compiler cannot prove its futures `Send` for every lifetime.
    mut read: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, TuningError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), TuningError>>,
{
    let (mut entries, mut pages) = (Vec::new(), Pages::default());
    while pages.has_next() {
        let (page, next) = read(pages.token()).await?;
        entries.extend(page);
        pages.advance(operation, next)?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tokens: impl IntoIterator<Item = Option<&'static str>>) -> Result<usize, TuningError> {
        let mut tokens = tokens.into_iter();
        let mut pages = Pages::default();
        while pages.has_next() {
            pages.advance(Operation::Search, tokens.next().expect("a page").map(str::to_owned))?;
        }
        Ok(pages.read)
    }

    #[test]
    fn a_list_is_read_to_its_end_and_one_without_end_is_a_fault() {
        assert_eq!(read([None]).unwrap(), 1);
        assert_eq!(read([Some("a"), Some("b"), None]).unwrap(), 3);
        let error = read([Some("a"), Some("b"), Some("b")]).unwrap_err();
        assert_eq!(error.to_string(), "Search failed: its list does not end (page 3)");
        assert_eq!(error.class, Class::Transient);
        assert!(read(["a", "b"].map(Some).into_iter().cycle()).is_err());
    }
}
