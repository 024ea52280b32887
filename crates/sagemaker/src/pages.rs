//! The pages of a list.

use std::future::Future;

use super::error::{Class, TuningError};
use super::rate_limiter::Operation;

/// More than any list has: 100 entries a page.
const MOST: usize = 1_000;

/// How far a list has been read.
#[derive(Debug, Default)]
pub struct Pages {
    token: Option<String>,
    read: usize,
    ended: bool,
}

impl Pages {
    /// Whether there is a page yet to read.
    pub fn go_on(&self) -> bool {
        !self.ended
    }

    /// The token of that page; none for the first.
    pub fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// A page was read, and `next` is the token of the one behind it.
    ///
    /// # Errors
    /// A list that leads back to the page just read, or has no end, would be read for ever.
    pub fn turn(&mut self, operation: Operation, next: Option<String>) -> Result<(), TuningError> {
        self.read += 1;
        if next.is_some() && (next == self.token || self.read == MOST) {
            return Err(TuningError {
                class: Class::Transient,
                operation: operation.as_str(),
                code: None,
                message: format!("page {} of its answer leads to no end", self.read),
            });
        }
        self.ended = next.is_none();
        self.token = next;
        Ok(())
    }
}

/// All entries of a list. `read` gets a page by the token of the one before, and returns its entries and the next token.
///
/// # Errors
/// What `read` fails with, and a list without end.
pub(super) async fn read_all<T, F>(
    operation: Operation,
    // Not `AsyncFnMut`: the compiler cannot prove its futures `Send` for every lifetime.
    mut read: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, TuningError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), TuningError>>,
{
    let (mut entries, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let (page, next) = read(pages.token()).await?;
        entries.extend(page);
        pages.turn(operation, next)?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tokens: impl IntoIterator<Item = Option<&'static str>>) -> Result<usize, TuningError> {
        let mut tokens = tokens.into_iter();
        let mut pages = Pages::default();
        while pages.go_on() {
            pages.turn(Operation::Search, tokens.next().expect("a page").map(str::to_owned))?;
        }
        Ok(pages.read)
    }

    #[test]
    fn a_list_is_read_to_its_end_and_one_without_end_is_a_fault() {
        assert_eq!(read([None]).unwrap(), 1);
        assert_eq!(read([Some("a"), Some("b"), None]).unwrap(), 3);
        let error = read([Some("a"), Some("b"), Some("b")]).unwrap_err();
        assert_eq!(error.to_string(), "Search failed: page 3 of its answer leads to no end");
        assert_eq!(error.class, Class::Transient);
        assert!(read(["a", "b"].map(Some).into_iter().cycle()).is_err());
    }
}
