//! The selections in memory, as the watches of the operator show them. A watch delivers a [`Watched`] object, which
//! this release may be unable to read; a store keeps a [`StoredSelection`], which is small once the selection is
//! complete.

mod stored;
mod stores;
mod watched;

pub use stored::StoredSelection;
pub use stores::{Stores, version};
pub use watched::{Unreadable, Watched};

#[cfg(test)]
mod tests;
