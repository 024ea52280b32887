//! The parts of an expression, as a tree.

use super::vocabulary::{Arithmetic, Comparison, Function, TextFunction};

/// A part of an expression.
#[derive(Debug)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    Flag(bool),
    /// An input, by its place in the list of the expression's inputs.
    Input(usize),
    /// Whether there is such an input.
    Has(usize),
    Negative(Box<Node>),
    Not(Box<Node>),
    Arithmetic(&'static Arithmetic, Box<(Node, Node)>),
    Comparison(&'static Comparison, Box<(Node, Node)>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    /// Condition, then, else.
    If(Box<(Node, Node, Node)>),
    /// Whether the first is one of the others.
    OneOf(Box<Node>, Vec<Node>),
    Function(&'static Function, Vec<Node>),
    TextFunction(&'static TextFunction, Box<(Node, Node)>),
}
