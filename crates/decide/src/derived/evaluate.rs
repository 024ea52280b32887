//! Evaluates an expression. An intermediate value that is not a finite number is an error: a division by zero must not
//! be hidden by a `min`.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::node::Node;
use super::vocabulary::Input;
use api::decimal;

/// The value of a part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Flag(bool),
}

/// Why an expression cannot be computed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Why {
    /// An input is missing.
    Missing(String),
    /// An intermediate value is not finite.
    NotFinite(String),
    /// A value has the wrong type: a mistake in the expression.
    Mistaken(String),
}

impl Why {
    /// The same reason with another message.
    pub(super) fn with_message(&self, message: String) -> Self {
        match self {
            Self::Missing(_) => Self::Missing(message),
            Self::NotFinite(_) => Self::NotFinite(message),
            Self::Mistaken(_) => Self::Mistaken(message),
        }
    }

    pub(super) fn message(&self) -> &str {
        let (Self::Missing(message) | Self::NotFinite(message) | Self::Mistaken(message)) = self;
        message
    }
}

/// The inputs of an expression. Each is looked up once, on its first use.
pub(super) struct Inputs<'a> {
    named: &'a [Input],
    found: Vec<OnceCell<Result<Value, Why>>>,
    look_up: &'a dyn Fn(&Input) -> Result<Value, Why>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(named: &'a [Input], look_up: &'a dyn Fn(&Input) -> Result<Value, Why>) -> Self {
        Self { named, found: vec![OnceCell::new(); named.len()], look_up }
    }

    fn get(&self, place: usize) -> &Result<Value, Why> {
        self.found[place].get_or_init(|| (self.look_up)(&self.named[place]))
    }
}

/// The value of `node`, which must be a number.
pub(super) fn number(node: &Node, inputs: &Inputs<'_>) -> Result<f64, Why> {
    match value(node, inputs)? {
        Value::Number(number) => Ok(number),
        other => Err(Why::Mistaken(format!("a number is needed, not {}", shown(node, &other, inputs)))),
    }
}

fn flag(node: &Node, inputs: &Inputs<'_>) -> Result<bool, Why> {
    match value(node, inputs)? {
        Value::Flag(flag) => Ok(flag),
        other => Err(Why::Mistaken(format!("true or false is needed, not {}", shown(node, &other, inputs)))),
    }
}

fn text(node: &Node, inputs: &Inputs<'_>) -> Result<String, Why> {
    match value(node, inputs)? {
        Value::Text(text) => Ok(text),
        other => Err(Why::Mistaken(format!("a string is needed, not {}", shown(node, &other, inputs)))),
    }
}

fn value(node: &Node, inputs: &Inputs<'_>) -> Result<Value, Why> {
    Ok(match node {
        Node::Number(number) => Value::Number(*number),
        Node::Text(text) => Value::Text(text.clone()),
        Node::Flag(flag) => Value::Flag(*flag),
        Node::Input(place) => inputs.get(*place).clone()?,
        Node::Has(place) => Value::Flag(!matches!(inputs.get(*place), Err(Why::Missing(_)))),
        Node::Negative(node) => Value::Number(-number(node, inputs)?),
        Node::Not(node) => Value::Flag(!flag(node, inputs)?),
        Node::Arithmetic((_, sign, apply), sides) => {
            let (left, right) = (number(&sides.0, inputs)?, number(&sides.1, inputs)?);
            finite(apply(left, right), || match *sign {
                "/" | "%" if right == 0.0 => {
                    format!("it divides by {}", shown(&sides.1, &Value::Number(right), inputs))
                }
                _ => format!("{} {sign} {} is too large", plain(left), plain(right)),
            })?
        }
        Node::Comparison((_, sign, holds), sides) => {
            let (left, right) = (value(&sides.0, inputs)?, value(&sides.1, inputs)?);
            match (order(&left, &right), *sign) {
                (Some(ordering), _) => Value::Flag(holds(ordering)),
                // As in CEL, values of different types are not equal.
                (None, "==") => Value::Flag(false),
                (None, "!=") => Value::Flag(true),
                (None, _) => {
                    let (left, right) = (shown(&sides.0, &left, inputs), shown(&sides.1, &right, inputs));
                    return Err(Why::Mistaken(format!("`{sign}` cannot compare {left} and {right}")));
                }
            }
        }
        // As in CEL, an error on one side does not count if the other side decides.
        Node::And(sides) => decided(flag(&sides.0, inputs), || flag(&sides.1, inputs), false)?,
        Node::Or(sides) => decided(flag(&sides.0, inputs), || flag(&sides.1, inputs), true)?,
        Node::If(parts) => value(if flag(&parts.0, inputs)? { &parts.1 } else { &parts.2 }, inputs)?,
        Node::OneOf(item, list) => {
            let item = value(item, inputs)?;
            let mut found = false;
            for element in list {
                found |= order(&item, &value(element, inputs)?) == Some(Ordering::Equal);
            }
            Value::Flag(found)
        }
        Node::Function((name, _, _, apply), arguments) => {
            let arguments = arguments.iter().map(|node| number(node, inputs)).collect::<Result<Vec<_>, _>>()?;
            finite(apply(&arguments), || {
                let arguments: Vec<String> = arguments.iter().map(|number| plain(*number)).collect();
                format!("{name}({}) is not a finite number", arguments.join(", "))
            })?
        }
        Node::TextFunction((_, holds), sides) => Value::Flag(holds(&text(&sides.0, inputs)?, &text(&sides.1, inputs)?)),
    })
}

fn finite(number: f64, why: impl FnOnce() -> String) -> Result<Value, Why> {
    if number.is_finite() { Ok(Value::Number(number)) } else { Err(Why::NotFinite(why())) }
}

fn decided(left: Result<bool, Why>, right: impl FnOnce() -> Result<bool, Why>, deciding: bool) -> Result<Value, Why> {
    if left == Ok(deciding) {
        return Ok(Value::Flag(deciding));
    }
    let right = right();
    if right == Ok(deciding) {
        return Ok(Value::Flag(deciding));
    }
    left.and(right).map(Value::Flag)
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Flag(left), Value::Flag(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The value, with the name of its input if it has one.
fn shown(node: &Node, value: &Value, inputs: &Inputs<'_>) -> String {
    let text = match value {
        Value::Number(number) => plain(*number),
        Value::Text(text) => format!("the string '{text}'"),
        Value::Flag(flag) => flag.to_string(),
    };
    match node {
        Node::Input(place) => format!("{}, which is {text}", inputs.named[*place].shown()),
        _ => text,
    }
}

fn plain(number: f64) -> String {
    decimal(number).unwrap_or_default()
}
