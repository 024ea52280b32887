use proptest::prelude::*;
use serde_json::json;

use super::*;

fn one(object: Value) -> (Value, Vec<Redaction>) {
    let (documents, found) = redact(vec![Document::object("a.yaml", object)], false);
    match documents.into_iter().next().unwrap().content {
        Content::Object(object) => (object, found),
        Content::Text(text) => panic!("{text}"),
    }
}

fn bytes(documents: &[Document]) -> String {
    documents.iter().map(|document| String::from_utf8(document.bytes().unwrap()).unwrap()).collect()
}

#[test]
fn only_known_variables_of_containers_are_kept() {
    let (kept, found) = one(json!({"containers": [{"env": [
        {"name": "MODELSELECTION_REGION", "value": "us-west-2"},
        {"name": "ANYTHING", "value": "x"},
        {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "aws", "key": "id"}}},
    ]}]}));
    let env = &kept["containers"][0]["env"];
    assert_eq!(env[0]["value"], "us-west-2");
    assert_eq!(env[1]["value"], REDACTED);
    assert_eq!(env[2]["valueFrom"]["secretKeyRef"]["name"], "aws");
    let expected = Redaction {
        file: "a.yaml".into(),
        place: ".containers[0].env[1].value".into(),
        why: "variable ANYTHING, which may be a secret".into(),
    };
    assert_eq!(found, [expected]);
}

#[test]
fn values_of_a_manifest_go_by_their_names() {
    let (kept, _) = one(json!({
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "vision"},
                     "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]},
        "spec": {"training": {"environment": {"HF_TOKEN": "hunter2", "MODE": "fast"},
                              "hyperparameters": {"api_key": 12345, "max_tokens": "512"}}},
        "status": {"metrics": [{"name": "test_accuracy", "value": "0.9"}], "message": "hunter2 was refused"},
    }));
    let training = &kept["spec"]["training"];
    assert_eq!(training["environment"], json!({"HF_TOKEN": REDACTED, "MODE": "fast"}));
    assert_eq!(training["hyperparameters"], json!({"api_key": REDACTED, "max_tokens": "512"}));
    assert_eq!(kept["status"]["metrics"][0]["value"], "0.9");
    assert_eq!(kept["status"]["message"], "<redacted> was refused");
    let annotations = &kept["metadata"]["annotations"];
    assert_eq!(annotations["kubectl.kubernetes.io/last-applied-configuration"], REDACTED);
    assert_eq!(annotations["team"], "vision");
    assert_eq!(kept["metadata"]["managedFields"][0], json!({"manager": "kubectl", "fieldsV1": REDACTED}));
}

#[test]
fn an_account_has_the_same_word_everywhere() {
    let documents = vec![
        Document::object("a.yaml", json!({"arn": "arn:aws:iam::111122223333:role/x", "other": "444455556666"})),
        Document::text("b.log", "111122223333.dkr.ecr.us-west-2.amazonaws.com at 1795983605385".to_owned()),
    ];
    assert_eq!(redact(documents.clone(), false).0, documents);
    let kept = bytes(&redact(documents, true).0);
    assert!(kept.contains("arn:aws:iam::account-1:role/x") && kept.contains("account-2"), "{kept}");
    assert!(kept.contains("account-1.dkr.ecr.us-west-2.amazonaws.com at 1795983605385"), "{kept}");
}

/// Any JSON with harmless names and strings.
fn harmless() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-f ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-f]{1,6}", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
}

/// A value that contains the secret under a secret name.
fn planted(secret: &str) -> impl Strategy<Value = Value> + use<> {
    let secret = secret.to_owned();
    let name = prop::sample::select(vec!["password", "HF_TOKEN", "clientSecret", "WANDB_API_KEY", "db_pass"]);
    (name, 0..4).prop_map(move |(name, form)| match form {
        0 => json!({ name: secret }),
        1 => json!({ name: {"deep": [secret]} }),
        2 => json!({"env": [{"name": name, "value": secret}]}),
        _ => json!([{"name": name, "value": secret}]),
    })
}

proptest! {
    #[test]
    fn a_secret_is_nowhere(
        (secret, planted) in "[g-zG-Z0-9!%/\"\\\\ ]{4}[g-z]{6,20}".prop_flat_map(|secret| (Just(secret.clone()), planted(&secret))),
        trees in prop::collection::vec(harmless(), 2),
    ) {
        let json = serde_json::to_string(&secret).unwrap();
        let (kept, found) = redact(vec![
            Document::object("a.yaml", json!({"tree": trees[0], "more": planted})),
            Document::object("b.yaml", json!({"tree": trees[1], "message": format!("it was {secret}."), &secret: 1})),
            Document::text("c.log", format!("line\nwith {secret} and {{\"said\":{json}}}\n")),
        ], false);
        let written = bytes(&kept);
        prop_assert!(!written.contains(&secret), "{written}");
        prop_assert!(!written.contains(json.trim_matches('"')), "{written}");
        for file in ["a.yaml", "b.yaml", "c.log"] {
            prop_assert!(found.iter().any(|redaction| redaction.file == file), "{file}: {found:?}");
        }
        let again = redact(kept.clone(), false);
        prop_assert_eq!(again, (kept, vec![]));
    }

    #[test]
    fn what_is_harmless_stays_as_it_is(tree in harmless()) {
        prop_assert_eq!(one(tree.clone()), (tree, vec![]));
    }
}
