//! Interprets a part of Python: names, literals, dictionaries, loops over lists, functions of the notebook.
//! All other calls are recorded with their arguments. All branches are run.

mod expression;

use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::{Node, Parser};

use super::value::{Call, Value};

/// Maximum number of statements, so that loops end.
const STEPS: usize = 20_000;
/// Maximum depth of nested function calls.
const DEPTH: usize = 8;
/// Maximum depth of nested expressions and blocks.
const NESTING: usize = 200;
/// The largest value of a name, by [`Value::size`]: `a = [a, a]` in a loop would fill the memory.
const SIZE: usize = 100_000;

/// The calls of the source, in order. Text that is not Python is skipped.
pub(super) fn calls(source: &str) -> Vec<Rc<Call>> {
    let mut parser = Parser::new();
    if parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_err() {
        return Vec::new();
    }
    let Some(tree) = parser.parse(source, None) else { return Vec::new() };
    let mut run = Run {
        source,
        names: HashMap::new(),
        functions: HashMap::new(),
        calls: Vec::new(),
        steps: 0,
        depth: 0,
        nesting: 0,
    };
    run.block(tree.root_node());
    run.calls
}

/// The state of a program.
struct Run<'t> {
    source: &'t str,
    names: HashMap<String, Value>,
    functions: HashMap<String, Node<'t>>,
    calls: Vec<Rc<Call>>,
    steps: usize,
    depth: usize,
    nesting: usize,
}

/// The named children of a node.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}

impl<'t> Run<'t> {
    /// The source of a node.
    fn written(&self, node: Node<'t>) -> String {
        node.utf8_text(self.source.as_bytes()).unwrap_or_default().to_owned()
    }

    fn block(&mut self, node: Node<'t>) {
        self.nesting += 1;
        for statement in children(node) {
            self.steps += 1;
            if self.steps < STEPS && self.nesting < NESTING {
                self.statement(statement);
            }
        }
        self.nesting -= 1;
    }

    /// Gives a name its value.
    fn name(&mut self, name: String, value: Value) {
        let value = if value.size() > SIZE { Value::Unknown(name.clone()) } else { value };
        self.names.insert(name, value);
    }

    fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "expression_statement" => children(node).into_iter().for_each(|child| self.expression_statement(child)),
            "for_statement" => self.loop_over(node),
            "function_definition" => self.define(node),
            "decorated_definition" => {
                node.child_by_field_name("definition").into_iter().for_each(|definition| self.statement(definition));
            }
            "if_statement" | "elif_clause" | "else_clause" | "while_statement" | "with_statement" | "try_statement"
            | "except_clause" | "finally_clause" | "block" | "ERROR" => self.block(node),
            "return_statement" | "assert_statement" | "await" => {
                children(node).into_iter().for_each(|child| drop(self.value(child)));
            }
            // For example the condition of a branch, which may contain calls.
            kind if is_expression(kind) => drop(self.value(node)),
            _ => {}
        }
    }

    fn expression_statement(&mut self, node: Node<'t>) {
        let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
        match (node.kind(), left, right) {
            ("assignment", Some(left), Some(right)) => {
                let value = self.value(right);
                self.assign(left, value);
            }
            ("augmented_assignment", Some(left), Some(right)) => {
                let (before, more) = (self.value(left), self.value(right));
                self.assign(left, self.added(before, more, node));
            }
            ("assignment", ..) => {}
            _ => drop(self.value(node)),
        }
    }

    fn added(&self, before: Value, more: Value, node: Node<'t>) -> Value {
        match (before, more) {
            (Value::Text(one), Value::Text(other)) => Value::Text(one + &other),
            (Value::List(one), Value::List(other)) => Value::List([one, other].concat()),
            _ => Value::Unknown(self.written(node)),
        }
    }

    fn assign(&mut self, target: Node<'t>, value: Value) {
        match target.kind() {
            "identifier" => self.name(self.written(target), value),
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                for (index, part) in children(target).into_iter().enumerate() {
                    let item = value.items().get(index).cloned();
                    self.assign(part, item.unwrap_or_else(|| Value::Unknown(self.written(part))));
                }
            }
            "subscript" => {
                let (owner, key) = (target.child_by_field_name("value"), target.child_by_field_name("subscript"));
                let Some((owner, key)) = owner.zip(key) else { return };
                let (key, owner) = (self.value(key), self.written(owner));
                if let Some(mut changed) = self.names.remove(&owner) {
                    changed.set(key, value);
                    self.name(owner, changed);
                }
            }
            _ => {}
        }
    }

    /// Runs the body for each item; once if the list is unknown.
    fn loop_over(&mut self, node: Node<'t>) {
        let fields =
            (node.child_by_field_name("left"), node.child_by_field_name("right"), node.child_by_field_name("body"));
        let (Some(left), Some(right), Some(body)) = fields else { return };
        let items = match self.value(right) {
            Value::List(items) => items,
            Value::Dict(members) => members.into_iter().map(|(key, _)| key).collect(),
            _ => vec![Value::Unknown(self.written(left))],
        };
        for item in items {
            self.assign(left, item);
            self.block(body);
        }
    }

    fn define(&mut self, node: Node<'t>) {
        if let Some(name) = node.child_by_field_name("name") {
            self.functions.insert(self.written(name), node);
        }
    }

    /// Runs a function of the notebook. Its parameters are local names; its assignments are dropped afterwards.
    fn run_function(&mut self, function: Node<'t>, positional: &[Value], named: &[(String, Value)]) {
        let fields = (function.child_by_field_name("parameters"), function.child_by_field_name("body"));
        let (Some(parameters), Some(body)) = fields else { return };
        if self.depth == DEPTH {
            return;
        }
        let outside = self.names.clone();
        for (index, parameter) in children(parameters).into_iter().enumerate() {
            let name = parameter.child_by_field_name("name").or_else(|| children(parameter).first().copied());
            let name = self.written(name.unwrap_or(parameter));
            let default = parameter.child_by_field_name("value").map(|value| self.value(value));
            let given = named.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let given = given.or_else(|| positional.get(index).cloned()).or(default);
            self.names.insert(name.clone(), given.unwrap_or(Value::Unknown(name)));
        }
        self.depth += 1;
        self.block(body);
        self.depth -= 1;
        self.names = outside;
    }

    /// Records a call of an unknown function.
    fn record(&mut self, call: Call) -> Value {
        let call = Rc::new(call);
        self.calls.push(call.clone());
        Value::Call(call)
    }
}

fn is_expression(kind: &str) -> bool {
    matches!(
        kind,
        "call" | "attribute" | "comparison_operator" | "boolean_operator" | "not_operator" | "parenthesized_expression"
    )
}
