//! The life of a selection, from apply to a front: the unmodified binaries, a real API server, real HTTP.
#![cfg(all(feature = "operator", feature = "emulator"))]

mod support;

use std::time::Duration;

use kube::Api;
use modelselection_operator::api::ModelSelection;
use support::{Emulator, Operator, OperatorOptions, apply_yaml, await_object, fresh_namespace, install_crd, shared};

const OPERATOR: &str = env!("CARGO_BIN_EXE_modelselection-operator");
const EMULATOR: &str = env!("CARGO_BIN_EXE_sagemaker-emulator");

#[tokio::test]
async fn the_published_frontier_comes_out_of_the_example() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, concat!(env!("CARGO_MANIFEST_DIR"), "/crds/modelselections.yaml").as_ref()).await;
    let namespace = fresh_namespace(&client, "frontier").await;
    let emulator = Emulator::start(EMULATOR.as_ref(), &["--speed", "3000"]).await;
    let mut operator = Operator::start(OperatorOptions::new(OPERATOR, plane, &emulator, &namespace));
    operator.await_ready(Duration::from_secs(30)).await;
    let manifest =
        include_str!("../examples/caltech256.yaml").replace("namespace: default", &format!("namespace: {namespace}"));
    apply_yaml(&client, &manifest).await.unwrap();
    let api: Api<ModelSelection> = Api::namespaced(client, &namespace);
    let done =
        await_object(&api, "caltech256", "to be complete", Duration::from_secs(60), |selection: &ModelSelection| {
            selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
        })
        .await;
    let status = done.status.unwrap();
    println!("{}", serde_json::to_string_pretty(&status).unwrap());
    println!("{}", operator.logs());
    println!("{}", emulator.calls().await);
    assert_eq!(status.fronts[0].members.len(), 20);
}
