//! The pages and examples are correct.

mod documents;
mod examples;
mod pages;
mod readme;
mod runbooks;
mod tutorial;
