//! What the chart renders and refuses, with both versions of Helm.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cases::{CASES, REFUSED, both_modes};
use super::helm::{CHART, Helm, Objects, environment};
use super::kustomize::has_no_variables_for_flux;

#[test]
fn the_linter_has_no_findings() {
    for helm in Helm::ALL {
        for (values, _) in CASES {
            let linted = helm.run(&["lint", "--strict", CHART, "--values", "-"], values, None);
            let said = linted.unwrap_or_else(|said| panic!("{helm:?} with {values}: {said}"));
            assert!(!said.contains("[WARNING]"), "{helm:?} with {values}: {said}");
        }
    }
}

#[test]
fn values_have_their_effects() {
    for (values, expectations) in CASES {
        let rendered = Helm::Four.template(CHART, values).unwrap_or_else(|error| panic!("{values}: {error}"));
        for (object, pointer, expected) in expectations {
            let found = rendered.0.get(*object).and_then(|found| found.pointer(pointer)).unwrap_or(&Value::Null);
            let expected: Value = serde_saphyr::from_str(expected).unwrap();
            assert_eq!(*found, expected, "{object} {pointer} with {values}");
        }
    }
}

#[test]
fn both_versions_of_helm_render_the_same_for_all_namespaces_and_for_some() {
    for (values, _) in CASES {
        for values in both_modes(values) {
            let [four, three] = Helm::ALL.map(|helm| {
                helm.template(CHART, &values).unwrap_or_else(|error| panic!("{helm:?} with {values}: {error}"))
            });
            assert_eq!(four, three, "{values}");
            has_no_variables_for_flux(&four);
            if values.contains("watchNamespaces") {
                // Reviews of tokens are of no namespace.
                let of_pages = |key: &String| key.ends_with("/modelselection-operator-ui");
                let wide = four.0.keys().filter(|key| key.starts_with("ClusterRole") && !of_pages(key));
                let wide: Vec<&String> = wide.collect();
                assert!(wide.is_empty(), "{wide:?} with {values}");
            }
            assert!(four.0.values().all(|object| object["kind"] != "Secret"), "{values}");
        }
    }
}

#[test]
fn wrong_values_are_refused_by_name() {
    for helm in Helm::ALL {
        for (values, expected) in REFUSED {
            let said = helm.template(CHART, values).expect_err(values);
            assert!(expected.iter().all(|word| said.contains(word)), "{helm:?} with {values}: {said}");
        }
        let arguments = ["template", "x", CHART, "--kube-version", "1.32.0"];
        let said = helm.run(&arguments, "", None).expect_err("an old Kubernetes");
        assert!(said.contains("requires kubeVersion: >=1.33"), "{helm:?}: {said}");
    }
}

/// All values, and the groups that they are in.
fn names_of_values() -> BTreeSet<&'static str> {
    let reference = include_str!("../../../docs/reference/values.md");
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let names: BTreeSet<&str> = rows.collect();
    let groups = names.iter().filter_map(|name| Some(name.split_once('.')?.0));
    groups.chain(names.iter().copied()).collect()
}

/// Every name that a user can choose.
fn with_names(name: &str) -> Objects {
    let values = "fullnameOverride: 'NAME'\nnameOverride: 'NAME'\nnamespaceOverride: 'NAME'\nclusterName: 'NAME'\nwatchNamespaces: ['NAME']\nleaderElection: {id: 'NAME'}\npriorityClassName: 'NAME'\nserviceAccount: {name: 'NAME', annotations: {note: 'NAME'}}\ncommonLabels: {team: 'NAME'}\npodLabels: {of: 'NAME'}\npodAnnotations: {note: 'NAME'}\nnodeSelector: {of: 'NAME'}\ncrds: {annotations: {note: 'NAME'}}\nimage: {registry: '', repository: 'NAME', tag: 'NAME', pullSecrets: [{name: 'NAME'}]}\nui: {enabled: true, authenticate: true}\nnetworkPolicy: {enabled: true}\nreplicas: 2\nmonitoring: {serviceMonitor: true, podMonitor: true, rules: true, dashboard: true, labels: {of: 'NAME'}}";
    let arguments = ["template", name, CHART, "--namespace", name, "--values", "-"];
    let rendered = Helm::Four.run(&arguments, &values.replace("NAME", name), None);
    Objects::of(&rendered.unwrap_or_else(|said| panic!("{name}: {said}")))
}

#[test]
fn names_that_look_like_something_else_stay_text() {
    let letters = "with-letters";
    let expected = json!(with_names(letters).0).to_string();
    for name in ["12345", "017", "1e3", "0x1f", "true", "null"] {
        let expected: Value = serde_json::from_str(&expected.replace(letters, name)).unwrap();
        assert_eq!(json!(with_names(name).0), expected, "{name}");
    }
}

fn null(name: &str) -> String {
    match name.split_once('.') {
        Some((group, name)) => format!("{group}: {{{name}: null}}"),
        None => format!("{name}: null"),
    }
}

#[test]
fn no_value_may_be_null() {
    let names = names_of_values();
    assert!(names.len() > 70 && names.contains("networkPolicy") && names.contains("networkPolicy.egressPorts"));
    for helm in Helm::ALL {
        for name in &names {
            let values = null(name);
            let said = helm.template(CHART, &values).expect_err(&values);
            assert!(said.contains(&format!("{name} must not be null")), "{helm:?} with {values}: {said}");
            assert!(!said.contains("nil pointer"), "{helm:?} with {values}: {said}");
        }
    }
}

/// Helm takes `null` for "without this part of the default".
#[test]
fn parts_of_a_default_may_be_null() {
    let pod = |values: &str| {
        let rendered = Helm::Four.template(CHART, values).unwrap_or_else(|said| panic!("{values}: {said}"));
        rendered.the("Deployment")["spec"]["template"]["spec"].clone()
    };
    assert_eq!(pod("resources: {limits: null, requests: null}")["containers"][0]["resources"], json!({}));
    assert_eq!(pod("podSecurityContext: {fsGroup: null}")["securityContext"]["fsGroup"], Value::Null);
}

/// Also without the schema, as Argo CD can be told.
#[test]
fn no_ports_allow_no_port() {
    let arguments = ["template", "x", CHART, "--skip-schema-validation", "--values", "-"];
    let values = "networkPolicy: {enabled: true, egressPorts: []}";
    let rendered = Objects::of(&Helm::Four.run(&arguments, values, None).unwrap());
    let rules = rendered.the("NetworkPolicy")["spec"]["egress"].as_array().unwrap().clone();
    assert!(rules.len() == 2 && rules.iter().all(|rule| rule["ports"].is_array()), "{rules:?}");
}

#[test]
fn settings_reach_the_operator_and_its_test() {
    let environment_with = |values: &str| {
        let rendered = Helm::Four.template(CHART, values).unwrap();
        let own = rendered.environment();
        assert_eq!(environment(&rendered.the("Pod")["spec"]["containers"][0]), own, "{values}");
        own
    };
    let own = environment_with("");
    let expected = json!({
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "modelselection-system",
        "POD_UID": "metadata.uid",
        "MODELSELECTION_LEADER_ELECTION_ID": "modelselection-operator",
        "MODELSELECTION_HTTP_LISTEN": "[::]:8080",
        "MODELSELECTION_LOG_FORMAT": "json",
        "RUST_LOG": "info",
        "MODELSELECTION_CATALOG_SOURCE": "hub",
        "MODELSELECTION_MAX_TUNING_JOBS": "100",
    });
    assert_eq!(json!(own), expected);
    for (values, name, expected) in [
        ("region: eu-west-1", "AWS_REGION", "eu-west-1"),
        ("clusterName: prod", "MODELSELECTION_CLUSTER_NAME", "prod"),
        ("clusterName: prod\nwatchNamespaces: [a, b]", "MODELSELECTION_NAMESPACES", "a,b"),
        ("catalogSource: s3", "MODELSELECTION_CATALOG_SOURCE", "s3"),
        ("maxTuningJobs: 5", "MODELSELECTION_MAX_TUNING_JOBS", "5"),
        (
            "eventsQueueUrl: https://sqs.us-west-2.amazonaws.com/111122223333/modelselection-events",
            "MODELSELECTION_EVENTS_QUEUE_URL",
            "https://sqs.us-west-2.amazonaws.com/111122223333/modelselection-events",
        ),
        ("log: {level: 'info,kube=debug'}", "RUST_LOG", "info,kube=debug"),
        ("leaderElection: {enabled: false}", "MODELSELECTION_LEADER_ELECT", "false"),
        ("leaderElection: {id: shared}", "MODELSELECTION_LEADER_ELECTION_ID", "shared"),
        ("extraEnv: [{name: AWS_REGION, value: eu-west-1}]", "AWS_REGION", "eu-west-1"),
        ("log: {format: text}", "MODELSELECTION_LOG_FORMAT", "text"),
        ("extraEnv: [{name: AWS_USE_FIPS_ENDPOINT, value: 'true'}]", "AWS_USE_FIPS_ENDPOINT", "true"),
        ("emulator: {enabled: true}", "AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:4599"),
        ("emulator: {enabled: true}", "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4599"),
        ("emulator: {enabled: true}", "AWS_REGION", "us-west-2"),
        ("emulator: {enabled: true}\nregion: eu-west-1", "AWS_REGION", "eu-west-1"),
    ] {
        assert_eq!(environment_with(values)[name], expected, "{values}");
    }
}

/// With all values from which the chart makes variables.
const ALL_VARIABLES: [&str; 3] = [
    "region: eu-west-1\nclusterName: prod\nwatchNamespaces: [a]\neventsQueueUrl: https://sqs.us-west-2.amazonaws.com/111122223333/events\nui: {enabled: true, authenticate: true}",
    "leaderElection: {enabled: false}",
    "emulator: {enabled: true}",
];

#[test]
fn no_variable_of_a_value_is_allowed_among_the_extra_ones_even_while_the_value_is_not_set() {
    // Of use without the emulator too.
    let allowed = |name: &str| name.starts_with("AWS_") || name == "MODELSELECTION_MAX_SWEEP_SECONDS";
    for values in ALL_VARIABLES {
        for name in Helm::Four.template(CHART, values).unwrap().environment().into_keys() {
            let extra = format!("extraEnv: [{{name: {name}, value: a}}]");
            match Helm::Four.template(CHART, &extra) {
                Ok(_) => assert!(allowed(&name), "{extra}"),
                Err(said) => assert!(said.contains(&format!("extraEnv must not have {name}, which")), "{said}"),
            }
            let both = format!("{values}\n{extra}");
            let said = Helm::Four.template(CHART, &both).expect_err(&both);
            assert!(said.contains(&format!("extraEnv must not have {name}, which")), "{both}: {said}");
        }
    }
}
