//! The regions of AWS.

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

/// The region of a selection: `wanted`, or the operator's `own`. The operator's own region is never checked: it may be
/// newer than this release.
///
/// # Errors
/// There is no region, or it does not exist.
pub fn of<'a>(wanted: Option<&'a str>, own: Option<&'a str>) -> Result<&'a str, Problem> {
    let invalid = |message: String| Problem::new(Reason::InvalidSpec, message);
    let region = wanted.or(own).ok_or_else(|| {
        let message = "`region` must be set, since the operator has no region of its own (AWS_REGION or --region)";
        invalid(message.to_owned())
    })?;
    if REGIONS.contains(&region) || own == Some(region) {
        return Ok(region);
    }
    let near = suggest::nearest(region, REGIONS).map_or_else(String::new, |near| format!("did you mean '{near}'? "));
    Err(invalid(format!(
        "`region` '{region}' is not an AWS region that this release knows; {near}A newer region can be used as the operator's own \
         (--region)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_region_is_reported_with_the_nearest_one() {
        for (wanted, own, expected) in [
            (Some("us-west-2"), None, Ok("us-west-2")),
            (Some("us-gov-west-1"), Some("us-west-2"), Ok("us-gov-west-1")),
            (None, Some("us-west-2"), Ok("us-west-2")),
            (Some("xx-new-9"), Some("xx-new-9"), Ok("xx-new-9")),
            (None, None, Err("`region` must be set")),
            (Some("us-west-9"), None, Err("did you mean 'us-west-")),
            (Some("eu-centrl-1"), Some("us-west-2"), Err("did you mean 'eu-central-")),
        ] {
            match (of(wanted, own), expected) {
                (Ok(region), Ok(expected)) => assert_eq!(region, expected),
                (Err(problem), Err(expected)) => assert!(problem.message.contains(expected), "{}", problem.message),
                (found, expected) => panic!("{wanted:?}: {found:?}, not {expected:?}"),
            }
        }
        assert!(REGIONS.is_sorted_by(|a, b| a < b));
    }
}
