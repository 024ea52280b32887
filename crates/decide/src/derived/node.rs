//! The syntax tree of an expression.

use super::vocabulary::{Arithmetic, Comparison, Function, TextFunction};

/// A node of an expression.
#[derive(Debug)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    Flag(bool),
    /// An input, by its index in the expression's inputs.
    Input(usize),
    /// Whether that input exists.
    Has(usize),
    Negative(Box<Node>),
    Not(Box<Node>),
    Arithmetic(&'static Arithmetic, Box<(Node, Node)>),
    Comparison(&'static Comparison, Box<(Node, Node)>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    /// Condition, then, else.
    If(Box<(Node, Node, Node)>),
    /// Whether the first is equal to one of the others.
    OneOf(Box<Node>, Vec<Node>),
    Function(&'static Function, Vec<Node>),
    TextFunction(&'static TextFunction, Box<(Node, Node)>),
}
