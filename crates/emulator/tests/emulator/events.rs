//! State changes are sent in the form of `EventBridge`.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::harness::{Answers as _, CREATE, Emulator, fixture, request};

type Heard = (String, Value);

/// Listens at a path; yields the `X-Amz-Target` and the body of each request.
async fn listener(path: &str) -> (String, UnboundedReceiver<Heard>) {
    let (send, receive) = unbounded_channel::<Heard>();
    let hear = |State(send): State<UnboundedSender<Heard>>, headers: HeaderMap, body: String| async move {
        let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned()).unwrap_or_default();
        send.send((target, serde_json::from_str(&body).unwrap())).unwrap();
    };
    let routes = Router::new().route("/", post(hear)).route("/{*rest}", post(hear)).with_state(send);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, routes).await });
    (url, receive)
}

async fn next(heard: &mut UnboundedReceiver<Heard>) -> Heard {
    tokio::time::timeout(Duration::from_secs(20), heard.recv()).await.unwrap().unwrap()
}

/// Every member of the recorded event exists, with a value of the same type.
fn like(ours: &Value, theirs: &Value, path: &str) {
    let Value::Object(theirs) = theirs else {
        return assert_eq!(std::mem::discriminant(ours), std::mem::discriminant(theirs), "{path}");
    };
    for (name, value) in theirs {
        // The inputs of a job, and the tags of its creator, differ.
        let own = ["StaticHyperParameters", "HyperParameters", "Tags"].contains(&name.as_str());
        let Some(found) = ours.get(name) else { panic!("{path}.{name} is missing in {ours}") };
        if !own {
            like(found, value, &format!("{path}.{name}"));
        }
    }
}

#[tokio::test]
async fn an_endpoint_receives_every_change() {
    let (url, mut heard) = listener("/hook").await;
    let emulator = Emulator::start(&["--events-url", &url]);
    emulator.ok(CREATE, &request("watched")).await;
    let (_, created) = next(&mut heard).await;
    assert_eq!(created["detail"]["HyperParameterTuningJobStatus"], "InProgress");
    emulator.advance(1e6).await;
    let mut last = Vec::new();
    for _ in 0..3 {
        last.push(next(&mut heard).await.1);
    }
    let kinds: Vec<&str> = last.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert!(kinds[0].contains("Training Job") && kinds[2].contains("HyperParameter Tuning Job"), "{kinds:?}");
    assert_eq!(last[2]["detail"]["HyperParameterTuningJobStatus"], "Completed");
    assert_eq!(last[2]["resources"][0], emulator.arn("watched"));
    assert!(last[0]["detail"].get("FinalMetricDataList").is_none(), "no event has metrics");
    like(&last[0], &fixture("eventbridge.training-job-state-change.json"), "");
    like(&last[2], &fixture("eventbridge.hpt-job-state-change.json"), "");
}

#[tokio::test]
async fn an_endpoint_can_do_without_the_changes_of_training_jobs() {
    let (url, mut heard) = listener("/hook").await;
    let emulator = Emulator::start(&["--events-url", &url, "--no-training-job-events"]);
    emulator.ok(CREATE, &request("watched")).await;
    let (_, created) = next(&mut heard).await;
    assert_eq!(created["detail"]["HyperParameterTuningJobStatus"], "InProgress");
    emulator.advance(1e6).await;
    let (_, ended) = next(&mut heard).await;
    assert_eq!(ended["detail"]["HyperParameterTuningJobStatus"], "Completed");
}

#[tokio::test]
async fn a_queue_gets_messages() {
    let (url, mut heard) = listener("/111122223333/events").await;
    let emulator = Emulator::start(&["--events-url", &url]);
    emulator.ok(CREATE, &request("queued")).await;
    let (target, message) = next(&mut heard).await;
    assert_eq!((target.as_str(), &message["QueueUrl"]), ("AmazonSQS.SendMessage", &Value::from(url)));
    let event: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(event["detail"]["HyperParameterTuningJobName"], "queued");
}
