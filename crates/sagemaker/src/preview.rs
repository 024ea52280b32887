//! A request as the SDK writes it, without sending it.

use std::sync::{Arc, OnceLock};

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::config::retry::RetryConfig;
use aws_sdk_sagemaker::config::{BehaviorVersion, Config, Intercept};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

use super::request;
use super::{Class, JobRequest, Operation, TuningError};

/// The body of the `CreateHyperParameterTuningJob` request that creates `job`. Nothing is sent, so neither credentials
/// nor a region are needed.
///
/// # Errors
/// `Class::Invalid` if the SDK refuses to write the request.
pub async fn preview(job: &JobRequest) -> Result<Value, TuningError> {
    let invalid = |message: String| TuningError {
        class: Class::Invalid,
        operation: Operation::CreateHyperParameterTuningJob.as_str(),
        code: None,
        message,
    };
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).retry_config(RetryConfig::disabled());
    let create = request::call(&Client::from_conf(config.build()), job).map_err(|error| invalid(error.to_string()))?;
    let written = Written::default();
    let refused = create.customize().interceptor(written.clone()).send().await;
    match (written.0.get(), refused) {
        (Some(body), _) => serde_json::from_slice(body).map_err(|error| invalid(error.to_string())),
        (None, Err(error)) => Err(invalid(error.to_string())),
        (None, Ok(_)) => Err(invalid("the SDK has written no request".to_owned())),
    }
}

/// Keeps the body of the request, and ends the call before anything is signed or sent.
#[derive(Clone, Debug, Default)]
struct Written(Arc<OnceLock<Vec<u8>>>);

impl Intercept for Written {
    fn name(&self) -> &'static str {
        "Written"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = context.request().body().bytes() {
            let _ = self.0.set(body.to_vec());
        }
        Err("the request is only looked at".into())
    }
}
