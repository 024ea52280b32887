//! The templates of the event queue: valid, alike, and with the rule and the permissions that the operator needs.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::Path;
use std::process::Command;

use hcl::expr::{Expression, ObjectKey};
use hcl::{Block, Body};
use serde_json::{Value, json};
use testkit::{moto_program, programs};

const TERRAFORM: &str = include_str!("../../deploy/events/main.tf");
const CLOUDFORMATION: &str = include_str!("../../deploy/events/cloudformation.yaml");

fn cloudformation() -> Value {
    // The short forms of functions are tags of YAML, of no meaning here.
    let tags = ["!Ref ", "!GetAtt ", "!Equals ", "!Not "];
    let plain = tags.iter().fold(CLOUDFORMATION.to_owned(), |text, tag| text.replace(tag, ""));
    serde_saphyr::from_str(&plain).unwrap()
}

/// A resource of the Terraform module.
fn resource(kind: &str) -> Block {
    let body: Body = hcl::from_str(TERRAFORM).unwrap();
    let of_kind = |block: &Block| block.labels.first().is_some_and(|label| label.as_str() == kind);
    body.into_blocks().find(of_kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn attribute(of: &Block, name: &str) -> Value {
    let attribute = of.body.attributes().find(|attribute| attribute.key() == name);
    value(attribute.unwrap_or_else(|| panic!("no {name}")).expr())
}

/// What is written, with references as texts. `jsonencode` changes the form only.
fn value(expression: &Expression) -> Value {
    match expression {
        Expression::FuncCall(call) => value(&call.args[0]),
        Expression::Array(items) => items.iter().map(value).collect(),
        Expression::Object(members) => members.iter().map(|(key, member)| (name(key), value(member))).collect(),
        Expression::String(text) => json!(text),
        Expression::Bool(value) => json!(value),
        Expression::Number(number) => json!(number.as_i64()),
        other => json!(other.to_string()),
    }
}

fn name(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Expression(Expression::String(text)) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn the_template_is_one_that_cloudformation_takes() {
    let template = Path::new(programs::ROOT).join("deploy/events/cloudformation.yaml");
    let output =
        Command::new(moto_program("cfn-lint")).args(["--include-checks", "I", "--"]).arg(template).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The rule lets through what a job of the operator's can come to, and that it begins, which shows that events come.
#[test]
fn both_rules_are_the_documented_one() {
    let mut expected: Value = serde_json::from_str(include_str!("../fixtures/eventbridge.rule-pattern.json")).unwrap();
    let statuses = expected["detail"]["HyperParameterTuningJobStatus"].as_array_mut().unwrap();
    statuses.insert(0, json!("InProgress"));
    assert_eq!(expected["detail"]["HyperParameterTuningJobName"][0]["prefix"], decide::job_name::JOB_NAME_PREFIX);
    assert_eq!(attribute(&resource("aws_cloudwatch_event_rule"), "event_pattern"), expected);
    assert_eq!(cloudformation()["Resources"]["Rule"]["Properties"]["EventPattern"], expected);
}

#[test]
fn both_create_the_same_queue() {
    let (terraform, queue) = (resource("aws_sqs_queue"), &cloudformation()["Resources"]["Queue"]["Properties"]);
    for (name, property) in [
        ("message_retention_seconds", "MessageRetentionPeriod"),
        ("visibility_timeout_seconds", "VisibilityTimeout"),
        ("receive_wait_time_seconds", "ReceiveMessageWaitTimeSeconds"),
        ("sqs_managed_sse_enabled", "SqsManagedSseEnabled"),
    ] {
        assert_eq!(attribute(&terraform, name), queue[property], "{property}");
    }
    let parameters = &cloudformation()["Parameters"];
    for (variable, parameter) in [("name", "Name"), ("operator_role_name", "OperatorRoleName")] {
        let body: Body = hcl::from_str(TERRAFORM).unwrap();
        let declared = |block: &Block| block.identifier() == "variable" && block.labels[0].as_str() == variable;
        let declared = body.into_blocks().find(declared).unwrap();
        assert_eq!(attribute(&declared, "default"), parameters[parameter]["Default"], "{variable}");
    }
}

#[test]
fn only_the_rule_may_send_and_the_operator_may_do_what_it_does() {
    let statement = |policy: &Value| policy["Statement"][0].clone();
    let template = cloudformation();
    let of_template = |resource: &str| statement(&template["Resources"][resource]["Properties"]["PolicyDocument"]);
    let of_module = |kind: &str| statement(&attribute(&resource(kind), "policy"));
    let sending = [of_module("aws_sqs_queue_policy"), of_template("QueuePolicy")];
    for statement in &sending {
        assert_eq!(statement["Principal"], json!({"Service": "events.amazonaws.com"}));
        assert_eq!(statement["Action"], "sqs:SendMessage");
    }
    assert_eq!(sending[0]["Condition"]["ArnEquals"]["aws:SourceArn"], "aws_cloudwatch_event_rule.events.arn");
    assert_eq!(sending[1]["Condition"]["ArnEquals"]["aws:SourceArn"], "Rule.Arn");

    let policy: Value = serde_json::from_str(include_str!("../../deploy/iam/operator-events.json")).unwrap();
    for reading in [of_module("aws_iam_role_policy"), of_template("OperatorPolicy"), statement(&policy)] {
        assert_eq!(reading["Action"], json!(["sqs:DeleteMessage", "sqs:ReceiveMessage"]));
    }
    let resource = statement(&policy)["Resource"].as_str().unwrap().to_owned();
    let name = template["Parameters"]["Name"]["Default"].as_str().unwrap();
    assert!(resource.ends_with(&format!(":{name}")), "{resource}");
}
