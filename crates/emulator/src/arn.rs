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

    /// The resource of an ARN, `<kind>/<name>`, if it is of this service, region and account.
    pub fn resource<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.strip_prefix(&format!("arn:{}:sagemaker:{}:{}:", self.partition(), self.region, self.account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_other_places_have_no_resource_here() {
        let here = Place { region: "us-west-2", account: "111122223333" };
        assert_eq!(here.resource(&here.tuning_job("a")), Some("hyper-parameter-tuning-job/a"));
        for other in [
            Place { region: "us-west-2", account: "999988887777" },
            Place { region: "eu-central-1", account: "111122223333" },
            Place { region: "cn-north-1", account: "111122223333" },
        ] {
            assert_eq!(here.resource(&other.training_job("a")), None);
        }
        assert_eq!(here.resource("arn:aws:s3:us-west-2:111122223333:training-job/a"), None);
    }
}
