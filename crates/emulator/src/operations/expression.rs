//! The filter language of `Search`: filters, nested filters and sub-expressions, joined by `And` or `Or`.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;

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
    /// Rules beyond the service model: known properties, values where they are needed, and the number of conditions.
    pub fn check(&self, known: &impl Fn(&str) -> bool) -> Result<(), ApiError> {
        if self.conditions() > MOST_CONDITIONS {
            return Err(ApiError::validation(format!(
                "A search expression can have at most {MOST_CONDITIONS} conditions."
            )));
        }
        if self.uses_of_contains() > 1 {
            return Err(ApiError::validation("'CONTAINS' operator usage limit of 1 exceeded."));
        }
        for filter in &self.filters {
            if !known(&filter.name) {
                return Err(ApiError::validation(format!("Unknown property name: {}", filter.name)));
            }
            filter.check()?;
        }
        for nested in &self.nested_filters {
            if !known(&nested.nested_property_name) {
                return Err(ApiError::validation(format!("Unknown property name: {}", nested.nested_property_name)));
            }
            nested.filters.iter().try_for_each(Filter::check)?;
        }
        self.sub_expressions.iter().try_for_each(|expression| expression.check(known))
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
    fn check(&self) -> Result<(), ApiError> {
        let without = matches!(self.operator, Comparison::Exists | Comparison::NotExists);
        match (&self.value, without) {
            (None, false) => Err(ApiError::validation(format!("A value is required for the filter on {}.", self.name))),
            (Some(_), true) => Err(ApiError::validation(format!(
                "A value must not be given for Exists and NotExists on {}.",
                self.name
            ))),
            _ => Ok(()),
        }
    }

    fn matches(&self, found: Option<&Value>) -> bool {
        let wanted = self.value.as_deref().unwrap_or_default();
        let order = |value: &Value| compare(value, wanted);
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
            Comparison::In => found
                .is_some_and(|value| wanted.split(',').any(|one| compare(value, one.trim()) == Some(Ordering::Equal))),
        }
    }
}

/// Numbers and times are compared as numbers, everything else as text.
fn compare(value: &Value, wanted: &str) -> Option<Ordering> {
    match value.as_f64() {
        Some(number) => number.partial_cmp(&number_of(wanted)?),
        None => Some(text(value).as_str().cmp(wanted)),
    }
}

fn number_of(text: &str) -> Option<f64> {
    let date = || {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|date| crate::clock::Moment::from_millis(date.as_millisecond()).seconds())
    };
    text.parse::<f64>().ok().or_else(date)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A property of a record by its path.
pub fn property(record: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(record, |value, member| value.get(member)).cloned()
}

/// The member of the record at the start of a path.
pub fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// Names that are not members of a record but abbreviations for a value in it.
pub fn known(path: &str) -> bool {
    ["Tags.", "Metrics.", "HyperParameters."].iter().any(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Plain(Value);

    impl Record for Plain {
        fn get(&self, name: &str) -> Option<Value> {
            property(&self.0, name)
        }
    }

    fn hits(expression: Value) -> bool {
        let record = Plain(json!({
            "Name": "abc", "Status": "Completed", "CreationTime": 1_675_670_400.0, "Counters": {"Completed": 2},
            "InputDataConfig": [{"ChannelName": "training", "S3": "a"}, {"ChannelName": "test", "S3": "b"}],
        }));
        let expression: Expression = serde_json::from_value(expression).unwrap();
        expression.matches(&record)
    }

    fn filter(name: &str, operator: &str, value: &str) -> Value {
        json!({"Filters": [{"Name": name, "Operator": operator, "Value": value}]})
    }

    #[test]
    fn operators() {
        for (name, operator, value, expected) in [
            ("Name", "Equals", "abc", true),
            ("Name", "NotEquals", "abc", false),
            ("Missing", "NotEquals", "abc", true),
            ("Missing", "Equals", "abc", false),
            ("Name", "Contains", "b", true),
            ("Name", "In", "x, abc", true),
            ("Name", "In", "x,ab", false),
            ("Counters.Completed", "GreaterThan", "1", true),
            ("Counters.Completed", "GreaterThan", "2", false),
            ("Counters.Completed", "GreaterThanOrEqualTo", "2", true),
            ("Counters.Completed", "LessThan", "10", true),
            ("Counters.Completed", "LessThanOrEqualTo", "1", false),
            ("CreationTime", "GreaterThan", "2023-02-06T07:59:59Z", true),
            ("CreationTime", "GreaterThan", "2023-02-06T08:00:00Z", false),
        ] {
            assert_eq!(hits(filter(name, operator, value)), expected, "{name} {operator} {value}");
        }
        assert!(hits(json!({"Filters": [{"Name": "Name", "Operator": "Exists"}]})));
        assert!(hits(json!({"Filters": [{"Name": "Missing", "Operator": "NotExists"}]})));
    }

    #[test]
    fn expressions_nest() {
        let (yes, no) = (json!({"Name": "Name", "Value": "abc"}), json!({"Name": "Name", "Value": "x"}));
        assert!(hits(json!({})));
        assert!(!hits(json!({"Filters": [yes, no]})));
        assert!(hits(json!({"Filters": [yes, no], "Operator": "Or"})));
        assert!(hits(json!({"SubExpressions": [{"Filters": [no, yes], "Operator": "Or"}], "Filters": [yes]})));
        let nested = |channel: &str, uri: &str| {
            json!({"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [
                {"Name": "InputDataConfig.ChannelName", "Value": channel}, {"Name": "InputDataConfig.S3", "Value": uri}]}]})
        };
        assert!(hits(nested("test", "b")));
        assert!(!hits(nested("test", "a")), "both have to hold for the same entry");
    }

    #[test]
    fn rules() {
        let check =
            |value: Value| serde_json::from_value::<Expression>(value).unwrap().check(&|name: &str| name != "Colour");
        assert!(check(json!({"Filters": [{"Name": "Colour", "Value": "x"}]})).is_err());
        assert!(check(json!({"Filters": [{"Name": "Name"}]})).is_err());
        assert!(check(json!({"Filters": [{"Name": "Name", "Operator": "Exists", "Value": "x"}]})).is_err());
        let contains = json!({"Name": "Name", "Operator": "Contains", "Value": "x"});
        assert!(check(json!({"Filters": [contains]})).is_ok());
        assert!(check(json!({"Filters": [contains], "SubExpressions": [{"Filters": [contains]}]})).is_err());
        let many: Vec<Value> = (0..20).map(|_| json!({"Name": "Name", "Value": "x"})).collect();
        let sub = json!({"Filters": many});
        assert!(check(json!({"SubExpressions": [sub, sub]})).is_ok());
        assert!(check(json!({"SubExpressions": [sub, sub, sub]})).is_err());
    }
}
