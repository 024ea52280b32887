//! A table of manifests: those that are accepted, and those that are refused, with parts of the message.

use samples::admission::{accepted, refused};
use serde_json::{Value, json};

use super::{WAYS, Way, ask, jumpstart, merged, plane};

#[tokio::test]
async fn good_manifests_are_accepted() {
    let (_, client, namespace) = plane("good").await;
    let mut wrong = Vec::new();
    for case in accepted() {
        for way in WAYS {
            if let Err(message) = ask(&client, &namespace, &case.object, way).await {
                wrong.push(format!("{} ({way:?}): {message}", case.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn bad_manifests_are_refused_with_the_remedy() {
    let (_, client, namespace) = plane("bad").await;
    let mut wrong = Vec::new();
    for case in refused() {
        for way in WAYS {
            let message = match ask(&client, &namespace, &case.object, way).await {
                Ok(_) => "was taken".to_owned(),
                Err(message) => message,
            };
            if std::env::var_os("MODELSELECTION_SHOW_MESSAGES").is_some() {
                println!("## {} ({way:?})\n{message}\n", case.what);
            }
            let missing: Vec<_> = case.expected.iter().filter(|text| !message.contains(*text)).collect();
            // The message must come from the rule, and not from a failure to evaluate it.
            let stumbled = message.contains("evaluating rule") || message.contains("no such");
            if !missing.is_empty() || stumbled {
                wrong.push(format!("{} ({way:?}) lacks {missing:?}: {message}", case.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), refused().len() * 2, wrong.join("\n\n"));
}

#[tokio::test]
async fn the_examples_are_accepted() {
    let (_, client, namespace) = plane("examples").await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    assert!(!files.is_empty());
    for path in files {
        let documents: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for document in documents.into_iter().filter(|document| document["kind"] == "ModelSelection") {
            let object = merged(document, json!({"metadata": {"namespace": namespace}}));
            for way in WAYS {
                let answer = ask(&client, &namespace, &object, way).await;
                answer.unwrap_or_else(|message| panic!("{} ({way:?}): {message}", path.display()));
            }
        }
    }
}

/// A misspelt optional field would otherwise be dropped silently. Strict validation is what `kubectl` requests.
#[tokio::test]
async fn an_unknown_field_is_refused() {
    let (_, client, namespace) = plane("unknown").await;
    let object = merged(jumpstart(), json!({"spec": {"tuning": {"earlyStoping": "Auto"}}}));
    let message = ask(&client, &namespace, &object, Way::ServerSideApply).await.unwrap_err();
    assert!(message.contains("spec.tuning.earlyStoping"), "{message}");
}
