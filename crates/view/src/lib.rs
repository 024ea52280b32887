//! Views of a `ModelSelection`, as pure functions of the object: no terminal, no I/O, no clock.
//!
//! Each module turns the object into a struct of words and numbers ([`summary`], [`runs`], [`waiting_runs`], [`front`],
//! [`estimate`]); [`pages`] formats these as text, [`plot`] draws a front. The structs are also the output of `-o json`
//! and `-o yaml` of the plugin.

pub mod advice;
pub mod cost;
pub mod effect;
pub mod estimate;
pub mod front;
pub mod instances;
pub mod page;
pub mod pages;
pub mod plot;
pub mod runs;
pub mod seen;
pub mod summary;
pub mod text;
pub mod training_job;
pub mod wait;
pub mod waiting_runs;

#[cfg(test)]
mod tests {
    pub(crate) mod sample;
}
