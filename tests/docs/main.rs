//! The pages and examples do what they say.

mod documents;
mod examples;
mod pages;
mod planned;
mod readme;
mod runbooks;
mod tutorial;
