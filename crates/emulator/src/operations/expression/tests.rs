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
        "HyperParameters": {"rate": "0.09"},
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
        ("CreationTime", "GreaterThan", "2023-02-06T07:59:59", true),
        ("CreationTime", "LessThanOrEqualTo", "2023-02-06T08:00:00", true),
        ("HyperParameters.rate", "LessThan", "0.5", true),
        ("HyperParameters.rate", "LessThan", "0.01", false),
        ("HyperParameters.rate", "Equals", "0", true),
        ("HyperParameters.rate", "Equals", "rate", false),
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

fn kind(name: &str) -> Option<Property> {
    Some(match name {
        "Colour" => return None,
        "Completed" => Property::Number,
        "CreationTime" => Property::Time,
        "Isolated" => Property::Flag,
        "InputDataConfig" => Property::Whole,
        "HyperParameters.rate" => Property::Hyperparameter,
        _ => Property::Text,
    })
}

#[test]
fn operators_and_values_suit_the_types() {
    for (name, operator, value, expected) in [
        ("Name", "GreaterThan", "a", "operator GreaterThan is not supported for the property Name"),
        ("Name", "In", "a,b", ""),
        ("HyperParameters.rate", "LessThan", "0.5", ""),
        ("Completed", "LessThan", "-1.5e3", ""),
        ("Completed", "Equals", "two", "must be a number"),
        ("Completed", "In", "1,2", "operator In is not supported"),
        ("Completed", "Equals", "NaN", "must be a number"),
        ("Completed", "Contains", "1", "operator Contains is not supported"),
        ("CreationTime", "GreaterThan", "2023-02-06T08:00:00", ""),
        ("CreationTime", "GreaterThan", "2023-02-06T08:00:00+01:00", ""),
        ("CreationTime", "GreaterThan", "yesterday", "YYYY-mm-dd"),
        ("CreationTime", "GreaterThan", "1675670400", "YYYY-mm-dd"),
        ("Isolated", "Equals", "true", ""),
        ("Isolated", "Equals", "yes", "true or false"),
        ("InputDataConfig", "Equals", "x", "not supported"),
    ] {
        let found = serde_json::from_value::<Expression>(filter(name, operator, value)).unwrap().check(&kind);
        let found = found.err().map(|error| error.message).unwrap_or_default();
        assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{name} {operator}: {found}");
    }
}

#[test]
fn rules() {
    let check = |value: Value| serde_json::from_value::<Expression>(value).unwrap().check(&kind);
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
