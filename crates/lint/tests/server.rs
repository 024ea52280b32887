//! Compares verdict and messages with those of a real API server, for every manifest of the admission table and every
//! example.
// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

use kube::Client;
use kube::api::PostParams;
use lint::Linter;
use samples::admission::{accepted, jumpstart, merged, refused};
use serde_json::{Value, json};
use testkit::{fresh_namespace, install_crd, programs, shared};

/// The server's response to creating the object with strict validation, like kubectl does. A created object is deleted
/// again.
async fn answer(client: &Client, namespace: &str, object: &Value) -> Result<Value, String> {
    let path = format!("/apis/modelselection.dev/v1alpha1/namespaces/{namespace}/modelselections");
    let bytes = object.to_string().into_bytes();
    let mut request = kube::api::Request::new(path).create(&PostParams::default(), bytes).unwrap();
    *request.uri_mut() = format!("{}?dryRun=All&fieldValidation=Strict", request.uri().path()).parse().unwrap();
    match client.request::<Value>(request).await {
        Ok(created) => Ok(created),
        Err(kube::Error::Api(status)) => Err(status.message.clone()),
        Err(other) => panic!("no answer of the API server: {other}"),
    }
}

/// Whether the server has stored these values, among those that it adds.
fn has_stored(server: &Value, sent: &Value) -> bool {
    match (server, sent) {
        (Value::Object(server), Value::Object(sent)) => {
            sent.iter().all(|(name, value)| value.is_null() || has_stored(&server[name], value))
        }
        (Value::Array(server), Value::Array(sent)) => {
            server.len() == sent.len() && server.iter().zip(sent).all(|(server, sent)| has_stored(server, sent))
        }
        _ => server == sent,
    }
}

/// Whether the message consists of exactly these faults, in any order: the server's order varies from call to call.
fn is_made_of(message: &str, faults: &[String]) -> bool {
    let mut rest = message.to_owned();
    // Longer ones first, because one message may be a prefix of another.
    let mut faults = faults.to_vec();
    faults.sort_by_key(|fault| std::cmp::Reverse(fault.len()));
    for fault in &faults {
        let Some(at) = rest.find(fault.as_str()) else { return false };
        rest.replace_range(at..at + fault.len(), "");
    }
    let rest = rest.split_once(" is invalid: ").map_or(rest.as_str(), |(_, rest)| rest);
    rest.chars().all(|character| "[], ".contains(character))
        || rest.ends_with("cannot be handled as a ModelSelection: ")
}

fn examples() -> Vec<(String, Value)> {
    let folder = format!("{}/examples", programs::ROOT);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let documents = files.flat_map(|path| {
        let documents: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(&path).unwrap()).unwrap();
        documents.into_iter().map(move |document| (path.display().to_string(), document))
    });
    documents.filter(|(_, document)| document["kind"] == "ModelSelection").collect()
}

/// Numbers as other programs may write them, in a field of each format, under a CEL rule, and where a string may be
/// too.
fn numbers() -> Vec<(String, Value)> {
    let fields = [
        "/spec/retries",
        "/spec/datasets/0/trainingSize",
        "/spec/tuning/maxTrainingJobs",
        "/spec/tuning/hyperband/minResource",
        "/spec/tuning/parameterRanges/0/integer/min",
        "/spec/training/hyperparameters/epochs",
    ];
    let numbers: [Value; 14] = [
        json!(2.0),
        json!(0.5),
        json!(-0.0),
        json!(1e3),
        json!(1234567.0),
        json!(1e12),
        json!(1e13),
        json!(9007199254740991.0),
        json!(9007199254740993.0),
        json!(1e30),
        json!(-1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
    ];
    let object = |(field, number): (&str, &Value)| {
        let mut object = jumpstart();
        object["spec"]["retries"] = json!(0);
        object["spec"]["datasets"][0]["trainingSize"] = json!(1);
        object["spec"]["tuning"]["maxParallelTrainingJobs"] = json!(1);
        object["spec"]["tuning"]["strategy"] = json!("Hyperband");
        object["spec"]["tuning"]["hyperband"] = json!({"minResource": 1});
        object["spec"]["tuning"]["parameterRanges"] = json!([{"name": "batch_size", "integer": {"min": 1, "max": 4}}]);
        object["spec"]["training"]["hyperparameters"] = json!({"epochs": 1});
        *object.pointer_mut(field).unwrap() = number.clone();
        (format!("{field} is {number}"), object)
    };
    fields.into_iter().flat_map(|field| numbers.iter().map(move |number| object((field, number)))).collect()
}

#[tokio::test]
async fn verdict_and_messages_are_those_of_the_server() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "lint").await;
    let linter = Linter::new();
    let table = accepted().into_iter().chain(refused()).map(|case| (case.what.to_owned(), case.object));
    let unknown = [
        json!({"spec": {"tuning": {"earlyStoping": "Auto"}}}),
        json!({"spec": {"candidates": [{"name": "a", "jumpStart": {"modelID": "m", "eula": true}}]}, "status": {"a": 1}}),
    ];
    let names = ["a".repeat(254), "two words".to_owned(), "dotted.name".to_owned(), "-dash".to_owned()];
    let names = names.map(|name| ("names".to_owned(), merged(jumpstart(), json!({"metadata": {"name": name}}))));
    let unknown = unknown.map(|edit| ("unknown fields".to_owned(), merged(jumpstart(), edit)));
    let (mut compared, mut wrong) = (0, Vec::new());
    for (what, object) in table.chain(unknown).chain(names).chain(numbers()).chain(examples()) {
        let object = merged(object, json!({"metadata": {"namespace": namespace}}));
        let (server, offline) = (answer(&client, &namespace, &object).await, linter.check(&object));
        let same = match &server {
            Ok(created) => offline.is_empty() && has_stored(&created["spec"], &lint::stored(object)["spec"]),
            Err(message) => !offline.is_empty() && is_made_of(message, &offline),
        };
        compared += 1;
        if !same {
            wrong.push(format!("{what}:\n  the server: {server:?}\n  offline: {offline:#?}"));
        }
    }
    println!("{compared} manifests compared");
    assert!(compared >= 200, "only {compared} manifests");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}
