//! The pages of the operator: who may see them, and that they follow what happens; over HTTP and in a browser.

mod access;
mod browser;
mod live;
mod site;
