//! Expressions.

use tree_sitter::Node;

use super::super::value::{Call, Value};
use super::{NESTING, Run, children};

impl<'t> Run<'t> {
    /// The value of an expression.
    pub(super) fn value(&mut self, node: Node<'t>) -> Value {
        if self.nesting == NESTING {
            return Value::Unknown("…".to_owned());
        }
        self.nesting += 1;
        let value = self.nested_value(node);
        self.nesting -= 1;
        value
    }

    fn nested_value(&mut self, node: Node<'t>) -> Value {
        let unknown = |run: &Self| Value::Unknown(run.written(node));
        match node.kind() {
            "string" => self.string(node),
            "concatenated_string" => {
                let parts: Vec<Value> = children(node).into_iter().map(|part| self.value(part)).collect();
                joined(&parts)
            }
            "integer" | "float" => Value::Number(self.written(node).replace('_', "")),
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            "identifier" => self.names.get(&self.written(node)).cloned().unwrap_or_else(|| unknown(self)),
            "list" | "tuple" | "set" | "expression_list" => {
                Value::List(children(node).into_iter().map(|item| self.value(item)).collect())
            }
            "list_comprehension" => self.comprehension(node),
            "dictionary" => self.dictionary(node),
            // For a conditional expression: the value if the condition is true.
            "parenthesized_expression" | "conditional_expression" => match children(node).first() {
                Some(first) => self.value(*first),
                None => unknown(self),
            },
            "unary_operator" => match node.child_by_field_name("argument").map(|argument| self.value(argument)) {
                Some(Value::Number(number)) if self.written(node).starts_with('-') => {
                    Value::Number(format!("-{number}"))
                }
                _ => unknown(self),
            },
            "binary_operator" => self.operation(node),
            "subscript" => self.item(node),
            "call" => self.call(node),
            "await" | "keyword_argument" => match children(node).last() {
                Some(inner) => self.value(*inner),
                None => unknown(self),
            },
            _ => unknown(self),
        }
    }

    /// A string; it is unknown if a part is unknown.
    fn string(&mut self, node: Node<'t>) -> Value {
        let written = self.written(node);
        let raw = written.split(['"', '\'']).next().is_some_and(|prefix| prefix.contains(['r', 'R']));
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" if raw => parts.push(Value::Text(self.written(part))),
                "string_content" => parts.push(Value::Text(unescaped(&self.written(part)))),
                "interpolation" => {
                    let inner = part.child_by_field_name("expression").or_else(|| children(part).first().copied());
                    parts.push(match inner.map(|inner| self.value(inner)) {
                        Some(value) if value.scalar().is_some() => Value::Text(value.scalar().unwrap_or_default()),
                        _ => Value::Unknown(self.written(part)),
                    });
                }
                _ => {}
            }
        }
        joined(&parts)
    }

    /// `[a for b in c]`, without conditions.
    fn comprehension(&mut self, node: Node<'t>) -> Value {
        let parts = children(node);
        let clause = parts.iter().find(|part| part.kind() == "for_in_clause");
        let of = |name| clause.and_then(|clause| clause.child_by_field_name(name));
        let (Some(body), Some(left), Some(right), 2) =
            (node.child_by_field_name("body"), of("left"), of("right"), parts.len())
        else {
            return Value::Unknown(self.written(node));
        };
        let items = self.value(right);
        let mut values = Vec::new();
        for item in items.items() {
            self.assign(left, item.clone());
            values.push(self.value(body));
        }
        Value::List(values)
    }

    fn dictionary(&mut self, node: Node<'t>) -> Value {
        let mut members = Value::Dict(Vec::new());
        for member in children(node) {
            let (key, value) = (member.child_by_field_name("key"), member.child_by_field_name("value"));
            match (member.kind(), key, value) {
                ("pair", Some(key), Some(value)) => {
                    let (key, value) = (self.value(key), self.value(value));
                    members.set(key, value);
                }
                ("dictionary_splat", ..) => {
                    let more = children(member).first().map(|inner| self.value(*inner));
                    for (key, value) in more.iter().flat_map(Value::members) {
                        members.set(key.clone(), value.clone());
                    }
                }
                _ => {}
            }
        }
        members
    }

    /// `a + b` for strings and lists, and integer arithmetic.
    fn operation(&mut self, node: Node<'t>) -> Value {
        let operator = node.child_by_field_name("operator").map(|operator| self.written(operator)).unwrap_or_default();
        let sides = (node.child_by_field_name("left"), node.child_by_field_name("right"));
        let (Some(left), Some(right)) = sides else { return Value::Unknown(self.written(node)) };
        match (self.value(left), operator.as_str(), self.value(right)) {
            (Value::Number(one), operator, Value::Number(other)) => {
                let result = one.parse::<i64>().ok().zip(other.parse::<i64>().ok());
                let result = result.and_then(|(one, other)| match operator {
                    "+" => one.checked_add(other),
                    "-" => one.checked_sub(other),
                    "*" => one.checked_mul(other),
                    _ => None,
                });
                result.map_or_else(|| Value::Unknown(self.written(node)), |number| Value::Number(number.to_string()))
            }
            (left @ (Value::Text(_) | Value::List(_)), "+", right) => self.added(left, right, node),
            _ => Value::Unknown(self.written(node)),
        }
    }

    /// `a[b]` for a dictionary or a list.
    fn item(&mut self, node: Node<'t>) -> Value {
        let fields = (node.child_by_field_name("value"), node.child_by_field_name("subscript"));
        let unknown = Value::Unknown(self.written(node));
        let (Some(owner), Some(key)) = fields else { return unknown };
        let (owner, key) = (self.value(owner), self.value(key));
        let found = match (&owner, &key) {
            (Value::Dict(members), _) => members.iter().find(|(known, _)| *known == key).map(|(_, value)| value),
            (Value::List(items), Value::Number(index)) => {
                index.parse::<usize>().ok().and_then(|index| items.get(index))
            }
            _ => None,
        };
        found.cloned().unwrap_or(unknown)
    }

    fn call(&mut self, node: Node<'t>) -> Value {
        let fields = (node.child_by_field_name("function"), node.child_by_field_name("arguments"));
        let (Some(function), Some(arguments)) = fields else { return Value::Unknown(self.written(node)) };
        let (positional, named) = self.arguments(arguments);
        let name = self.written(function);
        if let Some(definition) = self.functions.get(&name).copied() {
            self.run_function(definition, &positional, &named);
            return Value::Unknown(self.written(node));
        }
        let owner = function.child_by_field_name("object");
        let receiver = owner.map(|owner| self.value(owner)).filter(|value| !matches!(value, Value::Unknown(_)));
        if let (Some(owner), Some(receiver)) = (owner, &receiver)
            && let Some(value) = self.method(owner, receiver, &name, &positional, &named)
        {
            return value;
        }
        match (name.as_str(), positional.as_slice()) {
            ("dict", []) => Value::Dict(named.into_iter().map(|(name, value)| (Value::Text(name), value)).collect()),
            // The defaults of a model, which the operator uses anyway: only the notebook's changes are relevant.
            (function, _) if function.ends_with("retrieve_default") => Value::Dict(Vec::new()),
            ("dict" | "list" | "sorted", [copied]) => copied.clone(),
            ("str", [value]) if value.scalar().is_some() => Value::Text(value.scalar().unwrap_or_default()),
            ("int" | "float", [value @ Value::Number(_)]) => value.clone(),
            ("os.path.join", [first, ..]) if first.text().is_some() => {
                let parts: Vec<Value> = std::iter::once(first.clone())
                    .chain(positional[1..].iter().flat_map(|part| [Value::Text("/".into()), part.clone()]))
                    .collect();
                joined(&parts)
            }
            _ => self.record(Call { function: name, receiver, positional, named }),
        }
    }

    /// Methods of strings, lists and dictionaries.
    fn method(
        &mut self,
        owner: Node<'t>,
        receiver: &Value,
        function: &str,
        positional: &[Value],
        named: &[(String, Value)],
    ) -> Option<Value> {
        let method = function.rsplit('.').next().unwrap_or_default();
        let owner = self.written(owner);
        match (receiver, method, positional) {
            (Value::Text(text), "format", _) => Some(formatted(text, positional, named)),
            (Value::Dict(members), "items", []) => Some(Value::List(
                members.iter().map(|(key, value)| Value::List(vec![key.clone(), value.clone()])).collect(),
            )),
            (Value::Dict(members), "values", []) => Some(Value::List(members.iter().map(|(_, v)| v.clone()).collect())),
            (Value::Dict(members), "keys", []) => {
                Some(Value::List(members.iter().map(|(key, _)| key.clone()).collect()))
            }
            (Value::Dict(_), "get", [key, ..]) => Some(receiver.get(key.text()?)?.clone()),
            (Value::Dict(_) | Value::List(_), "copy", []) => Some(receiver.clone()),
            (Value::Dict(_), "update", _) => {
                let known = self.names.get_mut(&owner)?;
                let more = positional.iter().flat_map(Value::members).cloned();
                let more = more.chain(named.iter().map(|(name, value)| (Value::Text(name.clone()), value.clone())));
                more.for_each(|(key, value)| known.set(key, value));
                Some(Value::Flag(true))
            }
            (Value::List(items), "append", [item]) => {
                self.name(owner, Value::List([items.clone(), vec![item.clone()]].concat()));
                Some(Value::Flag(true))
            }
            _ => None,
        }
    }

    fn arguments(&mut self, node: Node<'t>) -> (Vec<Value>, Vec<(String, Value)>) {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for argument in children(node) {
            match argument.kind() {
                "keyword_argument" => {
                    let name = argument.child_by_field_name("name").map(|name| self.written(name));
                    named.push((name.unwrap_or_default(), self.value(argument)));
                }
                "dictionary_splat" => {
                    let more = children(argument).first().map(|inner| self.value(*inner));
                    let members = more.iter().flat_map(Value::members);
                    named.extend(members.filter_map(|(key, value)| Some((key.text()?.to_owned(), value.clone()))));
                }
                _ => positional.push(self.value(argument)),
            }
        }
        (positional, named)
    }
}

/// Joins parts to a string; if a part is unknown, the result is unknown but keeps the known parts.
fn joined(parts: &[Value]) -> Value {
    let text = parts.iter().map(Value::shown).collect();
    if parts.iter().all(|part| part.scalar().is_some()) { Value::Text(text) } else { Value::Unknown(text) }
}

/// `"…{}…{name}".format(…)`.
fn formatted(text: &str, positional: &[Value], named: &[(String, Value)]) -> Value {
    let mut parts = Vec::new();
    let mut next = positional.iter();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        parts.push(Value::Text(before.to_owned()));
        let value = match name.parse::<usize>() {
            Ok(index) => positional.get(index),
            Err(_) if name.is_empty() => next.next(),
            Err(_) => named.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        };
        let shown = || Value::Unknown(format!("{{{name}}}"));
        parts.push(value.filter(|value| value.scalar().is_some()).cloned().unwrap_or_else(shown));
        rest = after;
    }
    parts.push(Value::Text(rest.to_owned()));
    joined(&parts)
}

/// The usual escapes of a string. Others are kept, as in Python.
fn unescaped(text: &str) -> String {
    let mut unescaped = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, false) => unescaped.push(letter),
            _ => match letters.next() {
                Some('n') => unescaped.push('\n'),
                Some('t') => unescaped.push('\t'),
                Some('\n') | None => {}
                Some(same @ ('\\' | '"' | '\'')) => unescaped.push(same),
                Some(other) => unescaped.extend(['\\', other]),
            },
        }
    }
    unescaped
}
