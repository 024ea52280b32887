//! The regions of AWS: pure.

use super::problem::Problem;
use super::suggest;
use api::Reason;

/// All regions, from the endpoints of the AWS SDK for Rust (`aws-sdk-sagemaker` 1.248.0).
const REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Why nothing can be done in `region`: there is no such region. The operator's `own` region is right: it may be newer than
/// this release.
pub fn unknown(region: &str, own: Option<&str>) -> Option<Problem> {
    if REGIONS.contains(&region) || own == Some(region) {
        return None;
    }
    let near = suggest::nearest(region, REGIONS).map_or_else(String::new, |near| format!("did you mean '{near}'? "));
    let message = format!(
        "`region` '{region}' is no AWS region that this release knows; {near}A newer region can be used as the operator's own \
         (--region)"
    );
    Some(Problem::new(Reason::InvalidSpec, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_there_is_not_is_told_with_the_nearest() {
        for (region, own, near) in [
            ("us-west-2", None, None),
            ("us-gov-west-1", None, None),
            ("xx-new-9", Some("xx-new-9"), None),
            ("us-west-9", None, Some("did you mean 'us-west-")),
            ("eu-centrl-1", Some("us-west-2"), Some("did you mean 'eu-central-")),
        ] {
            let message = unknown(region, own).map(|problem| problem.message);
            assert_eq!(message.is_some(), near.is_some(), "{region}");
            assert!(message.unwrap_or_default().contains(near.unwrap_or_default()), "{region}");
        }
        assert!(REGIONS.is_sorted_by(|a, b| a < b));
    }
}
