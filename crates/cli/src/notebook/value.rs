//! Values of Python, as far as the source shows them.

use std::rc::Rc;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A literal.
    Number(String),
    Flag(bool),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// What a call of something unknown returns.
    Call(Rc<Call>),
    /// Source text that only Python can evaluate.
    Unknown(String),
}

/// A call.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    /// The qualified name of the function: `sagemaker.tuner.HyperparameterTuner`, `boto3.client`.
    pub(super) function: String,
    /// The object whose method is called, if it is known.
    pub(super) receiver: Option<Value>,
    pub(super) positional: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Call {
    /// The name of the function without its modules.
    pub(super) fn name(&self) -> &str {
        self.function.rsplit('.').next().unwrap_or_default()
    }

    /// An argument by its name, or by its position if it has one.
    pub(super) fn argument(&self, name: &str, position: Option<usize>) -> Option<&Value> {
        let named = self.named.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let found = named.or_else(|| self.positional.get(position?));
        found.filter(|value| **value != Value::Unknown("None".to_owned()))
    }
}

impl Value {
    /// Its approximate size in memory.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Unknown(text) => 1 + text.len(),
            Self::Flag(_) | Self::Call(_) => 1,
            Self::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Self::Dict(members) => 1 + members.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>(),
        }
    }

    /// The string; `None` for anything else.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Strings, numbers and booleans as the SDK writes them into a request.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Flag(true) => Some("True".to_owned()),
            Self::Flag(false) => Some("False".to_owned()),
            _ => None,
        }
    }

    /// An integer that fits a field.
    pub(super) fn whole(&self) -> Option<i32> {
        match self {
            Self::Number(number) | Self::Text(number) => number.parse().ok(),
            _ => None,
        }
    }

    /// The items of a list; empty for anything else.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The members of a dictionary; empty for anything else.
    pub(super) fn members(&self) -> &[(Self, Self)] {
        match self {
            Self::Dict(members) => members,
            _ => &[],
        }
    }

    /// The value of a dictionary's key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(known, _)| known.text() == Some(key)).map(|(_, value)| value)
    }

    /// Sets the value of a key, if it is a dictionary.
    pub(super) fn set(&mut self, key: Self, value: Self) {
        if let Self::Dict(members) = self {
            members.retain(|(known, _)| *known != key);
            members.push((key, value));
        }
    }

    /// The call that created it, if its function has that name.
    pub(super) fn made_by(&self, name: &str) -> Option<&Call> {
        match self {
            Self::Call(call) if call.name() == name => Some(call),
            _ => None,
        }
    }

    /// As text for messages: unknown values as in the source.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Call(call) => format!("{}(…)", call.function),
            Self::Unknown(source) => source.clone(),
            Self::List(_) => "a list".to_owned(),
            Self::Dict(_) => "a dictionary".to_owned(),
            other => other.scalar().unwrap_or_default(),
        }
    }
}
