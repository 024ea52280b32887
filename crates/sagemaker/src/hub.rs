//! SageMaker's public hub, which describes the models of JumpStart.

use aws_sdk_sagemaker::types as aws;

use super::TuningError;
use super::pages::read_all;
use super::rate_limiter::Operation;
use super::response;
use super::sagemaker::Region;

/// SageMaker's public hub of JumpStart models.
pub const PUBLIC_HUB: &str = "SageMakerPublicHub";

/// A model as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Its id.
    pub model_id: String,
    /// Its newest version.
    pub version: String,
    /// Whether it is deprecated; `None` if the listing does not say. The hub's listing says so, the one in S3 does not.
    pub deprecated: Option<bool>,
}

/// A version of a model in the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubContent {
    /// The version.
    pub version: String,
    /// The document, JSON.
    pub document: String,
    /// Whether it is no longer supported. The document itself may not say so.
    pub deprecated: bool,
}

impl Region {
    /// All models of the public hub, each in its newest version, in no particular order.
    pub async fn hub_contents(&self) -> Result<Vec<ListedModel>, TuningError> {
        read_all(Operation::ListHubContents, |token| async move {
            let page = self
                .call(Operation::ListHubContents, || {
                    self.client()
                        .list_hub_contents()
                        .hub_name(PUBLIC_HUB)
                        .hub_content_type(aws::HubContentType::Model)
                        .max_results(100)
                        .set_next_token(token)
                        .send()
                })
                .await?;
            let models = page.hub_content_summaries.unwrap_or_default().into_iter().filter_map(|summary| {
                let deprecated = Some(response::deprecated(summary.support_status.as_ref()));
                let (model_id, version) = (summary.hub_content_name?, summary.hub_content_version?);
                Some(ListedModel { model_id, version, deprecated })
            });
            Ok((models.collect(), page.next_token))
        })
        .await
    }

    /// A model of the public hub, in its newest version if `version` is `None`.
    pub async fn hub_content(&self, model_id: &str, version: Option<&str>) -> Result<HubContent, TuningError> {
        let output = self
            .call(Operation::DescribeHubContent, || {
                self.client()
                    .describe_hub_content()
                    .hub_name(PUBLIC_HUB)
                    .hub_content_type(aws::HubContentType::Model)
                    .hub_content_name(model_id)
                    .set_hub_content_version(version.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(HubContent {
            version: output.hub_content_version.unwrap_or_default(),
            document: output.hub_content_document.unwrap_or_default(),
            deprecated: response::deprecated(output.support_status.as_ref()),
        })
    }

    /// The versions of a model in the public hub, in no particular order.
    pub async fn hub_versions(&self, model_id: &str) -> Result<Vec<String>, TuningError> {
        read_all(Operation::ListHubContentVersions, |token| async move {
            let page = self
                .call(Operation::ListHubContentVersions, || {
                    self.client()
                        .list_hub_content_versions()
                        .hub_name(PUBLIC_HUB)
                        .hub_content_type(aws::HubContentType::Model)
                        .hub_content_name(model_id)
                        .max_results(100)
                        .set_next_token(token)
                        .send()
                })
                .await?;
            let summaries = page.hub_content_summaries.unwrap_or_default();
            let versions = summaries.into_iter().filter_map(|summary| summary.hub_content_version);
            Ok((versions.collect(), page.next_token))
        })
        .await
    }
}
