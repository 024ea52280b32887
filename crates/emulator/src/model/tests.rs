use serde_json::json;

use super::*;

#[test]
fn the_embedded_model_is_readable_and_every_pattern_translates() {
    let model = MODEL.as_ref().unwrap();
    assert_eq!(model.operations.len(), 18);
    assert!(PATTERNS.len() > 50);
    for name in PATTERNS.keys() {
        assert!(pattern(name).is_some(), "{name}");
    }
}

#[test]
fn texts_are_those_of_the_service() {
    let long = "a".repeat(33);
    let cases = [
        (
            "DescribeHyperParameterTuningJob",
            json!({"HyperParameterTuningJobName": "a_b"}),
            "1 validation error detected: Value 'a_b' at 'hyperParameterTuningJobName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"
                .to_owned(),
        ),
        (
            "DescribeHyperParameterTuningJob",
            json!({}),
            "1 validation error detected: Value null at 'hyperParameterTuningJobName' failed to satisfy constraint: \
             Member must not be null"
                .to_owned(),
        ),
        (
            "DescribeHyperParameterTuningJob",
            json!({"HyperParameterTuningJobName": long}),
            format!(
                "2 validation errors detected: Value '{long}' at 'hyperParameterTuningJobName' failed to satisfy constraint: \
                 Member must have length less than or equal to 32; Value '{long}' at 'hyperParameterTuningJobName' failed to \
                 satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,31}}"
            ),
        ),
        (
            "ListHyperParameterTuningJobs",
            json!({"MaxResults": 101}),
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 100"
                .to_owned(),
        ),
        (
            "ListHyperParameterTuningJobs",
            json!({"SortBy": "Age"}),
            "1 validation error detected: Value 'Age' at 'sortBy' failed to satisfy constraint: \
             Member must satisfy enum value set: [Name, Status, CreationTime]"
                .to_owned(),
        ),
        (
            "AddTags",
            json!({"ResourceArn": "arn:aws:sagemaker:us-west-2:111122223333:x", "Tags": [{"Key": "", "Value": "v"}]}),
            "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: \
             Member must have length greater than or equal to 1"
                .to_owned(),
        ),
    ];
    for (operation, request, expected) in cases {
        assert_eq!(describe(&validate(operation, &request)), expected, "{request}");
    }
}

#[test]
fn a_wrong_type_is_not_a_constraint() {
    let found = validate("ListHyperParameterTuningJobs", &json!({"MaxResults": "10"}));
    assert_eq!(found[0].kind, ViolationKind::Type);
    assert_eq!(found[0].to_string(), "STRING_VALUE can not be converted to an Integer");
    assert_eq!(validate("ListHyperParameterTuningJobs", &json!({"MaxResults": 1.5})).len(), 1);
}

#[test]
fn null_is_absent_and_unknown_members_are_only_reported() {
    let request = json!({"NameContains": null, "Nonsense": 1});
    assert_eq!(validate("ListHyperParameterTuningJobs", &request), []);
    assert_eq!(unknown_members("ListHyperParameterTuningJobs", &request), ["Nonsense"]);
    let tags = json!({"ResourceArn": "x", "Tags": [{"Key": "a", "Value": "b", "Colour": "c"}]});
    assert_eq!(unknown_members("AddTags", &tags), ["Tags[0].Colour"]);
}

#[test]
fn an_unknown_operation_is_said_so() {
    assert_eq!(validate("CreateEverything", &json!({}))[0].kind, ViolationKind::UnknownOperation);
}
