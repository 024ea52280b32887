//! The CEL rules, at every level of the schema.

use std::collections::HashMap;
use std::sync::Arc;

use cel::extractors::This;
use cel::{Context, ExecutionError, Program, Value as Cel};
use parking_lot::Mutex;
use regex::Regex;
use serde_json::Value;

use crate::fault::Fault;
use crate::numbers;

/// The server's words for a float in a field of integers.
pub(crate) const FLOAT: &str = "invalid data, expected int, got float64";

/// All rules of a schema, compiled, by their source text.
pub(crate) struct Rules(HashMap<String, Result<Program, String>>);

impl Rules {
    pub(crate) fn new(schema: &Value) -> Self {
        let mut rules = HashMap::new();
        collect(schema, &mut rules);
        Self(rules)
    }

    /// The faults of the object: evaluates the rules for every value that is present.
    pub(crate) fn check(&self, schema: &Value, object: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut context = Context::default();
        let patterns = Patterns::default();
        // The function exists already if the CEL crate is built with its own.
        let _ = context.add_function("matches", move |This(text): This<Arc<String>>, pattern: Arc<String>| {
            patterns.matches(&text, &pattern)
        });
        self.walk(schema, object, "", &context, &mut faults);
        faults
    }

    fn walk(&self, schema: &Value, value: &Value, path: &str, context: &Context, faults: &mut Vec<Fault>) {
        let rules = schema["x-kubernetes-validations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has_floats = !rules.is_empty() && numbers::has_floats(value);
        for rule in rules {
            if has_floats && self.is_barred(rule, schema, value, context) {
                let path = if path.is_empty() { "<nil>" } else { path };
                let rule = rule["message"].as_str().or(rule["rule"].as_str()).unwrap_or_default();
                let kind = if value.is_array() { "array" } else { "object" };
                let message = format!("{path}: Invalid value: {kind:?}: {FLOAT} evaluating rule: {rule}");
                faults.push(Fault { message, bars_rules: false });
            } else if let Err(message) = self.holds(rule, value, context) {
                let field = rule["fieldPath"].as_str().unwrap_or_default();
                let path = if path.is_empty() { "<nil>" } else { path };
                let shown = if value.is_object() || value.is_array() { String::new() } else { format!("{value}: ") };
                let message = format!("{path}{field}: Invalid value: {shown}{message}");
                faults.push(Fault { message, bars_rules: false });
            }
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    match &schema["properties"][name] {
                        Value::Null => self.walk(
                            &schema["additionalProperties"],
                            value,
                            &format!("{path}[{name}]"),
                            context,
                            faults,
                        ),
                        property => self.walk(property, value, &inner, context, faults),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(&schema["items"], item, &format!("{path}[{index}]"), context, faults);
                }
            }
            _ => {}
        }
    }

    /// Whether a float in a field of integers decides about the rule. The schema takes a whole one; the server's CEL
    /// reads such a field as an error, which counts unless the rule holds, or does not, whatever is in the field.
    fn is_barred(&self, rule: &Value, schema: &Value, value: &Value, context: &Context) -> bool {
        let with = |number: Option<i64>| {
            let mut value = value.clone();
            replace_floats(schema, &mut value, number).then_some(value)
        };
        let Some(without) = with(None) else { return false };
        let holds = |value: &Value| self.holds(rule, value, context).is_ok();
        let always = holds(&without);
        [i64::MIN, i64::MAX].into_iter().filter_map(|number| with(Some(number))).any(|value| holds(&value) != always)
    }

    /// Evaluates a rule; an error is the server's message.
    fn holds(&self, rule: &Value, value: &Value, context: &Context) -> Result<(), String> {
        let text = rule["rule"].as_str().unwrap_or_default();
        // A transition rule does not apply to a new object.
        if text.contains("oldSelf") {
            return Ok(());
        }
        let program = match self.0.get(text) {
            Some(Ok(program)) => program,
            Some(Err(error)) => return Err(format!("this program cannot parse the rule '{text}': {error}")),
            None => return Err(format!("this program does not know the rule '{text}'")),
        };
        let mut inner = context.new_inner_scope();
        inner.add_variable_from_value("self", converted(value));
        match program.execute(&inner) {
            Ok(Cel::Bool(true)) => Ok(()),
            Ok(Cel::Bool(false)) => {
                Err(rule["message"].as_str().map_or_else(|| format!("failed rule: {text}"), str::to_owned))
            }
            Ok(other) => Err(format!("evaluating rule: {other:?} is not true or false")),
            Err(error) => Err(format!("evaluating rule: {error}")),
        }
    }
}

/// Puts the number into each field of integers that has a float, or removes the field. Returns whether there is one.
fn replace_floats(schema: &Value, value: &mut Value, number: Option<i64>) -> bool {
    match value {
        Value::Object(fields) => {
            let of_field = |name: &str| match &schema["properties"][name] {
                Value::Null => &schema["additionalProperties"],
                property => property,
            };
            let is_float = |(name, value): (&String, &Value)| value.is_f64() && of_field(name)["type"] == "integer";
            let floats: Vec<String> =
                fields.iter().filter(|field| is_float(*field)).map(|(name, _)| name.clone()).collect();
            for name in &floats {
                match number {
                    Some(number) => drop(fields.insert(name.clone(), number.into())),
                    None => drop(fields.remove(name)),
                }
            }
            let deeper = |(name, value): (&String, &mut Value)| replace_floats(of_field(name), value, number);
            fields.iter_mut().map(deeper).fold(!floats.is_empty(), |any, one| any | one)
        }
        Value::Array(items) => items
            .iter_mut()
            .map(|item| replace_floats(&schema["items"], item, number))
            .fold(false, |any, one| any | one),
        _ => false,
    }
}

fn collect(schema: &Value, rules: &mut HashMap<String, Result<Program, String>>) {
    match schema {
        Value::Object(fields) => {
            for rule in fields.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten() {
                if let Some(text) = rule["rule"].as_str() {
                    rules
                        .entry(text.to_owned())
                        .or_insert_with(|| Program::compile(text).map_err(|error| error.to_string()));
                }
            }
            fields.values().for_each(|inner| collect(inner, rules));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, rules)),
        _ => {}
    }
}

/// The value in CEL: whole numbers are `int`, as in the schema's types.
fn converted(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Cel::Float(number.as_f64().unwrap_or_default()), Cel::Int)
        }
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(converted).collect())),
        Value::Object(fields) => {
            let fields: HashMap<String, Cel> =
                fields.iter().map(|(name, value)| (name.clone(), converted(value))).collect();
            Cel::Map(fields.into())
        }
    }
}

/// Compiled patterns: a rule on names matches hundreds of names.
#[derive(Default)]
struct Patterns(Mutex<HashMap<String, Regex>>);

impl Patterns {
    fn matches(&self, text: &str, pattern: &str) -> Result<bool, ExecutionError> {
        let mut known = self.0.lock();
        if !known.contains_key(pattern) {
            let regex =
                Regex::new(pattern).map_err(|error| ExecutionError::function_error("matches", error.to_string()))?;
            known.insert(pattern.to_owned(), regex);
        }
        Ok(known[pattern].is_match(text))
    }
}
