//! Quotas of SageMaker.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::types::ServiceQuota;

use crate::account::Account;
use crate::error::{AwsError, of};

const SERVICE: &str = "sagemaker";
/// The maximum page size.
const PAGE: i32 = 100;

impl Account {
    /// The quotas of SageMaker in the region by their names, such as `ml.p3.2xlarge for training job usage`: the
    /// account's values, and AWS's defaults for `wanted` names without one. SageMaker has thousands: several calls.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn quotas(&self, wanted: &[String]) -> Result<BTreeMap<String, f64>, AwsError> {
        let client = aws_sdk_servicequotas::Client::new(&self.config);
        let pages =
            client.list_service_quotas().service_code(SERVICE).max_results(PAGE).into_paginator().items().send();
        let listed = pages.collect::<Result<Vec<_>, _>>().await;
        let mut quotas = by_name(listed.map_err(|error| of("servicequotas:ListServiceQuotas", &error))?);
        if wanted.iter().any(|name| !quotas.contains_key(name)) {
            let pages = client.list_aws_default_service_quotas().service_code(SERVICE).max_results(PAGE);
            let listed = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            let defaults = listed.map_err(|error| of("servicequotas:ListAWSDefaultServiceQuotas", &error))?;
            for (name, value) in by_name(defaults) {
                quotas.entry(name).or_insert(value);
            }
        }
        Ok(quotas)
    }
}

fn by_name(quotas: Vec<ServiceQuota>) -> BTreeMap<String, f64> {
    quotas.into_iter().filter_map(|quota| Some((quota.quota_name?, quota.value?))).collect()
}
