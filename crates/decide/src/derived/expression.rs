//! An expression of a derived metric: CEL's grammar, limited to real numbers and to the values of a training job.
//!
//! Once it is parsed, all names that it uses are known, because maps can only be accessed with string literals.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, IdedExpr, ListExpr, LiteralValue, operators};
use cel::parser::PrattParser;

use super::evaluate::{self, Inputs, Why};
use super::node::Node;
use super::vocabulary::{ARITHMETIC, COMPARISONS, FUNCTIONS, Input, TEXT_FUNCTIONS};
use api::parse_decimal;

/// Deepest nesting of operations. The longest expressions that people write have a dozen; the stack suffices for some
/// thousand.
const MAX_DEPTH: u16 = 100;

fn too_deep() -> String {
    format!("it has more than {MAX_DEPTH} nested operations; move a part into another derived metric")
}

/// A parsed expression.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) root: Node,
    /// Its inputs, each once: nodes refer to them by index.
    pub(super) named: Vec<Input>,
    /// The number of its nodes. Each is evaluated at most once per training job, so this is the maximum cost.
    pub(super) operations: usize,
    /// The inputs that it needs.
    pub(super) inputs: BTreeSet<Input>,
    /// The inputs that it tests with `has` or `in`, so that they may be missing.
    pub(super) optional: BTreeSet<Input>,
}

impl Expression {
    /// Parses an expression, or returns the error and its position.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let parsed = PrattParser::new().max_recursion_depth(MAX_DEPTH).parse(source).map_err(|errors| {
            let first = errors.errors.into_iter().next();
            first.map_or_else(String::new, |error| located(source, error.pos, &error.msg))
        })?;
        let mut reader = Reader::default();
        let root = reader.node(&parsed, 0)?;
        let Reader { named, operations, inputs, optional } = reader;
        Ok(Self { root, named, operations, inputs, optional })
    }
}

/// The parser's message with a readable position. The parser counts lines and bytes from 1, and uses 0 if there is no
/// position.
fn located(source: &str, (line, column): (isize, isize), message: &str) -> String {
    if message.contains("recursion limit") {
        return too_deep();
    }
    let from_one = |n: isize| usize::try_from(n).ok()?.checked_sub(1);
    let Some((line, byte)) = from_one(line).zip(from_one(column)) else { return message.to_owned() };
    let text = source.lines().nth(line).unwrap_or_default();
    let byte = text.floor_char_boundary(byte);
    let (before, rest) = text.split_at(byte);
    let column = before.chars().count() + 1;
    let place = if line == 0 { format!("column {column}") } else { format!("line {}, column {column}", line + 1) };
    let excerpt: String = rest.chars().take(24).collect();
    if excerpt.is_empty() {
        format!("{message} at its end ({place})")
    } else {
        // Metric names may contain characters that CEL's identifiers cannot.
        let hint = if excerpt.starts_with([':', '@', '#']) {
            "; write a metric whose name is not an identifier as metrics['...']"
        } else {
            ""
        };
        format!("{message} at {place}, where it says `{excerpt}`{hint}")
    }
}

#[derive(Default)]
struct Reader {
    named: Vec<Input>,
    operations: usize,
    inputs: BTreeSet<Input>,
    optional: BTreeSet<Input>,
}

impl Reader {
    fn node(&mut self, parsed: &IdedExpr, depth: u16) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.operations += 1;
        match &parsed.expr {
            Expr::Literal(literal) => number_or_text(literal),
            Expr::Call(call) => match access(parsed)? {
                Some(input) => Ok(self.input(input)),
                None => self.call(call, depth + 1),
            },
            Expr::Select(select) if select.test => {
                let input = field(&select.operand.expr, &select.field)?;
                Ok(self.has(input))
            }
            Expr::Ident(_) | Expr::Select(_) => match access(parsed)? {
                Some(input) => Ok(self.input(input)),
                None => Err("a part of it cannot be parsed".to_owned()),
            },
            Expr::List(_) => Err("a list is only allowed after `in`".to_owned()),
            Expr::Comprehension(_) => Err("macros other than `has` are not supported".to_owned()),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err("it must be a number, not an object".to_owned()),
        }
    }

    fn input(&mut self, input: Input) -> Node {
        if input == Input::InstancePrice {
            self.inputs.insert(Input::InstanceType);
        }
        self.inputs.insert(input.clone());
        Node::Input(self.place(input))
    }

    fn has(&mut self, input: Input) -> Node {
        self.optional.insert(input.clone());
        Node::Has(self.place(input))
    }

    fn place(&mut self, input: Input) -> usize {
        let known = self.named.iter().position(|known| *known == input);
        known.unwrap_or_else(|| {
            self.named.push(input);
            self.named.len() - 1
        })
    }

    /// Both sides of a comparison, adapted if one of them is a hyperparameter.
    fn alike(&self, left: Node, right: Node) -> (Node, Node) {
        let right = self.as_compared(right, &left);
        (self.as_compared(left, &right), right)
    }

    /// A hyperparameter that looks like a number is compared as a number. In the spec all hyperparameters are strings,
    /// so people write '32' in quotes, which must not make a difference.
    fn as_compared(&self, node: Node, other: &Node) -> Node {
        let hyperparameter = |place: &usize| matches!(self.named.get(*place), Some(Input::Hyperparameter(_)));
        let number = match (&node, other) {
            (Node::Text(text), Node::Input(place)) if hyperparameter(place) => parse_decimal(text),
            _ => None,
        };
        number.map_or(node, Node::Number)
    }

    fn call(&mut self, call: &CallExpr, depth: u16) -> Result<Node, String> {
        let CallExpr { func_name: name, target, args } = call;
        if name == operators::INDEX {
            return Err(unknown_function(name));
        }
        if let Some(target) = target {
            let Some(function) = TEXT_FUNCTIONS.iter().find(|function| function.0 == name) else {
                return Err(unknown_function(name));
            };
            let [argument] = args.as_slice() else { return Err(format!("`{name}` takes one string")) };
            let sides = (self.node(target, depth)?, self.node(argument, depth)?);
            return Ok(Node::TextFunction(function, Box::new(sides)));
        }
        if let (operators::IN, [item, list]) = (name.as_str(), args.as_slice()) {
            return self.one_of(item, &list.expr, depth);
        }
        let mut nodes = args.iter().map(|arg| self.node(arg, depth)).collect::<Result<Vec<_>, _>>()?;
        if let Some(function) = FUNCTIONS.iter().find(|function| function.0 == name) {
            let (_, least, most, _) = function;
            if !(*least..=*most).contains(&nodes.len()) {
                let wanted = if least == most { least.to_string() } else { format!("{least} or more") };
                return Err(format!("`{name}` takes {wanted} numbers, not {}", nodes.len()));
            }
            return folded(Node::Function(function, nodes));
        }
        let node = match (nodes.pop(), nodes.pop(), nodes.pop()) {
            (Some(node), None, None) if name == operators::NEGATE => folded(Node::Negative(Box::new(node)))?,
            (Some(node), None, None) if name == operators::LOGICAL_NOT => Node::Not(Box::new(node)),
            (Some(no), Some(yes), Some(condition)) if name == operators::CONDITIONAL => {
                Node::If(Box::new((condition, yes, no)))
            }
            (Some(right), Some(left), None) => {
                let sides = Box::new((left, right));
                if let Some(operator) = ARITHMETIC.iter().find(|operator| operator.0 == name) {
                    if let ("/" | "%", Node::Number(0.0)) = (operator.1, &sides.1) {
                        return Err("it divides by 0".to_owned());
                    }
                    folded(Node::Arithmetic(operator, sides))?
                } else if let Some(operator) = COMPARISONS.iter().find(|operator| operator.0 == name) {
                    let (left, right) = *sides;
                    Node::Comparison(operator, Box::new(self.alike(left, right)))
                } else {
                    match name.as_str() {
                        operators::LOGICAL_AND => Node::And(sides),
                        operators::LOGICAL_OR => Node::Or(sides),
                        _ => return Err(unknown_function(name)),
                    }
                }
            }
            _ => return Err(unknown_function(name)),
        };
        Ok(node)
    }

    /// `x in [..]`, or `'name' in metrics` and similar, which means the same as `has`.
    fn one_of(&mut self, item: &IdedExpr, list: &Expr, depth: u16) -> Result<Node, String> {
        match (list, text(&item.expr)) {
            (Expr::List(ListExpr { elements, .. }), _) => {
                let item = self.node(item, depth)?;
                let elements = elements.iter().map(|e| self.node(e, depth)).collect::<Result<Vec<_>, _>>()?;
                let elements = elements.into_iter().map(|element| self.as_compared(element, &item)).collect();
                Ok(Node::OneOf(Box::new(item), elements))
            }
            (Expr::Ident(_) | Expr::Select(_), Some(name)) => {
                let input = field(list, name)?;
                Ok(self.has(input))
            }
            _ => {
                Err("`in` takes a list such as ['adam', 'sgd'], or a string and `metrics` or `hyperparameters`"
                    .to_owned())
            }
        }
    }
}

/// A node that consists of constants is evaluated immediately: an expression that never gives a number, such as
/// `sqrt(-1)`, is reported before a job is created, and `x / (1 - 1)` is recognized as a division by 0.
fn folded(node: Node) -> Result<Node, String> {
    let is_number = |node: &Node| matches!(node, Node::Number(_));
    let fixed = match &node {
        Node::Negative(node) => is_number(node),
        Node::Arithmetic(_, sides) => is_number(&sides.0) && is_number(&sides.1),
        Node::Function(_, arguments) => arguments.iter().all(is_number),
        _ => false,
    };
    if !fixed {
        return Ok(node);
    }
    let no_input = |input: &Input| Err(Why::Missing(input.shown()));
    evaluate::number(&node, &Inputs::new(&[], &no_input)).map(Node::Number).map_err(|why| why.message().to_owned())
}

fn unknown_function(name: &str) -> String {
    if name == operators::INDEX {
        return "[ ] takes a string in quotes, as in metrics['a-name'], or `instanceType` after `prices`".to_owned();
    }
    let known: Vec<&str> = FUNCTIONS.iter().map(|f| f.0).chain(TEXT_FUNCTIONS.iter().map(|f| f.0)).collect();
    let hint = match name {
        "double" | "int" | "uint" => " (all numbers are real numbers already)",
        _ => "",
    };
    format!("there is no function `{name}`{hint}; there are {}", known.join(", "))
}

/// All numbers are real numbers.
fn number_or_text(literal: &LiteralValue) -> Result<Node, String> {
    // Integers become floats like all other values: 64-bit floats are exact up to 2^53, and sample sizes are far below.
    #[allow(clippy::cast_precision_loss)]
    match literal {
        LiteralValue::Int(int) => Ok(Node::Number(*int.inner() as f64)),
        LiteralValue::UInt(int) => Ok(Node::Number(*int.inner() as f64)),
        LiteralValue::Double(double) => Ok(Node::Number(*double.inner())),
        LiteralValue::Boolean(flag) => Ok(Node::Flag(*flag.inner())),
        LiteralValue::String(text) => Ok(Node::Text(text.inner().to_owned())),
        LiteralValue::Bytes(_) | LiteralValue::Null => Err("bytes and null are not supported".to_owned()),
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// The input that an expression refers to, if it does: a name, `a.b`, `a['b']`.
fn access(parsed: &IdedExpr) -> Result<Option<Input>, String> {
    match &parsed.expr {
        Expr::Ident(name) => match name.as_str() {
            "trainingSeconds" => Ok(Some(Input::TrainingSeconds)),
            "billableSeconds" => Ok(Some(Input::BillableSeconds)),
            "instanceCount" => Ok(Some(Input::InstanceCount)),
            "instanceType" => Ok(Some(Input::InstanceType)),
            "metrics" | "hyperparameters" | "dataset" | "prices" => {
                Err(format!("`{name}` is not a number; select an element, such as {name}['...']"))
            }
            _ => Ok(Some(Input::Metric(name.clone()))),
        },
        Expr::Select(select) => field(&select.operand.expr, &select.field).map(Some),
        Expr::Call(CallExpr { func_name, args, target: None }) if func_name == operators::INDEX => {
            let [operand, key] = args.as_slice() else { return Ok(None) };
            match (&operand.expr, &key.expr, text(&key.expr)) {
                (operand, _, Some(key)) => field(operand, key).map(Some),
                (Expr::Ident(prices), Expr::Ident(key), _) if prices == "prices" && key == "instanceType" => {
                    Ok(Some(Input::InstancePrice))
                }
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// The field `name` of `operand`.
fn field(operand: &Expr, name: &str) -> Result<Input, String> {
    let of_facts =
        |of: &IdedExpr, field: &str| matches!(&of.expr, Expr::Ident(n) if n == "dataset") && field == "facts";
    match operand {
        Expr::Select(select) if of_facts(&select.operand, &select.field) => Ok(Input::Fact(name.to_owned())),
        Expr::Ident(root) => match (root.as_str(), name) {
            ("metrics", _) => Ok(Input::Metric(name.to_owned())),
            ("hyperparameters", _) => Ok(Input::Hyperparameter(name.to_owned())),
            ("prices", _) => Ok(Input::Price(name.to_owned())),
            ("dataset", "name") => Ok(Input::DatasetName),
            ("dataset", "testSize") => Ok(Input::TestSize),
            ("dataset", "trainingSize") => Ok(Input::TrainingSize),
            ("dataset", "validationSize") => Ok(Input::ValidationSize),
            ("dataset", _) => Err(format!(
                "`dataset` has no '{name}'; it has name, testSize, trainingSize, validationSize and facts.NAME"
            )),
            _ => Err(format!(
                "'{root}' has no fields; write a metric whose name is not an identifier as metrics['{root}.{name}']"
            )),
        },
        _ => Err(format!("'{name}' is not a field of anything")),
    }
}
