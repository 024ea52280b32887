//! Traces, as a collector receives them.
#![allow(clippy::unwrap_used)] // a test may panic

use std::sync::Arc;

use parking_lot::Mutex;

use api::ModelSelection;
use axum::body::Bytes;
use axum::routing::post;
use kube::Api;
use serde_json::Value;
use testkit::manifests::apply;
use testkit::programs::CRD;
use testkit::world::{DEADLINE, LATER};
use testkit::{
    Emulator, Operator, OperatorOptions, Selection, await_object, await_until, fresh_namespace, install_crd, shared,
};

/// A collector: its address, and the bytes it received. Texts and ids are not encoded in OTLP's messages.
async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = received.clone();
    let take = async move |body: Bytes| kept.lock().extend_from_slice(&body);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/v1/traces", post(take));
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, received)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Decodes hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn a_pass_is_a_trace_with_its_calls_and_the_logs_name_it() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "traces").await;
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let (address, received) = collector().await;
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    options.extra_env = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT".into(), address),
        ("OTEL_BSP_SCHEDULE_DELAY".into(), "100".into()),
        ("OTEL_RESOURCE_ATTRIBUTES".into(), "deployment.environment=a-test".into()),
        ("MODELSELECTION_LOG_FORMAT".into(), "json".into()),
    ];
    let mut operator = Operator::start(options);
    operator.await_ready(LATER).await;
    apply(&client, &Selection::one_metric("sel").images(&["a"]).manifest(&namespace)).await.unwrap();
    let selections: Api<ModelSelection> = Api::namespaced(client, &namespace);
    await_object(&selections, "sel", "it is complete", LATER, |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;

    let logs = operator.logs();
    let created = logs.lines().find(|line| line.contains("tuning job created")).expect("no line of the creation");
    let created: Value = serde_json::from_str(created).unwrap();
    let id = |field: &str| bytes(created[field].as_str().unwrap_or_else(|| panic!("no {field} in {created}")));
    let (trace, span) = (id("trace_id"), id("span_id"));
    assert_eq!((trace.len(), span.len()), (16, 8));
    let wanted: [&[u8]; 8] = [
        &trace,
        &span,
        b"selection",
        b"CreateHyperParameterTuningJob",
        b"us-west-2",
        b"modelselection-operator",
        b"service.version",
        b"a-test",
    ];
    await_until("the collector has it all", DEADLINE, async || {
        let received = received.lock();
        let missing = wanted.iter().position(|text| !contains(&received, text));
        missing.map_or(Ok(()), |which| Err(format!("number {which} is missing")))
    })
    .await;
    // The remaining spans are sent at the end, and an unavailable collector delays nothing.
    let (status, _) = operator.terminate().await;
    assert_eq!(status.code(), Some(0));
    assert!(!operator.logs().contains("could not be sent"), "{}", operator.logs());
}
