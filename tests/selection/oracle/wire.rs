//! The requests on the wire.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sagemaker::config::Credentials;
use parking_lot::Mutex;
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use sagemaker::{JobRequest, SageMaker};
use serde_json::{Value, json};

use super::selection::words;

/// All members of a request by their path, normalized: without empty ones, and lists by the names of their items.
pub(super) fn members(request: &Value) -> BTreeMap<String, Value> {
    let mut members = BTreeMap::new();
    flatten(request, String::new(), &mut members);
    members
        .into_iter()
        .map(|(path, value)| {
            // Two names of the same member: every release of the SDK can attach to the former, only newer ones to the
            // latter.
            let path = path.replace("/HyperParameterTuningResourceConfig/", "/ResourceConfig/");
            let value = value.as_f64().map_or(value, Value::from);
            let encoded = path.contains("/StaticHyperParameters/") || path.ends_with("/ValueHint");
            let value = match (encoded, value.as_str()) {
                // The container parses it as JSON, and otherwise uses the text.
                (true, Some(text)) => json!(serde_json::from_str(text).map_or(text.to_owned(), |v: Value| words(&v))),
                _ => value,
            };
            // 1e-05 and 0.00001 are the same number.
            let number =
                value.as_str().filter(|_| path.contains("/ParameterRanges/")).and_then(|text| text.parse().ok());
            let value = number.map_or(value, |number: f64| number.into());
            (path, value)
        })
        .collect()
}

fn flatten(value: &Value, path: String, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                flatten(value, format!("{path}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = ["ChannelName", "Name", "Key", "HyperParameterTuningJobName"]
                    .iter()
                    .find_map(|key| item[*key].as_str());
                // The order of channels matters, that of other lists does not.
                if path.ends_with("/InputDataConfig") {
                    into.insert(format!("{path}[{index}]"), item["ChannelName"].clone());
                }
                flatten(item, format!("{path}/{}", name.map_or_else(|| index.to_string(), str::to_owned)), into);
            }
        }
        _ => drop(into.insert(path, value.clone())),
    }
}

/// Captures what the operator's SDK writes on the wire.
pub(super) struct Wire {
    config: SdkConfig,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Wire {
    pub(super) async fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let keep = bodies.clone();
        let answer = move |body: String| async move {
            let body: Value = serde_json::from_str(&body).unwrap();
            let name = body["HyperParameterTuningJobName"].as_str().unwrap_or_default();
            let arn = format!("arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/{name}");
            keep.lock().push(body);
            json!({"HyperParameterTuningJobArn": arn}).to_string()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, axum::Router::new().fallback(answer)).await });
        let nobody = Credentials::builder().access_key_id("none").secret_access_key("none").provider_name("test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(nobody.build())
            .endpoint_url(format!("http://{address}"))
            .region("us-west-2")
            .load()
            .await;
        Self { config, bodies }
    }

    /// The request on the wire. Uses a new client each time, because one client creates only a few jobs per second.
    pub(super) async fn sent(&self, request: &JobRequest) -> Value {
        let leadership = Leadership::default();
        leadership.always();
        let sagemaker = SageMaker::new(self.config.clone().into(), None, Arc::new(Metrics::default()), leadership);
        sagemaker.region("us-west-2").create(request).await.unwrap();
        self.bodies.lock().pop().unwrap()
    }
}
