//! ARNs of resources.

/// The common parts of every ARN.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Region of the credential scope.
    pub region: &'a str,
    /// Account id.
    pub account: &'a str,
}

impl Place<'_> {
    /// `aws-cn` and `aws-us-gov` where the region belongs to them.
    pub fn partition(&self) -> &'static str {
        match self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn arn(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:sagemaker:{}:{}:{kind}/{name}", self.partition(), self.region, self.account)
    }

    /// ARN of a tuning job.
    pub fn tuning_job(&self, name: &str) -> String {
        self.arn("hyper-parameter-tuning-job", name)
    }

    /// ARN of a training job.
    pub fn training_job(&self, name: &str) -> String {
        self.arn("training-job", name)
    }
}
