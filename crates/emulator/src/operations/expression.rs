//! The filter language of `Search`: filters, nested filters and sub-expressions, joined by `And` or `Or`.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::model::Property;

/// Most conditions in the whole expression.
const MOST_CONDITIONS: usize = 50;

/// Something that can be searched.
pub trait Record {
    /// A property by its path; `None` if it has no value.
    fn get(&self, name: &str) -> Option<Value>;
}

/// `SearchExpression`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Expression {
    filters: Vec<Filter>,
    nested_filters: Vec<Nested>,
    sub_expressions: Vec<Expression>,
    operator: Joined,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Joined {
    #[default]
    And,
    Or,
}

/// `Filter`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    name: String,
    #[serde(default)]
    operator: Comparison,
    value: Option<String>,
}

/// `NestedFilters`: all filters must match the same entry of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Nested {
    nested_property_name: String,
    filters: Vec<Filter>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Comparison {
    #[default]
    Equals,
    NotEquals,
    GreaterThan,
    GreaterThanOrEqualTo,
    LessThan,
    LessThanOrEqualTo,
    Contains,
    Exists,
    NotExists,
    In,
}

impl Expression {
    /// Rules beyond the service model: properties that exist, operators and values that suit their types, and the
    /// number of conditions. `kind` is the type of a property.
    pub fn check(&self, kind: &impl Fn(&str) -> Option<Property>) -> Result<(), ApiError> {
        if self.conditions() > MOST_CONDITIONS {
            return Err(ApiError::validation(format!(
                "A search expression can have at most {MOST_CONDITIONS} conditions."
            )));
        }
        if self.uses_of_contains() > 1 {
            return Err(ApiError::validation("'CONTAINS' operator usage limit of 1 exceeded."));
        }
        self.check_filters(kind)
    }

    fn check_filters(&self, kind: &impl Fn(&str) -> Option<Property>) -> Result<(), ApiError> {
        self.filters.iter().try_for_each(|filter| filter.check(kind(&filter.name)))?;
        for nested in &self.nested_filters {
            let property = &nested.nested_property_name;
            kind(property).ok_or_else(|| unknown(property))?;
            let inside = |name: &str| kind(name).or_else(|| kind(&format!("{property}.{name}")));
            nested.filters.iter().try_for_each(|filter| filter.check(inside(&filter.name)))?;
        }
        self.sub_expressions.iter().try_for_each(|expression| expression.check_filters(kind))
    }

    /// Number of uses of `Contains`: more than one is allowed only for experiments, which the emulator does not have.
    fn uses_of_contains(&self) -> usize {
        let nested = self.nested_filters.iter().flat_map(|nested| &nested.filters);
        let own = self.filters.iter().chain(nested).filter(|filter| filter.operator == Comparison::Contains);
        own.count() + self.sub_expressions.iter().map(Self::uses_of_contains).sum::<usize>()
    }

    fn conditions(&self) -> usize {
        let nested = self.nested_filters.iter().map(|nested| nested.filters.len()).sum::<usize>();
        self.filters.len() + nested + self.sub_expressions.iter().map(Self::conditions).sum::<usize>()
    }

    /// Whether a record matches. An empty expression matches every record.
    pub fn matches(&self, record: &impl Record) -> bool {
        let filters = self.filters.iter().map(|filter| filter.matches(record.get(&filter.name).as_ref()));
        let nested =
            self.nested_filters.iter().map(|nested| nested.matches(record.get(&nested.nested_property_name).as_ref()));
        let inner = self.sub_expressions.iter().map(|expression| expression.matches(record));
        let mut all = filters.chain(nested).chain(inner);
        match self.operator {
            Joined::And => all.all(|hit| hit),
            Joined::Or => self.conditions() == 0 || all.any(|hit| hit),
        }
    }
}

impl Nested {
    fn matches(&self, value: Option<&Value>) -> bool {
        let prefix = format!("{}.", self.nested_property_name);
        let entries = value.and_then(Value::as_array).into_iter().flatten();
        let holds = |entry: &Value, filter: &Filter| {
            let name = filter.name.strip_prefix(&prefix).unwrap_or(&filter.name);
            filter.matches(property(entry, name).as_ref())
        };
        entries.into_iter().any(|entry| self.filters.iter().all(|filter| holds(entry, filter)))
    }
}

impl Filter {
    fn check(&self, kind: Option<Property>) -> Result<(), ApiError> {
        let name = &self.name;
        let kind = kind.ok_or_else(|| unknown(name))?;
        let refuse = |message: String| Err(ApiError::validation(message));
        let value = match (&self.value, self.operator) {
            (None, Comparison::Exists | Comparison::NotExists) => return Ok(()),
            (Some(_), Comparison::Exists | Comparison::NotExists) => {
                return refuse(format!("A value must not be given for Exists and NotExists on {name}."));
            }
            (None, _) => return refuse(format!("A value is required for the filter on {name}.")),
            (Some(value), _) => value,
        };
        if !self.operator.suits(kind) {
            return refuse(format!("The operator {:?} is not supported for the property {name}.", self.operator));
        }
        match kind {
            Property::Number if number(value).is_none() => {
                refuse(format!("The value {value} of {name} must be a number."))
            }
            Property::Time if date(value).is_none() => {
                refuse(format!("The value {value} of {name} must be a date and time: YYYY-mm-dd'T'HH:MM:SS."))
            }
            Property::Flag if !["true", "false"].contains(&value.as_str()) => {
                refuse(format!("The value {value} of {name} must be true or false."))
            }
            _ => Ok(()),
        }
    }

    fn matches(&self, found: Option<&Value>) -> bool {
        let wanted = self.value.as_deref().unwrap_or_default();
        let order = |value: &Value| self.compare(value, wanted);
        match self.operator {
            Comparison::Exists => found.is_some(),
            Comparison::NotExists => found.is_none(),
            Comparison::NotEquals => found.is_none_or(|value| order(value) != Some(Ordering::Equal)),
            Comparison::Equals => found.is_some_and(|value| order(value) == Some(Ordering::Equal)),
            Comparison::GreaterThan => found.and_then(order).is_some_and(Ordering::is_gt),
            Comparison::GreaterThanOrEqualTo => found.and_then(order).is_some_and(Ordering::is_ge),
            Comparison::LessThan => found.and_then(order).is_some_and(Ordering::is_lt),
            Comparison::LessThanOrEqualTo => found.and_then(order).is_some_and(Ordering::is_le),
            Comparison::Contains => found.is_some_and(|value| text(value).contains(wanted)),
            Comparison::In => found.is_some_and(|value| {
                wanted.split(',').any(|one| self.compare(value, one.trim()) == Some(Ordering::Equal))
            }),
        }
    }

    /// Numbers and times are compared as numbers, everything else as text; hyperparameters, which are texts, as numbers
    /// if both sides are.
    fn compare(&self, value: &Value, wanted: &str) -> Option<Ordering> {
        let hyperparameter = || self.name.strip_prefix("HyperParameters.").and_then(|_| number(value.as_str()?));
        if let (Some(number), Some(wanted)) = (hyperparameter(), number(wanted)) {
            // As documented: with a whole number, only the whole part of the hyperparameter counts.
            let number = if wanted.fract() == 0.0 { number.trunc() } else { number };
            return number.partial_cmp(&wanted);
        }
        match value.as_f64() {
            Some(found) => found.partial_cmp(&number(wanted).or_else(|| date(wanted))?),
            None => Some(text(value).as_str().cmp(wanted)),
        }
    }
}

impl Comparison {
    /// As documented: texts have no order, and only they can be in a list or contain another text.
    fn suits(self, kind: Property) -> bool {
        let ordering =
            matches!(self, Self::GreaterThan | Self::GreaterThanOrEqualTo | Self::LessThan | Self::LessThanOrEqualTo);
        match kind {
            Property::Text => !ordering,
            Property::Hyperparameter => true,
            Property::Number | Property::Time => !matches!(self, Self::Contains | Self::In),
            Property::Flag => matches!(self, Self::Equals | Self::NotEquals),
            Property::Whole => false,
        }
    }
}

fn unknown(property: &str) -> ApiError {
    ApiError::validation(format!("Unknown property name: {property}"))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since the epoch. The documented form has no offset, and means UTC.
fn date(text: &str) -> Option<f64> {
    let utc = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let date = text.parse::<jiff::Timestamp>().ok().or_else(|| Some(utc()?.timestamp()))?;
    Some(crate::clock::Moment::from_millis(date.as_millisecond()).seconds())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A property of a record by its path.
pub fn property(record: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(record, |value, member| value.get(member)).cloned()
}

#[cfg(test)]
mod tests;
